/** What a command has of the outside world, so that tests can run one without a process. */

import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { fault } from "../base/diagnostics.ts";
import { errorCode, wordsFor } from "../host/files.ts";
import type { Several, Watch } from "./watch.ts";

export interface Output {
  /**
   * Throws an `InputFault` if the text cannot be written; a reader that went away (`| head`) is no
   * fault: the verdict is still the exit status.
   */
  write(text: string): void;
  readonly isTTY: boolean;
  /** Of the terminal; undefined if it is none. */
  readonly columns: number | undefined;
}

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Calls back on each request to stop, with what completes "stopped ..." ("by the user" if it is
   * not said); returns how to unsubscribe.
   */
  onInterrupt(listener: (reason?: string) => void): () => void;
  /** When the command began, in milliseconds since 1970; left out: now. */
  readonly began?: number;
  /** Of several checks, those that are done already: it goes on from there. */
  readonly several?: Several;
  /** Whoever sees to it that the run ends in time, and well, even if it does not answer. */
  readonly watch?: Watch;
}

export function processIo(): Io {
  return {
    stdout: outputTo(1, () => process.stdout.columns),
    stderr: outputTo(2, () => process.stderr.columns),
    cwd: process.cwd(),
    env: process.env,
    onInterrupt(listener) {
      const heard = (): void => listener();
      process.on("SIGINT", heard);
      process.on("SIGTERM", heard);
      return () => {
        process.off("SIGINT", heard);
        process.off("SIGTERM", heard);
      };
    },
  };
}

/**
 * Writes at once and waits: nothing is lost whenever the process ends, and a full disk is noticed.
 */
export function outputTo(descriptor: 1 | 2, columns: () => number | undefined): Output {
  const isTTY = isatty(descriptor);
  let gone = false;
  return {
    write(text) {
      if (gone) return;
      try {
        writeAll(descriptor, Buffer.from(text, "utf8"));
      } catch (error) {
        gone = true;
        const code = errorCode(error);
        // Of what cannot be complained about, nothing is said.
        if (code === "EPIPE" || descriptor === 2) return;
        throw fault({ code: "SD402", message: `the output cannot be written: ${wordsFor(code)}` });
      }
    },
    isTTY,
    get columns() {
      const known = isTTY ? columns() : undefined;
      // Some terminals say 0 for unknown.
      return known !== undefined && known > 0 ? known : undefined;
    },
  };
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (errorCode(error) !== "EAGAIN") throw error;
      // A pipe that does not wait, and a reader that is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
