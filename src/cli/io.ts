/** What a command has of the outside world, so that tests can run one without a process. */

export interface Output {
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
  /** Calls back on each request to stop; returns how to unsubscribe. */
  onInterrupt(listener: () => void): () => void;
}

export function processIo(): Io {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    cwd: process.cwd(),
    env: process.env,
    onInterrupt(listener) {
      process.on("SIGINT", listener);
      process.on("SIGTERM", listener);
      return () => {
        process.off("SIGINT", listener);
        process.off("SIGTERM", listener);
      };
    },
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // A reader that went away (`| head`) is no fault of the check: its verdict is still the exit status.
  stream.on("error", () => {});
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      // Some terminals say 0 for unknown.
      return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
    },
  };
}
