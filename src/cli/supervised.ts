/** The thread that does a command's work, watched over by `supervise.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { outputTo } from "./io.ts";
import { main } from "./main.ts";
import { BY_USER, REASONS, reasonFor, type Said, SHARED, type Start, type Told } from "./watch.ts";

const { argv, shared, began, several } = workerData as Start;
const say = (said: Said): void => parentPort?.postMessage(said);
/** Of several. */
let check = 0;

const status = await main(argv, {
  stdout: outputTo(1, () => shared[SHARED.columns]),
  stderr: outputTo(2, () => shared[SHARED.errorColumns]),
  cwd: process.cwd(),
  env: process.env,
  began,
  ...(several === undefined ? {} : { several }),
  onInterrupt(listener) {
    const heard = (told: Told): void => {
      if (told.check === check || told.stop === REASONS[BY_USER]) listener(told.stop);
    };
    parentPort?.on("message", heard);
    return () => void parentPort?.off("message", heard);
  },
  watch: {
    begin: (several) => {
      check++;
      say({ say: "begin", several });
    },
    hold: (limits) => say({ say: "hold", limits }),
    lastWord: (word) => say({ say: "lastWord", word }),
    printing: () => say({ say: "printing" }),
    asked: () => reasonFor(Atomics.load(shared, SHARED.asked), check),
  },
});
say({ say: "end", status });
