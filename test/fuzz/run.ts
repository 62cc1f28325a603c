/**
 * `npm run fuzz`: programs one after another, explored and compared, until the time is over.
 */
import { parseArgs } from "node:util";
import { createSession } from "./session.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    most: { type: "string" },
    kinds: { type: "string" },
    count: { type: "boolean", default: false },
    out: { type: "string" },
  },
});

const session = createSession({
  seed: Number(values.seed),
  from: Number(values.from),
  count: values.count,
  say: (line) => console.log(line),
  ...(values.out === undefined ? {} : { folder: values.out }),
});
const until = performance.now() + 60_000 * Number(values.minutes);
const most = Number(values.most ?? Number.POSITIVE_INFINITY);
while (performance.now() < until && session.tally().programs < most && session.found().length < Number(values.kinds ?? 1000)) await session.batch();
session.close();
console.log(session.summary());
process.exitCode = session.found().length > 0 ? 1 : 0;
