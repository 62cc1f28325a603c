/**
 * `npm run fuzz`: programs one after another, explored and compared, until the time is over.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { InputFault } from "../../src/base/diagnostics.ts";
import { DEFAULT_OPT, OPT_LEVELS } from "../../src/clang/flags.ts";
import { shardNamed } from "../../src/shard/shard-number.ts";
import type { createCompiler } from "./engine.ts";
import { createSession } from "./session.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    most: { type: "string" },
    kinds: { type: "string" },
    tlb: { type: "boolean", default: false },
    count: { type: "boolean", default: false },
    only: { type: "string" },
    beside: { type: "string" },
    out: { type: "string" },
    shard: { type: "string", default: "1/1" },
    opt: { type: "string", default: DEFAULT_OPT },
  },
});

const beside =
  values.beside === undefined
    ? undefined
    : ((await import(pathToFileURL(join(values.beside, "test/fuzz/engine.js")).href)) as { createCompiler: typeof createCompiler });
// A planted fault is to be found once.
const kinds = Number(values.kinds ?? (beside === undefined ? 1000 : 1));
const session = createSession({
  seed: Number(values.seed),
  from: Number(values.from),
  shard: shardOrEnd(values.shard),
  opt: OPT_LEVELS.find((level) => level === values.opt) ?? DEFAULT_OPT,
  say: (line) => console.log(line),
  count: values.count,
  ...(values.only === undefined ? {} : { only: values.only }),
  ...(beside === undefined ? {} : { beside: beside.createCompiler }),
  ...(values.out === undefined ? {} : { folder: values.out }),
});
const until = performance.now() + 60_000 * Number(values.minutes);
const most = Number(values.most ?? Number.POSITIVE_INFINITY);
while (performance.now() < until && session.tally().programs < most && session.found().length < kinds)
  await (values.tlb ? session.tlbBatch() : session.batch());
session.close();
console.log(session.summary());
process.exitCode = session.found().length > 0 ? 1 : 0;

function shardOrEnd(text: string): ReturnType<typeof shardNamed> {
  try {
    return shardNamed(text, process.env);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    console.error(error.diagnostics.map((d) => d.message).join("\n"));
    process.exit(2);
  }
}
