// Reads, links and makes code of changed IR, and takes some steps, as a check would: says how each ended, and before each stage, that it begins.
import { parentPort, workerData } from "node:worker_threads";
import { Stopped } from "../../dist/base/stopped.js";
import { check } from "../../dist/explore/passes.js";
import { buildProgram } from "../../dist/ir/build/build.js";
import { parseModule } from "../../dist/ir/read/parse.js";
import { accessSites } from "../../dist/program/flow.js";
import { machinesOf } from "../../dist/verify/machines.js";
import { mutated } from "./mutate.js";

/** Texts by level of optimisation; each entry of `bases` is one of them that is changed, with the others that are linked with it. */
const { bases, texts } = workerData;
const parsed = new Map();
const moduleOf = (index) => {
  const known = parsed.get(index) ?? parseModule(texts[index].text, texts[index].source);
  parsed.set(index, known);
  return known;
};

async function tried(base, seed) {
  const { changed, others } = bases[base];
  for (const other of others) moduleOf(other);
  parentPort.postMessage({ stage: "read" });
  const module = parseModule(mutated(texts[changed].text, seed), "mutated.ll");
  parentPort.postMessage({ stage: "link" });
  const program = buildProgram([module, ...others.map(moduleOf)]);
  parentPort.postMessage({ stage: "code" });
  const sites = accessSites(program);
  const began = performance.now();
  const machines = machinesOf(program, { merge: "full", engine: "compiled", maxMemory: 2 ** 30 });
  const result = await check({
    merging: "full",
    maxStates: 60,
    timeout: 1,
    shorten: 0.2,
    site: (access) => sites[access] ?? { write: true, bytes: 0 },
    machine: (knowledge) => {
      const machine = machines(knowledge);
      parentPort.postMessage({ stage: "search" });
      return machine;
    },
    interrupted: () => performance.now() - began > 1500,
  });
  return result.outcome.kind;
}

parentPort.on("message", async ({ base, seed }) => {
  try {
    parentPort.postMessage({ ended: await tried(base, seed) });
  } catch (error) {
    if (error?.name === "InputFault") parentPort.postMessage({ ended: error.diagnostics[0]?.code ?? "none" });
    else if (error instanceof Stopped) parentPort.postMessage({ ended: "stopped" });
    else parentPort.postMessage({ ended: "error", text: error?.stack ?? String(error) });
  }
});
