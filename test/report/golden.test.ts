/**
 * The founding bug as its reader sees it: read the snapshot as a bug report when it changes, and accept it only if it got better.
 *
 * Also the one place where a report of a real run is held against the published schema.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCheck } from "../../src/check/run-check.ts";
import { compileInputs } from "../../src/clang/inputs.ts";
import { openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { reportJson } from "../../src/report/json.ts";
import { MAIL_LINES, MAIL_WIDTH, reportText } from "../../src/report/text.ts";
import type { Verdict } from "../../src/report/verdict.ts";
import { validate } from "./schema.ts";

const SCENARIO = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";
const cache = openCache();

async function verdictOf(...defines: readonly string[]): Promise<Verdict> {
  // The bundled compiler: a snapshot must not depend on what is installed.
  const inputs = await compileInputs({
    files: [SCENARIO],
    defines,
    includes: [],
    kernel: "4.19",
    opt: "1",
    cc: "bundled",
    tree: undefined,
    headers: undefined,
    cwd: packageRoot,
    cache,
  });
  const options = {
    scenario: SCENARIO,
    preemptions: undefined,
    maxStates: undefined,
    maxMemory: undefined,
    timeout: undefined,
    merge: "full",
    engine: "compiled",
    defines,
    cache,
  } as const;
  return await runCheck(inputs, options, { onSlice: () => {}, shouldStop: () => undefined });
}

/** Without what differs from run to run, and without line numbers: who edits the model kernel's C must not have to look here. */
const steady = (text: string): string =>
  text
    .replace(/^[\d,]+ states?, .*$/m, "(counts)")
    .replace(/merging full \([^)]*\)/, "merging full")
    .replace(/^chance that .*$/m, "(chance)")
    .replace(/(?<=[\w ]):\d+(?=[ )])/g, ":N");

describe("the founding bug", async () => {
  const before = await verdictOf("FIX=0");
  const lines = reportText(before, { hints: ["(hint)"] })
    .trimEnd()
    .split("\n");

  it("is told on one screen, verdict and bounds included", () => {
    // But for what only a quotation needs, which the verdict closes.
    expect(lines.findIndex((l) => l.startsWith("shootdown "))).toBeLessThanOrEqual(30);
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(100);
    expect(lines[0]).toMatch(/: lost write \(violation\)$/);
  });
  it("reads as it was reviewed", async () => {
    await expect(steady(`${lines.join("\n")}\n`)).toMatchFileSnapshot("golden/D01-fix0.txt");
  });
  it("reads as it was reviewed in a mail", async () => {
    const mail = reportText(before, { width: MAIL_WIDTH, lines: MAIL_LINES, quote: true });
    // The verdict, first and last, is as long as the file's name.
    const rest = mail.trimEnd().split("\n").slice(1, -1);
    expect(Math.max(...rest.map((l) => l.length))).toBeLessThanOrEqual(MAIL_WIDTH);
    await expect(steady(mail)).toMatchFileSnapshot("golden/D01-fix0-mail.txt");
  });
  it("names the guest's missing notifier call where range start and end are left out", async () => {
    await expect(steady(reportText(await verdictOf("FIX=2", "NK=1")))).toMatchFileSnapshot("golden/D01-fix2-guest.txt");
  });
  it("is data that keeps to the published schema", () => {
    const schema = JSON.parse(readFileSync(new URL("../../docs/report-schema.json", import.meta.url), "utf8")) as Record<string, unknown>;
    expect(validate(schema, JSON.parse(JSON.stringify(reportJson(before))))).toEqual([]);
  });
});
