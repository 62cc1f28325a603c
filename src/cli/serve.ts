/**
 * `shootdown serve`: the page, for a browser on this machine, until it is interrupted. In a checkout
 * that has no page yet it is built first.
 */
import { packageRoot } from "../host/paths.ts";
import { pageBuild } from "../site/page-build.ts";
import { serveSite } from "../site/server.ts";
import { EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";

export interface ServeOptions {
  readonly port?: number;
}

/** "DOWN" on the keys of a telephone. */
const PORT = 3696;

export async function serve({ port = PORT }: ServeOptions, io: Io): Promise<number> {
  const building = pageBuild(packageRoot);
  let stopped = false;
  const interrupted = new Promise<void>((resolve) => {
    const release = io.onInterrupt(() => {
      release();
      stopped = true;
      building?.stop();
      resolve();
    });
  });
  if (building !== undefined) {
    io.stderr.write("building the page, which this checkout does not have yet: half a minute, once\n");
    try {
      await building.done;
    } catch (error) {
      if (!stopped) throw error;
    }
    if (stopped) return EXIT_NONE;
  }
  const { url, close } = await serveSite(port);
  io.stdout.write(`${url}\nThe page is served to this machine alone (127.0.0.1), and sends nothing anywhere. Ctrl-C ends it.\n`);
  await interrupted;
  await close();
  return EXIT_NONE;
}
