/**
 * Files of shards become a result for each check.
 *
 * Refused are files of different runs, and files that disagree: about a check, or about a program
 * that two checks share. Of a check that is there twice, one that was decided is taken before one
 * that was stopped; what is decided twice must be decided alike.
 */
import { type Done, refused, type ShardFile, type ShardHead } from "./shard-file.ts";
import { shardText } from "./shard-number.ts";

export interface NamedFile {
  readonly name: string;
  readonly file: ShardFile;
}

/** What has to be the same in all of them, and what it is called. */
const SAME: readonly (readonly [(head: ShardHead) => string, string])[] = [
  [(head) => head.code, "of another version of shootdown"],
  [(head) => head.compiler, "made with another compiler"],
  [(head) => head.inputs, "of other inputs"],
  [(head) => JSON.stringify(head.checks), "of other checks"],
];

export function refuseStrangers(files: readonly NamedFile[]): void {
  const [first, ...others] = files;
  if (first === undefined) return;
  for (const { name, file } of others) {
    const different = SAME.find(([of]) => of(file) !== of(first.file));
    if (different !== undefined)
      throw refused(`${name} is ${different[1]} than ${first.name}`, undefined, [
        `${first.name}: ${first.file.command}, ${first.file.compiler}`,
        `${name}: ${file.command}, ${file.compiler}`,
      ]);
  }
  const seen = new Map<string, { readonly name: string; readonly sum: string }>();
  for (const { name, file } of files)
    for (const [source, sum] of Object.entries(file.sources)) {
      const before = seen.get(source);
      if (before === undefined) seen.set(source, { name, sum });
      else if (before.sum !== sum) throw refused(`${name} is of other inputs than ${before.name}: ${source} is another one`);
    }
}

/** By the number of the check; `undefined` where no file has it. */
export function joinedChecks<V>(
  checks: readonly string[],
  files: readonly { readonly name: string; readonly done: readonly Done<V>[] }[],
): readonly (Done<V> | undefined)[] {
  const joined: ({ readonly name: string; readonly done: Done<V> } | undefined)[] = checks.map(() => undefined);
  const said = new Map<string, { readonly name: string; readonly check: number; readonly says: string }>();
  const disagreements: string[] = [];
  for (const { name, done } of files) {
    for (const one of done) {
      const what = checks[one.check] ?? "";
      for (const { program, says } of one.parts) {
        if (program === undefined || says === undefined) continue;
        const before = said.get(program);
        if (before === undefined) said.set(program, { name, check: one.check, says });
        else if (before.says !== says && before.check !== one.check)
          disagreements.push(`one program: ${before.says} in ${before.name} (${checks[before.check]}), ${says} in ${name} (${what})`);
      }
      const before = joined[one.check];
      if (before === undefined) joined[one.check] = { name, done: one };
      else {
        const different = differenceOf(before.done, one, [before.name, name]);
        if (different !== undefined) disagreements.push(`${what}: ${different}`);
        if (openParts(one) < openParts(before.done)) joined[one.check] = { name, done: one };
      }
    }
  }
  if (disagreements.length === 0) return joined.map((one) => one?.done);
  const few = disagreements.slice(0, MOST_TOLD);
  const more = disagreements.length > few.length ? [`and ${disagreements.length - few.length} more`] : [];
  throw refused("the files disagree: none of them is to be believed", "run what they disagree about again", [...few, ...more]);
}

const MOST_TOLD = 10;

const openParts = ({ parts }: Done<unknown>): number => parts.filter(({ says }) => says === undefined).length;

/**
 * What two results of one check say differently. Not which program it was: paths of the machine are
 * in it, as text of warnings.
 */
function differenceOf(a: Done<unknown>, b: Done<unknown>, [first, second]: readonly [string, string]): string | undefined {
  for (const part of a.parts) {
    const other = b.parts.find(({ name }) => name === part.name);
    if (other === undefined) continue;
    if (part.says !== undefined && other.says !== undefined && part.says !== other.says)
      return `${part.says} in ${first}, ${other.says} in ${second}`;
  }
  return undefined;
}

/** What no file has, in sentences; nothing if all is there. */
export function missingText(checks: readonly string[], joined: readonly unknown[], files: readonly NamedFile[]): string[] {
  const missing = checks.flatMap((name, i) => (joined[i] === undefined ? [{ name, i }] : []));
  if (missing.length === 0) return [];
  const names = missing.slice(0, MOST_TOLD).map(({ name }) => `  ${name}`);
  const more = missing.length > MOST_TOLD ? [`  and ${missing.length - MOST_TOLD} more`] : [];
  const head = `missing: ${missing.length} of ${checks.length} checks`;
  return [
    `${head}${again(
      missing.map(({ i }) => i),
      files,
    )}`,
    ...names,
    ...more,
  ];
}

/** Which shards are to be run again. Only files of one division tell. */
function again(missing: readonly number[], files: readonly NamedFile[]): string {
  const { shard, costs } = files[0]!.file;
  if (files.some(({ file }) => file.shard.of !== shard.of || file.costs !== costs)) return "";
  const there = new Map(files.map(({ file }) => [file.shard.index, file]));
  const wanted = Array.from({ length: shard.of }, (_, i) => i + 1).filter((index) => {
    const file = there.get(index);
    return file === undefined || missing.some((check) => file.own.includes(check));
  });
  const list = wanted.map((index) => `--shard ${shardText({ index, of: shard.of })}`);
  return list.length === 0 ? "" : `; run again: ${list.join(", ")}`;
}

/** Checks that more than one file has. */
export function repeatedChecks(files: readonly NamedFile[]): number {
  const seen = new Map<number, number>();
  for (const { file } of files) for (const { check } of file.done) seen.set(check, (seen.get(check) ?? 0) + 1);
  return [...seen.values()].filter((times) => times > 1).length;
}
