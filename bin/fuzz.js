// `npm run fuzz`: compiles sources and fuzzer into a folder of their own and runs the fuzzer there; arguments go to test/fuzz/run.ts.
// With --fault NAME the sources are a copy with that fault in it (test/fuzz/faults.ts).

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, root, run } from "./prepare.js";

prepare();
const folder = mkdtempSync(join(tmpdir(), "shootdown-fuzz-run-"));
let status = 70;
try {
  for (const name of ["src", "kernel", "test/fuzz"]) cpSync(join(root, name), join(folder, "source", name), { recursive: true });
  const args = process.argv.slice(2);
  const at = args.indexOf("--fault");
  const built = join(folder, "built");
  build();
  if (at >= 0) {
    const { plant } = await import(pathToFileURL(join(built, "test/fuzz/faults.js")).href);
    plant(args.splice(at, 2)[1], join(folder, "source"));
    build();
  }
  status = run(process.execPath, [...process.execArgv, join(built, "test/fuzz/run.js"), ...args], { allow: [0, 1] });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);

function build() {
  const source = join(folder, "source");
  const built = join(folder, "built");
  rmSync(built, { recursive: true, force: true });
  mkdirSync(built);
  for (const place of [source, built]) {
    for (const name of ["node_modules", "package.json"]) {
      rmSync(join(place, name), { force: true });
      symlinkSync(join(root, name), join(place, name));
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
}
