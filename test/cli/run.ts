/** Runs a command in this process, as the shell would, and keeps what it printed. */

import type { Io, Output } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { defaultCacheDir } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export async function run(argv: readonly string[], cwd = packageRoot): Promise<Ran> {
  const texts = { out: "", err: "" };
  const output = (to: "out" | "err"): Output => ({
    write: (text) => {
      texts[to] += text;
    },
    isTTY: false,
    columns: undefined,
  });
  const io: Io = {
    stdout: output("out"),
    stderr: output("err"),
    cwd,
    // The reader's own cache: without it the model kernel is compiled again.
    env: { ...process.env, SHOOTDOWN_CACHE: defaultCacheDir() },
    onInterrupt: () => () => {},
  };
  const status = await main(argv, io);
  return { status, ...texts };
}
