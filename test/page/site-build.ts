/**
 * The page as `npm run site` builds it, of the code and the model kernel of today: in a folder of its own, as other tests pack the package
 * meanwhile. The code that makes the data is that of `dist`.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../src/host/paths.ts";

export function buildSite(dir: string): void {
  execFileSync(process.execPath, [join(packageRoot, "page/site.js"), "--pages", "--out", dir], { cwd: packageRoot, stdio: "pipe" });
}
