/**
 * The options of commands that run many checks, of which several machines may do a part each. Apart
 * from what does the work, which a check need not load.
 */
import { type Command, Option } from "commander";

export interface ShardOptions {
  readonly shard?: string;
  readonly costs?: string;
  readonly output?: string;
}

const OUTPUT = "of a shard: write its results to this file, for `shootdown merge`";

/** `output`: what --output says, where it is for more than shards. */
export function addShardOptions(command: Command, output: string = OUTPUT): Command {
  return command
    .addOption(new Option("--shard <i/n>", "run only the checks of shard I of N, or of the one that a scheduler says (auto)"))
    .addOption(new Option("--costs <file>", "of a shard: what checks cost, by which they are dealt out (default: evenly)"))
    .addOption(new Option("--output <file>", output));
}

/** The arguments as they are without shards. */
export function withoutShard(argv: readonly string[]): string[] {
  const names = ["--shard", "--costs", "--output"];
  return argv.filter(
    (arg, i) => !names.includes(arg) && !names.includes(argv[i - 1] ?? "") && !names.some((name) => arg.startsWith(`${name}=`)),
  );
}
