// Makes a checkout ready to run: installs if node_modules is not what the lock file says, builds if dist is older than its sources.
// Runs before anything is installed, so it may use Node's own modules only.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "dist/.built");
const installed = join(root, "node_modules/.shootdown-installed");

/** Exits with the command's own status if it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) {
    console.error(`${command}: ${result.error.message}`);
    process.exit(70);
  }
  if (options.allow?.includes(result.status)) return result.status;
  if (result.status !== 0) process.exit(result.status ?? 70);
  return 0;
}

export function npm(args) {
  // npm tells its scripts where it lies; that one need not be on PATH.
  const cli = process.env.npm_execpath;
  if (cli?.endsWith(".js")) run(process.execPath, [cli, ...args]);
  else run("npm", args, { shell: process.platform === "win32" });
}

export function prepare() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`shootdown needs Node 20.19 or newer; this is ${process.versions.node}`);
    process.exit(70);
  }
  const lock = hashOf(["package-lock.json", "package.json"].map((f) => join(root, f)));
  if (!installCurrent(lock)) {
    npm(["ci", "--no-audit", "--no-fund"]);
    writeFileSync(installed, lock);
  }
  const sources = hashOf(sourceFiles());
  if (!existsSync(join(root, "dist/cli/main.js")) || read(stamp) !== sources) {
    npm(["run", "--silent", "build"]);
    writeFileSync(stamp, sources);
  }
}

/** node_modules of another making (npm install by hand) counts if it is newer than the lock file. */
function installCurrent(lock) {
  if (read(installed) === lock) return true;
  const own = join(root, "node_modules/.package-lock.json");
  return existsSync(own) && statSync(own).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function sourceFiles() {
  const files = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"].map((f) => join(root, f));
  for (const dir of ["src", "kernel"]) {
    for (const name of readdirSync(join(root, dir), { recursive: true }).sort()) {
      if (/\.(ts|c|h)$/.test(name)) files.push(join(root, dir, name));
    }
  }
  return files;
}

/** By content: a checkout sets every time anew, and nothing has to be built for that. */
function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
