/** The core by itself: the text of LLVM IR in, verdict and story out, and nothing of a machine around it but what is given here. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import { reportText } from "../../src/report/text.ts";
import type { VerifyOptions } from "../../src/verify/verify-options.ts";
import { verify } from "../../src/verify/verify-program.ts";

const text = readFileSync(new URL("../explain/fixtures/last-reference.ll", import.meta.url), "utf8");

describe.each(["compiled", "interpreter"] as const)("text of LLVM IR, with the engine %s", (engine) => {
  const verdict = async (given: Partial<VerifyOptions> = {}, stop?: string) =>
    verify(
      buildProgram([parseModule(text, "last-reference.ll")]),
      {
        scenario: "last-reference.c",
        engine,
        merge: "full",
        preemptions: undefined,
        maxStates: undefined,
        maxMemory: undefined,
        timeout: undefined,
        defines: [],
        provenance: { version: "0", kernel: "none", compiler: "none", command: "", model: [] },
        remarks: ["of the host"],
        host: { memoryInUse: () => 42 },
        ...given,
      },
      { onSlice: () => {}, shouldStop: () => stop },
    );

  it("becomes a verdict with its story", async () => {
    const found = await verdict();
    if (found.kind !== "violation") throw new Error(found.kind);
    expect(found.violation.story.closing[0]).toBe("user reaches mem_map[3] of mm A through its TLB, but its last reference is gone.");
    expect(found.counts.memoryBytes).toBe(42);
    expect(found.remarks).toEqual(["of the host"]);
    expect(reportText(found, { hints: [] })).toContain("last-reference.c");
  });

  it("is searched again from what was learnt, and gives others a turn", async () => {
    const known: VerifyOptions["knowledge"][] = [];
    let turns = 0;
    const breathe = async (): Promise<void> => void turns++;
    const learn = { onKnowledge: (knowledge: VerifyOptions["knowledge"]) => void known.push(knowledge) };
    const first = await verdict(learn);
    const second = await verdict({ ...learn, knowledge: known[0], host: { memoryInUse: () => 0, breathe } });
    expect(second.kind).toBe(first.kind);
    expect(known[1]).toEqual(known[0]);
    expect(second.counts.passes).toBe(1);
  });

  it("ends when it is told to", async () => {
    const stopped = await verdict({}, "by a test");
    expect(stopped.kind === "violation" || (stopped.kind === "inconclusive" && stopped.reason === "by a test")).toBe(true);
  });
});
