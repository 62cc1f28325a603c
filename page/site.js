// `npm run site`: builds the page into dist/web, with its data, and the whole static site, clang included, into build/site. With --pages the
// former alone, which `shootdown serve` and the packed tarball have; with --out DIR that in another folder.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends with the status of what failed. */
function node(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 70);
}

if (!existsSync(join(root, "dist/site/precompile-site.js"))) {
  console.error("`npm run build` comes first");
  process.exit(2);
}
const at = process.argv.indexOf("--out");
const out = at < 0 ? join(root, "dist/web") : resolve(process.argv[at + 1] ?? "");
node("node_modules/vite/bin/vite.js", "build", "-c", "page/vite.site.config.ts", "--outDir", out, "--emptyOutDir");
node("dist/site/precompile-site.js", out);
if (!process.argv.includes("--pages") && at < 0) {
  const site = join(root, "build/site");
  rmSync(site, { recursive: true, force: true });
  cpSync(out, site, { recursive: true });
  cpSync(join(root, "node_modules/@yowasp/clang/gen"), join(site, "clang"), { recursive: true });
  console.log("the site is in build/site: static files, to be published anywhere");
}
