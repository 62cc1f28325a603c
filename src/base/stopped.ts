/**
 * A run that is over before it decided anything, by somebody's wish: a signal, --timeout,
 * --max-memory. No fault of anyone: the verdict is "inconclusive".
 */

export class Stopped extends Error {
  /** Completes "stopped ...". */
  readonly reason: string;
  constructor(reason: string) {
    super(`stopped ${reason}`);
    this.name = "Stopped";
    this.reason = reason;
  }
}

/** What work of another process is held to. */
export interface Limits {
  /** Aborted, with a `Stopped` as its reason, when the run is to end. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes: what the whole run may take. */
  readonly memory?: number | undefined;
}
