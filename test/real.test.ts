/** The cases of `npm run real`, one test each. Without the trees they are skipped, and the skip says what is missing. */
import { describe, expect, test } from "vitest";
import { InputFault } from "../src/base/diagnostics.ts";
import { type Installed, installed, realGroups, runReal } from "../src/cli/real.ts";

for (const group of realGroups()) {
  let on: Installed | undefined;
  let missing = "";
  try {
    on = await installed(group.tree);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    missing = error.diagnostics.map((d) => `${d.message} (${d.help})`).join("; ");
  }
  describe.skipIf(on === undefined)(`${group.name}${missing === "" ? "" : `: ${missing}`}`, () => {
    for (const one of group.cases) {
      test(`${one.name}: ${one.expect}`, { timeout: 300_000 }, async () => {
        const { outcome } = await runReal(group, one, on!);
        expect(outcome).toBe(one.expect);
      });
    }
  });
}
