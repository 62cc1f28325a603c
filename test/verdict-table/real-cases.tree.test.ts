/** The cases of `npm run real`, one test each. Without the trees they are skipped, and the skip says what is missing. */
import { describe, expect, test } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { type Installed, installed, realCasesFor, realGroups, runReal } from "../../src/verdict-table/real-cases.ts";

for (const group of realGroups()) {
  for (const version of group.trees) {
    let on: Installed | undefined;
    let missing = "";
    try {
      on = await installed(version);
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      missing = error.diagnostics.map((d) => `${d.message} (${d.help})`).join("; ");
    }
    describe.skipIf(on === undefined)(`${group.name} on ${version}${missing === "" ? "" : `: ${missing}`}`, () => {
      for (const one of realCasesFor(group, version)) {
        test(`${one.name}: ${one.expect}`, { timeout: 300_000 }, async () => {
          const { outcome } = await runReal(group, one, on!);
          expect(outcome).toBe(one.expect);
        });
      }
    });
  }
}
