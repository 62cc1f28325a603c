/**
 * `shootdown check --watch`: the check is made again whenever a file that it read has changed, by a
 * process that stays, which has most of a kernel tree in memory already.
 *
 * Always: each check looks at all files anew. What stays is known by its content alone: modules by
 * their text, code by the program that it was made from.
 */
import { type BigIntStats, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault, InputFault } from "../base/diagnostics.ts";
import { shown } from "../base/shown.ts";
import { keepModules } from "../check/prepared.ts";
import { defaultCacheDir } from "../host/cache.ts";
import { shownPath } from "../host/paths.ts";
import { notedSources, sourceFiles } from "../host/sources.ts";
import { type Colours, renderDiagnostics } from "../report/diagnostic-text.ts";
import type { GivenOptions } from "../settings/options.ts";
import { EXIT_INPUT } from "./exit.ts";
import type { Io } from "./io.ts";
import { checkEach, giveBack } from "./several.ts";
import { BY_USER, REASONS } from "./watch.ts";

/** Milliseconds between looks at the files. */
const LOOK = 150;
/** Milliseconds that a file may be gone: editors and git write a new one and exchange the two. */
const GONE = 3000;

/** Ends when the user interrupts it, with the exit status of the last check. */
export async function checkAgain(
  files: readonly string[],
  given: GivenOptions,
  io: Io,
  c: { out: Colours; err: Colours },
): Promise<number> {
  const { watch: _, ...each } = given;
  if (each.checkpoint !== undefined)
    throw fault({ code: "SD401", message: "--checkpoint keeps one search, and --watch makes many", help: "leave out one of them" });
  keepModules();
  const named = [...files, ...[each.patch, each.edit].flatMap((file) => file ?? [])].map((file) => resolve(io.cwd, file));
  const cacheDir = join(resolve(defaultCacheDir(io.env)), "/");
  // Of what lies in the cache, copies of the user's files and what clang read of ours, nobody but
  // this program writes.
  const watched = (): Set<string> => new Set([...named, ...notedSources()].filter((path) => !path.startsWith(cacheDir)));
  let interrupted = false;
  const release = io.onInterrupt(() => {
    interrupted = true;
  });
  const isOver = (): boolean => interrupted || io.watch?.asked() === REASONS[BY_USER];
  try {
    for (let first = true; ; first = false) {
      const began = Date.now();
      if (!first) io.watch?.begin(undefined);
      const before = new Map([...watched()].map((path) => [path, stampOf(path)]));
      const status = await once(files, each, first ? io : { ...afresh(io), began }, c);
      io.watch?.printing();
      if (isOver()) return status;
      // A file that became known by this check may have been changed after it was read.
      for (const path of watched()) {
        if (!before.has(path)) before.set(path, modified(path) > began ? undefined : stampOf(path));
      }
      if (!given.quiet) io.stderr.write(`watching ${before.size} ${before.size === 1 ? "file" : "files"}; Ctrl-C ends\n`);
      giveBack();
      const changed = await firstChange(before, isOver);
      if (changed === undefined) return status;
      if (!given.quiet) io.stderr.write(`\n${shown(shownPath(changed, io.cwd))} has changed\n`);
    }
  } finally {
    release();
  }
}

const afresh = ({ several: _, ...io }: Io): Io => io;

async function once(files: readonly string[], given: GivenOptions, io: Io, c: { out: Colours; err: Colours }): Promise<number> {
  try {
    return await checkEach(files, given, io, c);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    io.stderr.write(renderDiagnostics(error.diagnostics, c.err, sourceFiles(io.cwd)));
    return EXIT_INPUT;
  }
}

/** What changes whenever a file is written; undefined: there is none. */
function stampOf(path: string): string | undefined {
  const now = statOf(path);
  return now && `${now.ino} ${now.size} ${now.mtimeNs}`;
}

const modified = (path: string): number => Number(statOf(path)?.mtimeMs ?? 0);

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** The first of these that is not as it was, once it lies still; undefined: the user has ended it. */
async function firstChange(before: ReadonlyMap<string, string | undefined>, isOver: () => boolean): Promise<string | undefined> {
  for (; ; await sleep(LOOK)) {
    if (isOver()) return undefined;
    for (const [path, stamp] of before) {
      const now = stampOf(path);
      if (now === stamp) continue;
      await untilStill(path, now);
      return path;
    }
  }
}

async function untilStill(path: string, stamp: string | undefined): Promise<void> {
  const since = Date.now();
  for (let last = stamp; ; ) {
    await sleep(LOOK / 3);
    const now = stampOf(path);
    if (now === last && (now !== undefined || Date.now() - since > GONE)) return;
    last = now;
  }
}
