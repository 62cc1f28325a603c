/**
 * A scenario on a kernel tree's own mm, as the command line asks for it: changes of copies
 * (`--patch`, `--edit`), and where a name came from (`--explain`).
 */
import { resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { similar } from "../base/similar.ts";
import { readModule } from "../check/prepared.ts";
import type { InputOptions, Inputs } from "../clang/inputs.ts";
import { textOf } from "../host/files.ts";
import type { Origin } from "./closure.ts";
import { type Edit, editsOfPatch, gatheredEdits, type NamedReplacement } from "./edits.ts";
import { ownInputs } from "./own-inputs.ts";

/** What the command line says of it: names of files. */
export interface Changes {
  readonly patch?: string | undefined;
  readonly edit?: string | undefined;
}

export async function compileOwn(
  options: InputOptions & { readonly tree: string; readonly whole?: boolean },
  { patch, edit }: Changes,
  say: (text: string) => void,
  more: readonly Edit[] = [],
): Promise<Inputs> {
  const edits = [...more, ...editsOf({ patch, edit }, options.cwd)];
  const changes = [patch, edit].filter((file) => file !== undefined);
  const named = (inputs: Inputs): Inputs => {
    const { kernel, guess } = inputs;
    if (kernel.kind !== "tree" || changes.length === 0) return inputs;
    return {
      ...inputs,
      kernel: { ...kernel, changes },
      guess: guess === undefined ? undefined : { ...guess, whole: async () => named(await guess.whole()) },
    };
  };
  return named(await ownInputs({ ...options, edits, read: readModule, say }));
}

/** Where a name came from, in lines. A fault if it is not reached. */
export async function whereFrom(
  name: string,
  options: InputOptions & { readonly tree: string },
  changes: Changes,
  say: (text: string) => void,
): Promise<readonly string[]> {
  const edits = editsOf(changes, options.cwd);
  const { closure } = await ownInputs({ ...options, edits, read: readModule, say, anew: true });
  return explained(name, closure.origins);
}

const editsOf = ({ patch, edit }: Changes, cwd: string): Edit[] => [
  ...(patch === undefined ? [] : editsOfPatch(textNamed(patch, cwd))),
  ...(edit === undefined ? [] : editsOfJson(textNamed(edit, cwd), edit)),
];

function textNamed(file: string, cwd: string): string {
  const text = textOf(resolve(cwd, file));
  if (text === undefined) throw fault({ code: "SD405", message: `cannot read ${file}` });
  return text;
}

function editsOfJson(text: string, file: string): Edit[] {
  const wrong = fault({ code: "SD405", message: `${file} is no list of { "file", "text", "by" }` });
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    throw wrong;
  }
  if (!Array.isArray(all) || !all.every(isReplacement)) throw wrong;
  return gatheredEdits(all);
}

function isReplacement(one: unknown): one is NamedReplacement {
  const { file, text, by } = (one ?? {}) as Record<string, unknown>;
  return typeof file === "string" && typeof text === "string" && typeof by === "string";
}

function explained(name: string, origins: ReadonlyMap<string, Origin>): readonly string[] {
  const origin = origins.get(name);
  if (origin === undefined) {
    const meant = similar(name, [...origins.keys()]);
    throw fault({
      code: "SD405",
      message: `${name} is not reached, or is kernel/own's`,
      ...(meant === undefined ? {} : { help: `did you mean ${meant}?` }),
    });
  }
  switch (origin.kind) {
    case "tree":
      return [`${name} is the tree's, in ${origin.file}`];
    case "stand-in":
      return [
        `${name} ends the run when it is reached: nobody that is linked defines it`,
        `used by ${origin.usedBy}`,
        origin.defined.length === 0 ? "no file of the tree is known to define it" : `the tree has it in ${origin.defined.join(", ")}`,
      ];
    case "failed":
      return [`${name} does not compile`, origin.why];
  }
}
