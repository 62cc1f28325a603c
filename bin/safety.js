// `npm run safety -- ir=10000 hostile=500 kills=200 seed=1`: damaged IR, hostile command lines and sources, and kills at random moments, as many as are
// named. CI runs a few of each, always the same.

import { join } from "node:path";
import { prepare, root, run } from "./prepare.js";

const NAMES = ["ir", "hostile", "kills", "seed"];
const given = new Map(process.argv.slice(2).map((arg) => arg.replace(/^--/, "").split("=")));
for (const [name, value] of given) {
  if (NAMES.includes(name) && /^\d+$/.test(value ?? "")) continue;
  console.error(`${name}: expected ${NAMES.map((one) => `${one}=NUMBER`).join(" ")}`);
  process.exit(2);
}
prepare();
const files = { ir: "ir", hostile: "random", kills: "kills" };
const wanted = Object.keys(files).filter((name) => given.has(name));
const env = { ...process.env };
for (const [name, value] of given) env[`SAFETY_${name.toUpperCase()}`] = value;
const tests = (wanted.length > 0 ? wanted : Object.keys(files)).map((name) => join(root, `test/safety/${files[name]}.test.ts`));
process.exit(run(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...tests], { allow: [0, 1], env }));
