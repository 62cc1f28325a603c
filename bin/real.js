// `npm run real`: files of installed kernel trees, unchanged, each with its harness. A word picks the cases whose names hold it.

import { prepare } from "./prepare.js";

prepare();
const [{ real }, { InputFault }] = await Promise.all([
  import("../dist/verdict-table/real-cases.js"),
  import("../dist/base/diagnostics.js"),
]);
try {
  process.exitCode = await real(process.argv[2], (text) => process.stdout.write(text));
} catch (error) {
  if (!(error instanceof InputFault)) throw error;
  process.stderr.write(error.diagnostics.map((d) => `${d.code}: ${d.message}${d.help ? `\n  ${d.help}` : ""}\n`).join(""));
  process.exitCode = 2;
}
