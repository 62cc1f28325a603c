import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reportJson, SCHEMA_ID } from "../../src/report/json.ts";
import { common, inconclusive, none, racing, violation } from "./fixture.ts";
import { validate } from "./schema.ts";

const schema = JSON.parse(readFileSync(new URL("../../docs/report-schema.json", import.meta.url), "utf8")) as Record<string, unknown>;
/** As a reader of the file sees it. */
const written = (verdict: Parameters<typeof reportJson>[0]): Record<string, unknown> =>
  JSON.parse(JSON.stringify(reportJson(verdict))) as Record<string, unknown>;

describe("--json", () => {
  it("keeps to the published schema, for each kind of verdict", () => {
    for (const verdict of [none, { ...none, races: undefined }, inconclusive, racing, violation])
      expect(validate(schema, written(verdict))).toEqual([]);
    expect(schema["$id"]).toBe(SCHEMA_ID);
  });
  it("is checked by a validator that notices", () => {
    const good = written(violation);
    expect(validate(schema, { ...good, extra: 1 })).toEqual(["$: extra is not in the schema"]);
    expect(validate(schema, { ...good, exitStatus: 2 })).toEqual(["$.exitStatus: not one of 0,1,3"]);
    const { races: _races, ...rest } = good;
    expect(validate(schema, rest)).toEqual(["$: races is missing"]);
    expect(validate(schema, { ...good, violation: { class: "x" } })).toEqual(["$.violation: not exactly one of the alternatives"]);
  });
  it("says what the text says", () => {
    expect(written(inconclusive)).toMatchObject({
      verdict: "inconclusive",
      exitStatus: 3,
      reason: "at --max-states 1000000",
      violation: null,
    });
    expect(written(none)).toMatchObject({
      verdict: "none",
      exitStatus: 0,
      counts: { ...common.counts, statesPerSecond: 493827 },
      bounds: { preemptions: null, maxMemoryBytes: 2 ** 32, merging: "full", defines: { FIX: "0" } },
    });
    expect(written(violation)).toMatchObject({
      verdict: "violation",
      violation: {
        class: "lost-write",
        args: ["18446744073709551615"],
        site: { function: "check", line: 12 },
        schedule: [
          { thread: 1, choices: [] },
          { thread: 0, choices: [1, 0] },
        ],
        story: { columns: [{ name: "CPU0", threads: ["migrate"] }, { name: "CPU1" }], steps: 11 },
      },
    });
  });
});
