/** `shootdown serve` in a checkout without a page builds it: here with a script that stands in for the real one. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { pageBuild, pageOf } from "../../src/site/page-build.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "shootdown-build-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (file: string, text: string): void => {
  mkdirSync(join(root, file, ".."), { recursive: true });
  writeFileSync(join(root, file), text);
};
function checkout(script: string): void {
  write("page/site.js", script);
  for (const name of ["vite", "marked"]) write(`node_modules/${name}/package.json`, "{}");
}
const BUILDS = `const fs = require("fs"); fs.mkdirSync("dist/web/data", { recursive: true }); fs.writeFileSync("dist/web/data/site.json", process.argv[2]);`;

describe("the page", () => {
  it("is built if it is not there, and then left alone", async () => {
    checkout(BUILDS);
    await pageBuild(root)?.done;
    expect(existsSync(join(pageOf(root), "data/site.json"))).toBe(true);
    expect(pageBuild(root)).toBeUndefined();
  });

  it("is not built where there is nothing to build it with", () => {
    write("page/site.js", BUILDS);
    expect(pageBuild(root)).toBeUndefined();
  });

  it("that cannot be built says why", async () => {
    checkout('console.error("`npm run build` comes first"); process.exit(2);');
    const failed = await pageBuild(root)?.done.catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InputFault);
    expect((failed as InputFault).diagnostics[0]).toMatchObject({
      code: "SD406",
      message: "the page could not be built: exit status 2",
      verbatim: "`npm run build` comes first",
    });
  });

  it("is no longer built when that is stopped", async () => {
    checkout("setTimeout(() => {}, 60000);");
    const building = pageBuild(root)!;
    building.stop();
    await expect(building.done).rejects.toThrow("SIGTERM");
  });
});
