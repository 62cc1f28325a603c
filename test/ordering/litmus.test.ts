/** The table of docs/memory-order.md: each row is made into C, and both memories say what the row says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { litmusC, litmusRows } from "../../bench/litmus.js";
import { programOf } from "../../src/check/prepared.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { checked, inputsFrom } from "../scenario.ts";

const rows = litmusRows();

const folder = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = openCache(defaultCacheDir());

describe.each(rows)("$name", (row) => {
  it.each(["sc", "tso"] as const)("%s", async (memory) => {
    const file = join(folder, `${row.name}.c`);
    writeFileSync(file, litmusC(row));
    const program = programOf(await inputsFrom([file], {}), cache, memory);
    for (const engine of ["compiled", "interpreter"] as const) {
      const { outcome } = await checked(program, { engine });
      const klass = outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind;
      expect(klass, engine).toBe(row[memory] === "yes" ? "seen" : "none");
    }
  });
});

it("has the classical tests", () => {
  expect(rows.length).toBeGreaterThan(15);
});
