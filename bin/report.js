// `npm run report`: every report, as text here and kept in docs/findings. A word picks those whose names hold it; options are the command's own.

import { join } from "node:path";
import { prepare, root } from "./prepare.js";

prepare();
const [{ main }, { processIo }, { knownTables }] = await Promise.all([
  import("../dist/cli/main.js"),
  import("../dist/cli/io.js"),
  import("../dist/verdict-table/table-file.js"),
]);
const given = process.argv.slice(2);
const options = given.filter((arg) => arg.startsWith("--"));
const word = given.find((arg) => !arg.startsWith("--")) ?? "";
for (const name of knownTables().keys()) {
  if (!name.includes(word)) continue;
  const kept = join(root, "docs/findings", name);
  const status = await main(["report", name, "--markdown", `${kept}.md`, "--json", `${kept}.json`, ...options], processIo());
  process.exitCode = Math.max(Number(process.exitCode ?? 0), status);
}
