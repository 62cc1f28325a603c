/**
 * Checks a program in a thread of the browser: the core as the command runs it, with what a browser
 * gives in place of a machine. Progress is told ten times a second; it stops between two slices of
 * the search when it is asked to.
 */
import { InputFault } from "../src/base/diagnostics.ts";
import { Stopped } from "../src/base/stopped.ts";
import { withParameters } from "../src/program/parameter-values.ts";
import type { Program } from "../src/program/program.ts";
import { programFrom } from "../src/program/program-text.ts";
import { refuseMisuse } from "../src/report/misuse.ts";
import { shownVerdict } from "../src/report/verdict.ts";
import type { FromThread, StartThread } from "../src/verify/thread-team.ts";
import type { VerifyOptions } from "../src/verify/verify-options.ts";
import { verify } from "../src/verify/verify-program.ts";
import { fetchSources, fetchText } from "./fetching.ts";
import type { CheckInput, CheckRequest, FromChecker, ToChecker } from "./messages.ts";
import { audience, isOurs, readerOf, showFile } from "./source-files.ts";

const say = (message: FromChecker): void => postMessage(message);

/** A tab is ended, with all that is in it, if it takes more than the browser gives it. */
const MOST_MEMORY = 2 ** 31;
/** Milliseconds. */
const TELL = 100;
/** Where memory can be shared, which takes a page that is isolated from others. */
const SEARCHES = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 4) : 1;

const startThread: StartThread = (start, onMessage, onError) => {
  const thread = new Worker(new URL("./search-worker.ts", import.meta.url), { type: "module" });
  thread.addEventListener("message", ({ data }: MessageEvent<FromThread>) => onMessage(data));
  thread.addEventListener("error", (event) => onError(new Error(event.message)));
  thread.postMessage(start);
  return { post: (message) => thread.postMessage(message), end: () => thread.terminate() };
};

let stop = false;

addEventListener("message", ({ data }: MessageEvent<ToChecker>) => {
  switch (data.ask) {
    case "check":
      void check(data.request);
      return;
    case "stop":
      stop = true;
  }
});

async function check(request: CheckRequest): Promise<void> {
  try {
    const began = Date.now();
    say({ say: "doing", what: "loading" });
    const [program, sources] = await Promise.all([programOf(request.input), fetchSources(request.sources)]);
    say({ say: "doing", what: "preparing" });
    let told = 0;
    const options: VerifyOptions = {
      scenario: request.scenario,
      defines: request.defines,
      preemptions: request.preemptions,
      maxStates: request.maxStates,
      maxMemory: MOST_MEMORY,
      timeout: undefined,
      began,
      merge: "full",
      engine: "compiled",
      provenance: request.provenance,
      remarks: request.remarks,
      jobs: SEARCHES,
      host: {
        audience,
        showFile,
        readSource: readerOf(sources, request.edited),
        memoryInUse,
        breathe,
        rest,
        machineView: true,
        startThread,
      },
    };
    const verdict = await verify(program, options, {
      onSlice: (progress) => {
        const now = performance.now();
        if (now - told < TELL) return;
        told = now;
        say({ say: "progress", progress });
      },
      shouldStop: () => (stop ? "by the user" : undefined),
      onFound: () => say({ say: "doing", what: "telling the story" }),
    });
    const found = shownVerdict(verdict);
    refuseMisuse(found, isOurs);
    say({ say: "verdict", verdict: found });
  } catch (error) {
    say(sadEnd(error));
  }
}

function sadEnd(error: unknown): FromChecker {
  if (error instanceof InputFault) return { say: "fault", diagnostics: error.diagnostics };
  if (error instanceof Stopped) return { say: "failed", message: `stopped ${error.reason}` };
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError)
    return { say: "failed", message: `the browser gives no more memory (${text}); the command line has more` };
  return { say: "failed", message: text };
}

async function programOf(input: CheckInput): Promise<Program> {
  switch (input.kind) {
    case "program":
      return withParameters(programFrom(await fetchText(input.url)), input.parameters ?? {});
    case "modules": {
      const fetched = await Promise.all(input.urls.map(async ({ source, url }) => ({ source, text: await fetchText(url) })));
      say({ say: "doing", what: "linking" });
      const { programOfModules } = await import("./linking.ts");
      return withParameters(programOfModules([...input.texts, ...fetched]), input.parameters);
    }
  }
}

/** Chromium tells, others do not. */
function memoryInUse(): number {
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? 0;
}

const rest = (milliseconds: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A turn for messages: a timer would wait for four milliseconds. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(undefined);
  });
}
