// `npm run fuzz`: compiles sources and fuzzer into a folder of their own and runs the fuzzer there; arguments go to test/fuzz/run.ts.
// With --fault NAME the sources are a copy with that fault in it (test/fuzz/faults.ts).

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, root, run } from "./prepare.js";

// As for the tests (vitest.config.ts): what runs short is not worth optimising.
const RUNS_SHORT = ["--wasm-tiering-budget=60000000", "--import", new URL("v8.js", import.meta.url).href];

prepare();
const folder = mkdtempSync(join(tmpdir(), "shootdown-fuzz-run-"));
let status = 70;
try {
  for (const name of ["src", "kernel", "test/fuzz"]) cpSync(join(root, name), join(folder, "source", name), { recursive: true });
  const args = process.argv.slice(2);
  const at = args.indexOf("--fault");
  const built = build("built");
  if (at >= 0) {
    const { plant } = await import(pathToFileURL(join(built, "test/fuzz/faults.js")).href);
    plant(args[at + 1], join(folder, "source"));
    args.splice(at, 2, "--beside", built);
  }
  const tested = at >= 0 ? build("faulty") : built;
  status = run(process.execPath, [...process.execArgv, ...RUNS_SHORT, join(tested, "test/fuzz/run.js"), ...args], { allow: [0, 1] });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);

/** Compiles the sources as they are now; gives the folder. */
function build(name) {
  const source = join(folder, "source");
  const built = join(folder, name);
  mkdirSync(built);
  for (const place of [source, built]) {
    for (const link of ["node_modules", "package.json"]) {
      rmSync(join(place, link), { force: true });
      symlinkSync(join(root, link), join(place, link));
    }
  }
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { noEmit: false, noCheck: true, rootDir: source, outDir: built, typeRoots: [join(root, "node_modules/@types")] },
      include: [join(source, "src"), join(source, "test/fuzz")],
    }),
  );
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(folder, "tsconfig.json")]);
  cpSync(join(source, "kernel"), join(built, "kernel"), { recursive: true });
  return built;
}
