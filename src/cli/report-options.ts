/**
 * The options of `shootdown report`. Apart from what does the work, which a check need not load.
 */
import { type Command, Option } from "commander";
import { positive, seconds, states } from "../settings/option-values.ts";
import { addShardOptions, type ShardOptions } from "./shard-options.ts";

export interface ReportOptions extends ShardOptions {
  readonly fresh?: boolean;
  readonly jobs?: number;
  readonly json?: string | true;
  readonly markdown?: string;
  readonly quiet?: boolean;
  readonly timeout?: number;
  readonly maxStates?: number;
}

export function addReportOptions(command: Command): Command {
  return addShardOptions(command)
    .addOption(new Option("--fresh", "search every cell again, whatever earlier runs found"))
    .addOption(new Option("--jobs <n>", "how many searches at a time (default: one for each processor)").argParser(positive))
    .addOption(new Option("--max-states <n>", "stop each search after this many states (default: the report's own)").argParser(states))
    .addOption(new Option("--timeout <seconds>", "stop each search after this time (default: the report's own)").argParser(seconds))
    .addOption(new Option("--json [file]", "write the result as JSON, to a file or instead of the text"))
    .addOption(new Option("--markdown <file>", "write it as Markdown too"))
    .addOption(new Option("-q, --quiet", "no progress"));
}
