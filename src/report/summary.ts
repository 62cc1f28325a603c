/** Several checks in a table, a line each. */
import type { Diagnostic } from "../base/diagnostics.ts";
import { number, seconds } from "./text.ts";

export interface Summary {
  readonly scenario: string;
  readonly status: number;
  readonly text: string;
  /** Undefined: it was not run. */
  readonly states: number | undefined;
  readonly seconds: number | undefined;
  /** Nothing more was run after it. */
  readonly stopped: boolean;
  /** Of bad input. */
  readonly diagnostics?: readonly Diagnostic[];
}

export function summaryTable(done: readonly Summary[], wanted: number): string[] {
  const head = ["scenario", "verdict", "states", "time"] as const;
  const rows = done.map((d) => [
    d.scenario,
    d.text,
    d.states === undefined ? "-" : number(d.states),
    d.seconds === undefined ? "-" : seconds(d.seconds),
  ]);
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const left = wanted - done.length;
  return [line(head), line(widths.map((w) => "-".repeat(w))), ...rows.map(line), ...(left > 0 ? [`not run: ${left}`] : [])];
}
