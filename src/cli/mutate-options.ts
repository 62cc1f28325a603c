/** The options of `shootdown mutate`. Apart from what does the work, which a check need not load. */
import { type Command, Option } from "commander";
import { cpus, positive, preemptions, repeated, seconds, states, width } from "../settings/option-values.ts";
import { addSourceOptions } from "../settings/options.ts";
import { addShardOptions } from "./shard-options.ts";

export function addMutateOptions(command: Command): Command {
  return addShardOptions(addSourceOptions(command))
    .addOption(new Option("--cpus <n>", "define NCPU as this number of CPUs").argParser(cpus))
    .addOption(
      new Option("--mutate <file>", "change this file, or FILE:FUNCTION,FUNCTION of it (repeatable; needed with --tree)").argParser(
        repeated((file) => file),
      ),
    )
    .addOption(
      new Option("--except <name>", "leave calls of this function or macro as they are (repeatable)").argParser(repeated((name) => name)),
    )
    .addOption(new Option("--most <n>", "try at most this many changes (default 200)").argParser(positive))
    .addOption(new Option("--seed <n>", "which ones, if there are more (default 1)").argParser(positive))
    .addOption(new Option("--jobs <n>", "how many checks at a time (default: one for each processor)").argParser(positive))
    .addOption(new Option("--preemptions <n>", "only schedules with at most this many preemptions (default: all)").argParser(preemptions))
    .addOption(new Option("--max-states <n>", "stop each check after this many states").argParser(states))
    .addOption(new Option("--timeout <seconds>", "stop each check after this time (default 60)").argParser(seconds))
    .addOption(new Option("--json [file]", "write the result as JSON, to a file or instead of the text"))
    .addOption(new Option("--full", "show all changes in the source, not only those that were not found"))
    .addOption(new Option("--width <columns>", "width of the output, 60 to 1000 (default: the terminal, else 100)").argParser(width))
    .addOption(new Option("-q, --quiet", "no progress"));
}
