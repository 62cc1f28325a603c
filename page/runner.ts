/**
 * Runs checks in a worker, one at a time, and clang in another: what the page asks for, and what
 * comes of it. A new check ends the one before it.
 */
import type { Diagnostic } from "../src/base/diagnostics.ts";
import type { Verdict } from "../src/report/verdict.ts";
import type { Progress } from "../src/verify/verify-options.ts";
import type { CheckRequest, FromChecker, FromCompiler } from "./messages.ts";

export type Outcome =
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  | { readonly kind: "fault"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "failed"; readonly message: string };

export interface Told {
  readonly doing: (what: string) => void;
  readonly progress: (progress: Progress) => void;
}

/** Milliseconds that a search has to end by itself. */
const GRACE = 1500;

export interface Run {
  readonly outcome: Promise<Outcome>;
  /** Ends it with what it has; if it does not answer, without. */
  readonly cancel: () => void;
  readonly end: () => void;
}

export function runCheck(request: CheckRequest, told: Told): Run {
  const worker = new Worker(new URL("./check-worker.ts", import.meta.url), { type: "module" });
  let settle: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    settle = (found) => {
      worker.terminate();
      resolve(found);
    };
  });
  worker.addEventListener("message", ({ data }: MessageEvent<FromChecker>) => {
    switch (data.say) {
      case "doing":
        told.doing(data.what);
        return;
      case "progress":
        told.progress(data.progress);
        return;
      case "verdict":
        settle({ kind: "verdict", verdict: data.verdict });
        return;
      case "fault":
        settle({ kind: "fault", diagnostics: data.diagnostics });
        return;
      case "failed":
        settle({ kind: "failed", message: data.message });
    }
  });
  worker.addEventListener("error", (event) =>
    settle({ kind: "failed", message: `the check could not run here: ${event.message || "workers are blocked"}` }),
  );
  worker.postMessage({ ask: "check", request });
  const cancelled: Outcome = { kind: "failed", message: "stopped by the user" };
  return {
    outcome,
    cancel: () => {
      worker.postMessage({ ask: "stop" });
      setTimeout(() => settle(cancelled), GRACE);
    },
    end: () => settle(cancelled),
  };
}

export type Compiled = { readonly ok: boolean; readonly ir: string; readonly stderr: string };

export interface Compiler {
  /** Throws an Error in words if clang cannot be had. */
  readonly compile: (files: Readonly<Record<string, string>>, source: string, args: readonly string[]) => Promise<Compiled>;
}

/** `loading` is told how much of clang there is already. */
export function createCompiler(loading: (done: number, total: number) => void): Compiler {
  let worker: Worker | undefined;
  let next = 0;
  const waiting = new Map<number, { readonly resolve: (compiled: Compiled) => void; readonly reject: (error: Error) => void }>();
  function start(): Worker {
    const made = new Worker(new URL("./compile-worker.ts", import.meta.url), { type: "module" });
    made.addEventListener("message", ({ data }: MessageEvent<FromCompiler>) => {
      switch (data.say) {
        case "loading":
          loading(data.done, data.total);
          return;
        case "compiled":
          waiting.get(data.id)?.resolve(data);
          waiting.delete(data.id);
          return;
        case "failed":
          waiting.get(data.id)?.reject(new Error(`clang is not at hand in this browser: ${data.message}`));
          waiting.delete(data.id);
      }
    });
    made.addEventListener("error", (event) => {
      for (const { reject } of waiting.values()) reject(new Error(`clang could not run here: ${event.message || "workers are blocked"}`));
      waiting.clear();
      worker = undefined;
    });
    return made;
  }
  return {
    compile: (files, source, args) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        const id = next++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, files, source, args });
      }),
  };
}
