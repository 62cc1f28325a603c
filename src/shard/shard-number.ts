/**
 * Which shard of how many: "3/8" from the command line, or what a scheduler says of itself in the
 * environment.
 *
 * Shards are counted from 1. What the environment does not say for certain is refused: a wrong
 * number would leave checks out, or have them done twice.
 */
import { fault, type InputFault } from "../base/diagnostics.ts";

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** Set by whoever starts a job that does not know how many there are. */
export const COUNT = "SHOOTDOWN_SHARDS";
const MOST = 10_000;

type Env = Readonly<Record<string, string | undefined>>;

export const shardText = ({ index, of }: Shard): string => `${index}/${of}`;

/** `text` is what --shard says: I/N, or "auto". */
export function shardNamed(text: string, env: Env): Shard {
  if (text === "auto") return fromEnvironment(env);
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index === undefined || of === undefined) throw wrong(`--shard ${text} is neither I/N nor auto`, "as in --shard 2/8");
  return shardOf(Number(index), Number(of), `--shard ${text}`);
}

function shardOf(index: number, of: number, what: string): Shard {
  if (of < 1 || of > MOST) throw wrong(`${what}: there can be 1 to ${MOST} shards`);
  if (index < 1 || index > of) throw wrong(`${what}: shards are counted from 1 to ${of}`);
  return { index, of };
}

interface Source {
  readonly name: string;
  /** Says that the job runs there. */
  readonly variable: string;
  readonly shard: (env: Env) => Shard;
}

const SOURCES: readonly Source[] = [
  { name: "a Slurm array", variable: "SLURM_ARRAY_TASK_ID", shard: ofSlurm },
  { name: "an indexed job of Kubernetes", variable: "JOB_COMPLETION_INDEX", shard: ofKubernetes },
  { name: "GitLab's parallel:", variable: "CI_NODE_INDEX", shard: ofGitlab },
];

function fromEnvironment(env: Env): Shard {
  const found = SOURCES.filter(({ variable }) => (env[variable] ?? "") !== "");
  const [first, ...others] = found.map((source) => ({ source, shard: source.shard(env) }));
  if (first === undefined) {
    const variables = SOURCES.map(({ name, variable }) => `${variable} (${name})`);
    throw wrong(`--shard auto: none of ${variables.join(", ")} is set`, "say it as in --shard 2/8");
  }
  const other = others.find(({ shard }) => shardText(shard) !== shardText(first.shard));
  if (other === undefined) return first.shard;
  throw wrong(
    `--shard auto: ${first.source.name} says ${shardText(first.shard)}, ${other.source.name} says ${shardText(other.shard)}`,
    "say it as in --shard 2/8",
  );
}

function ofSlurm(env: Env): Shard {
  const id = numberIn(env, "SLURM_ARRAY_TASK_ID");
  // One task of an array that is submitted again is alone in its array: only the job's own variable knows the others.
  if ((env[COUNT] ?? "") !== "") return shardOf(id, numberIn(env, COUNT), `SLURM_ARRAY_TASK_ID ${id} of ${COUNT}`);
  const first = numberIn(env, "SLURM_ARRAY_TASK_MIN");
  const last = numberIn(env, "SLURM_ARRAY_TASK_MAX");
  const count = numberIn(env, "SLURM_ARRAY_TASK_COUNT");
  if (last - first + 1 !== count)
    throw wrong(
      `--shard auto: this Slurm array has ${count} tasks between ${first} and ${last}`,
      `number them from 1 on, and set ${COUNT}`,
    );
  return shardOf(id - first + 1, count, `SLURM_ARRAY_TASK_ID ${id}`);
}

function ofKubernetes(env: Env): Shard {
  const index = numberIn(env, "JOB_COMPLETION_INDEX");
  return shardOf(index + 1, numberIn(env, COUNT), `JOB_COMPLETION_INDEX ${index} of ${COUNT}`);
}

function ofGitlab(env: Env): Shard {
  return shardOf(numberIn(env, "CI_NODE_INDEX"), numberIn(env, "CI_NODE_TOTAL"), "CI_NODE_INDEX");
}

function numberIn(env: Env, name: string): number {
  const text = env[name] ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const problem = text === "" ? "is not set" : `is ${JSON.stringify(text)}, which is no number`;
  throw wrong(`--shard auto: ${name} ${problem}`, name === COUNT ? "set it to the number of shards" : undefined);
}

const wrong = (message: string, help?: string): InputFault => fault({ code: "SD401", message, ...(help === undefined ? {} : { help }) });
