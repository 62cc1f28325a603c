/**
 * Builds the page where it is asked for and not there: a checkout after `npm run build`, which
 * leaves it out. What was installed from the registry has the page, and nothing to build it with.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../base/diagnostics.ts";

export interface PageBuild {
  /** Resolves when the page is there; throws an InputFault (SD406) with what was said if it fails. */
  readonly done: Promise<void>;
  readonly stop: () => void;
}

/** The folder of the built page, in the folder of the package. */
export const pageOf = (root: string): string => join(root, "dist/web");

/** Undefined: the page is there, or there is nothing to build it with. */
export function pageBuild(root: string): PageBuild | undefined {
  const script = join(root, "page/site.js");
  const wanted = [script, join(root, "node_modules/vite/package.json"), join(root, "node_modules/marked/package.json")];
  if (existsSync(join(pageOf(root), "data/site.json")) || !wanted.every((file) => existsSync(file))) return undefined;
  const child = spawn(process.execPath, [script, "--pages"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const failed = (why: string): Error =>
    fault({ code: "SD406", message: `the page could not be built: ${why}`, help: "`npm run site` says more", verbatim: said.trim() });
  return {
    done: new Promise((resolve, reject) => {
      child.once("error", (error) => reject(failed(error.message)));
      child.once("close", (status, signal) => (status === 0 ? resolve() : reject(failed(signal ?? `exit status ${status}`))));
    }),
    stop: () => void child.kill(),
  };
}
