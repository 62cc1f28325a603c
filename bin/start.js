// `npm start`: from a fresh clone to the founding bug, both ways: found in the code as it was, not found in the code as it was mended.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { prepare, root, run } from "./prepare.js";

const BUG = "corpus/D01-hugetlb-pmd-sharing";
const RUNS = [
  { fix: 0, expected: 1, says: "As the kernel had it" },
  { fix: 1, expected: 0, says: "As it was mended" },
];

prepare();

const folder = join(root, BUG);
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".c")) : [];
if (files.length === 0) {
  console.error(`${BUG} holds no scenario`);
  process.exit(70);
}
const sources = files.map((name) => `${BUG}/${name}`);
let wrong = 0;
for (const { fix, expected, says } of RUNS) {
  // To be pasted as it stands, also where nothing is installed.
  console.log(`\n${says}:\n\nnode bin/shootdown.js check -DFIX=${fix} ${sources.join(" ")}\n`);
  const status = run(process.execPath, [join(root, "bin/shootdown.js"), "check", `-DFIX=${fix}`, ...sources], { allow: [0, 1, 2, 3, 70] });
  if (status !== expected) {
    console.error(`exit status ${status}, expected ${expected}`);
    wrong++;
  }
}
process.exit(wrong === 0 ? 0 : 70);
