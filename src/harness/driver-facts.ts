/**
 * What the text of a driver's file shows of its notifiers: operations and their callbacks, the
 * objects that hold the notifiers, members that the callbacks name, work items, and functions that
 * could be the path of a device's fault.
 */
import { posix } from "node:path";
import { argumentsOf, callsIn, textOfRange } from "../c/expressions-in.ts";
import type { CFunction } from "../c/outline.ts";
import { type Functions, functionsOf, type Reach, reachOf } from "../scan/callback-reach.ts";
import { mentionsIn } from "../scan/mentions.ts";
import { HEADER, isOpsType, type OpsKind, READ_BEGIN, REGISTER } from "../scan/notifier-names.ts";
import { membersIn, objectsIn } from "../scan/subscribers.ts";
import type { SourceFile, TreeFiles } from "../scan/tree-files.ts";

/** `container_of(mn, struct type, member)`. */
export interface Container {
  readonly type: string;
  readonly member: string;
}

export interface DriverOps {
  readonly name: string;
  readonly kind: OpsKind;
  readonly line: number;
  readonly callbacks: readonly { readonly member: string; readonly function: string }[];
  /** Where a callback says that its notifier lies; the first that is right is meant. */
  readonly containers: readonly Container[];
}

export interface Parameter {
  readonly name: string;
  /** The tag, if it is a pointer to a structure. */
  readonly points: string | undefined;
  readonly isPointer: boolean;
}

/** A function that begins a read, or takes pages of the process, or calls one that does. */
export interface FaultPath {
  readonly name: string;
  readonly line: number;
  readonly parameters: readonly Parameter[];
  /** What makes it one. */
  readonly by: string;
  /** Calls between it and that. */
  readonly depth: number;
}

export interface DriverFacts {
  readonly file: SourceFile;
  readonly ops: readonly DriverOps[];
  /** An object whose interval notifier the file registers with operations that others give. */
  readonly registered: Container | undefined;
  /** Names of members in what the callbacks reach, in the file and its folder. */
  readonly used: ReadonlySet<string>;
  /** Work items that the file sets up: member and function. */
  readonly work: readonly { readonly member: string; readonly function: string }[];
  readonly faults: readonly FaultPath[];
  /** Objects of a type that the file defines: a type's tag and its objects. */
  readonly objects: ReadonlyMap<string, readonly string[]>;
}

const TAKES_PAGES = /^(?:(?:get|pin)_user_pages\w*|hmm_range_fault)$/;
const DEEPEST = 3;

export function driverFacts(path: string, tree: Pick<TreeFiles, "inFolder">): DriverFacts | undefined {
  const file = tree.inFolder(posix.dirname(path)).find((one) => one.path === path);
  const header = tree.inFolder(posix.dirname(HEADER)).find((one) => one.path === HEADER);
  if (file === undefined) return undefined;
  const functions = functionsOf(tree);
  const mentions = mentionsIn(file);
  const found = objectsIn(file, mentions, header === undefined ? new Map() : membersIn(header));
  const reaches: Reach[] = [];
  const ops = found.map((object): DriverOps => {
    const callbacks = object.members
      .filter(({ member, isName, value }) => isName && member !== "flags" && value !== "NULL" && value !== "0")
      .map(({ member, value }) => ({ member, function: value }));
    const start = callbacks.flatMap((one) => functions.named(one.function, file).filter(({ fn }) => !fn.isMacro));
    const reach = reachOf(start, functions, () => false);
    reaches.push(reach);
    return { name: object.name, kind: object.kind, line: object.line, callbacks, containers: containersIn(reach) };
  });
  const reached = reaches.flatMap((reach) => reach.functions);
  // Without callbacks any function may be what uses the object.
  const users = found.length === 0 ? file.functions.filter((fn) => !fn.isMacro) : reached.map(({ fn }) => fn);
  const used = new Set(users.flatMap(membersNamed));
  return {
    file,
    ops,
    registered: registeredIn(file),
    used,
    work: workIn(file),
    faults: faultsIn(file, functions),
    objects: objectsOf(file),
  };
}

function containersIn({ functions }: Reach): Container[] {
  return functions.flatMap(({ file, fn, calls }) =>
    calls
      .filter((call) => call.name === "container_of")
      .flatMap((call) => {
        const [, type, member] = argumentsOf(fn.code, call);
        if (type === undefined || member === undefined || fn.code.tokens[type[0]]?.text !== "struct") return [];
        return [
          {
            type: fn.code.tokens[type[0] + 1]?.text ?? "",
            member: textOfRange(file.text, fn.code.tokens, ...member),
          },
        ];
      }),
  );
}

/** What stands behind `->` and `.`. */
function membersNamed({ code: { tokens }, from, to }: CFunction): string[] {
  const names: string[] = [];
  for (let i = from; i < to; i++)
    if (tokens[i]!.kind === "identifier" && (tokens[i - 1]?.text === "->" || tokens[i - 1]?.text === ".")) names.push(tokens[i]!.text);
  return names;
}

/** `mmu_interval_notifier_insert(&object->member, ...)`: the type is that of `object` in that function. */
function registeredIn(file: SourceFile): Container | undefined {
  for (const fn of file.functions.filter((one) => !one.isMacro)) {
    for (const call of callsIn(fn.code, fn.from, fn.to).filter(({ name }) => REGISTER.test(name) && name.includes("interval"))) {
      const [first] = argumentsOf(fn.code, call);
      const said = first === undefined ? "" : textOfRange(file.text, fn.code.tokens, ...first);
      const [, variable = "", member = ""] = /^&(\w+)->([\w.]+)$/.exec(said) ?? [];
      const body = textOfRange(file.text, fn.code.tokens, fn.parameters, fn.to);
      const type = new RegExp(`\\bstruct (\\w+) \\*\\s*${variable}\\b`).exec(body)?.[1];
      if (variable !== "" && type !== undefined) return { type, member };
    }
  }
  return undefined;
}

function workIn(file: SourceFile): { member: string; function: string }[] {
  return [...file.text.matchAll(/\bINIT_(?:DELAYED_)?WORK\(\s*&[\w>.-]*(?:->|\.)(\w+),\s*(\w+)\s*\)/g)].map(
    ([, member = "", name = ""]) => ({ member, function: name }),
  );
}

function objectsOf(file: SourceFile): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const { tokens } = file;
  for (const { kind, head, open } of file.braced) {
    const at = kind === "object" ? tokens.findIndex((token, i) => i >= head && i < open && token.text === "struct") : -1;
    const type = tokens[at + 1]?.text ?? "";
    const name = tokens[at + 2]?.text ?? "";
    if (at >= 0 && tokens[at + 3]?.text === "=" && !isOpsType(type)) found.set(type, [...(found.get(type) ?? []), name]);
  }
  return found;
}

/** Nearest first. */
function faultsIn(file: SourceFile, functions: Functions): FaultPath[] {
  const found = new Map<CFunction, FaultPath>();
  const calls = file.functions.filter((fn) => !fn.isMacro).map((fn) => ({ fn, names: callsIn(fn.code, fn.from, fn.to) }));
  for (const { fn, names } of calls) {
    const by = names.find(({ name }) => name === READ_BEGIN) ?? names.find(({ name }) => TAKES_PAGES.test(name));
    if (by !== undefined) found.set(fn, { name: fn.name, line: fn.line, parameters: parametersOf(file, fn), by: by.name, depth: 0 });
  }
  for (let depth = 1; depth <= DEEPEST; depth++)
    for (const { fn, names } of calls) {
      if (found.has(fn)) continue;
      const callee = names
        .flatMap(({ name }) => functions.named(name, file))
        .map(({ fn: one }) => found.get(one))
        .find((one) => one?.depth === depth - 1);
      if (callee !== undefined) found.set(fn, { name: fn.name, line: fn.line, parameters: parametersOf(file, fn), by: callee.name, depth });
    }
  return [...found.values()].sort((a, b) => a.depth - b.depth || a.line - b.line);
}

function parametersOf(file: SourceFile, fn: CFunction): Parameter[] {
  const { tokens, partners } = fn.code;
  const ranges = argumentsOf(fn.code, { at: fn.parameters - 1, close: partners[fn.parameters]! });
  return ranges.flatMap(([from, to]) => {
    const said = textOfRange(file.text, tokens, from, to);
    if (said === "void") return [];
    const [, points] = /\bstruct (\w+) (?:const )?\*\s*(?:__user )?\w+$/.exec(said) ?? [];
    return [{ name: /(\w+)(?:\[\w*\])?$/.exec(said)?.[1] ?? "", points, isPointer: said.includes("*") || said.includes("[") }];
  });
}
