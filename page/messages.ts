/** What the page and its workers tell each other. */
import type { Diagnostic } from "../src/base/diagnostics.ts";
import type { Provenance, Verdict } from "../src/report/verdict.ts";
import type { Progress } from "../src/verify/verify-options.ts";

/** A program, or what it is to be linked from. */
export type CheckInput =
  | { readonly kind: "program"; readonly url: string; readonly parameters?: Readonly<Record<string, string>> }
  | {
      readonly kind: "modules";
      /** LLVM IR that clang has just made. */
      readonly texts: readonly { readonly source: string; readonly text: string }[];
      readonly urls: readonly { readonly source: string; readonly url: string }[];
      /** First values of globals, where the scenario declares parameters. */
      readonly parameters: Readonly<Record<string, string>>;
    };

export interface CheckRequest {
  readonly input: CheckInput;
  readonly scenario: string;
  readonly defines: readonly string[];
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
  readonly provenance: Provenance;
  readonly remarks: readonly string[];
  /** With the text of all files; `edited` comes instead of those that the reader has changed. */
  readonly sources: string;
  readonly edited: Readonly<Record<string, string>>;
}

export type ToChecker = { readonly ask: "check"; readonly request: CheckRequest } | { readonly ask: "stop" };

export type FromChecker =
  | { readonly say: "doing"; readonly what: string }
  | { readonly say: "progress"; readonly progress: Progress }
  | { readonly say: "verdict"; readonly verdict: Verdict }
  | { readonly say: "fault"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly say: "failed"; readonly message: string };

export interface CompileRequest {
  readonly id: number;
  /** Of files from ROOT: what is compiled, and all that it may include. */
  readonly files: Readonly<Record<string, string>>;
  readonly source: string;
  readonly args: readonly string[];
}

export type FromCompiler =
  | { readonly say: "loading"; readonly done: number; readonly total: number }
  | { readonly say: "compiled"; readonly id: number; readonly ok: boolean; readonly ir: string; readonly stderr: string }
  | { readonly say: "failed"; readonly id: number; readonly message: string };
