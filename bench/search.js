// One configuration, in this process: `node bench/search.js 3111 [full|marked]` prints what its search took, as JSON.
// The check runs twice: from nothing (all passes), then with what the first run learnt and its code compiled (the last pass alone).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import "../bin/v8.js";
import { compileInputs } from "../dist/clang/inputs.js";
import { check } from "../dist/explore/passes.js";
import { openCache } from "../dist/host/cache.js";
import { buildProgram } from "../dist/ir/build/build.js";
import { parseModule } from "../dist/ir/read/parse.js";
import { accessSites } from "../dist/program/flow.js";
import { machinesOf } from "../dist/verify/machines.js";
import { definesOf } from "./configurations.js";

const [configuration, merging = "full"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "shootdown-bench-"));
try {
  const inputs = await compileInputs({
    files: [join(dirname(fileURLToPath(import.meta.url)), "hugepmd.c")],
    defines: ["SD_TLB_ON_ACCESS", "SD_IPI_ONE_BY_ONE", "SD_FAULT_WAITS", ...definesOf(configuration)],
    includes: [],
    kernel: "4.19",
    opt: "1",
    cc: undefined,
    tree: undefined,
    headers: undefined,
    cwd: process.cwd(),
    cache: openCache(process.env.SHOOTDOWN_CACHE ?? folder),
  });
  const program = buildProgram(
    inputs.units.map((unit) => parseModule(unit.text, unit.source)),
    {},
  );
  const sites = accessSites(program);
  const machine = machinesOf(program, { merge: merging, engine: "compiled", maxMemory: undefined });
  const run = async (knowledge) => {
    const cpu = process.cpuUsage();
    const result = await check({ merging, machine, knowledge, site: (access) => sites[access] ?? { write: true, bytes: 0 } });
    const used = process.cpuUsage(cpu);
    return { result, wall: result.seconds, cpu: (used.user + used.system) / 1e6 };
  };
  const first = await run(undefined);
  const last = await run(first.result.knowledge);
  const { counts, outcome, visitedBytes } = last.result;
  console.log(
    JSON.stringify({
      outcome: outcome.kind,
      states: counts.states,
      transitions: counts.transitions,
      passes: first.result.passes,
      allPasses: { wall: first.wall, cpu: first.cpu },
      lastPass: { wall: last.wall, cpu: last.cpu },
      bytesPerState: visitedBytes / counts.states,
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
