/**
 * The line that shows a search at work: on a terminal's stderr only, rewritten in place, at most
 * five times a second.
 */
import type { Progress } from "../verify/verify-options.ts";
import type { Output } from "./io.ts";

export interface ProgressLine {
  update(progress: Progress): void;
  /** Takes the line away, before anything else is printed. */
  clear(): void;
}

export interface StatusLine {
  /** The text is asked for only if it is shown. */
  update(text: () => string): void;
  clear(): void;
}

const INTERVAL = 200;

export function progressLine(out: Output, enabled: boolean, now: () => number = Date.now): ProgressLine {
  const line = statusLine(out, enabled, now);
  const start = now();
  let last = { time: start, states: 0 };
  return {
    update(progress) {
      line.update(() => {
        const time = now();
        const rate = ((progress.states - last.states) * 1000) / (time - last.time);
        last = { time, states: progress.states };
        return describe(progress, Math.max(0, rate), time - start);
      });
    },
    clear: () => line.clear(),
  };
}

export function statusLine(out: Output, enabled: boolean, now: () => number = Date.now): StatusLine {
  if (!enabled || !out.isTTY) return { update() {}, clear() {} };
  let last = now();
  let shown = false;
  return {
    update(text) {
      const time = now();
      if (time - last < INTERVAL) return;
      last = time;
      // A line that wraps could not be taken back.
      out.write(`\r\x1b[K${text().slice(0, Math.max(0, (out.columns ?? 80) - 1))}`);
      shown = true;
    },
    clear() {
      if (shown) out.write("\r\x1b[K");
      shown = false;
    },
  };
}

function describe(progress: Progress, rate: number, elapsed: number): string {
  return [
    `${grouped(progress.states)} states`,
    `${short(rate)}/s`,
    `depth ${grouped(progress.depth)}`,
    `${Math.round(progress.memory / 2 ** 20)} MiB`,
    duration(elapsed),
  ].join(" · ");
}

/** 1234567 as 1,234,567 whatever the machine's locale. */
export function grouped(n: number): string {
  return n.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

function short(n: number): string {
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)}M`;
  if (n >= 1e3) return `${Math.round(n / 1e3)}k`;
  return String(Math.round(n));
}

/** 0.4 s, 12 s, 3 min 05 s. */
export function duration(ms: number): string {
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.floor(s)} s`;
  return `${Math.floor(s / 60)} min ${String(Math.floor(s % 60)).padStart(2, "0")} s`;
}
