/**
 * Objects of the two types: where they are, and which function each of their callbacks is.
 *
 * Callbacks come from the initialiser, designated or in the order of the type's definition, and from
 * assignments to members anywhere in the file (`ops.release = f`).
 */
import { conditionsAt } from "../c/brackets.ts";
import { argumentsOf } from "../c/expressions-in.ts";
import { type Mention, mentionsIn } from "./mentions.ts";
import { isOpsType, type OpsKind, TYPES } from "./notifier-names.ts";
import type { SourceFile } from "./tree-files.ts";

export interface OpsMember {
  readonly member: string;
  /** As it is written, if it is no name. */
  readonly value: string;
  readonly isName: boolean;
  readonly line: number;
  readonly how: "initialiser" | "assignment";
}

export interface OpsObject {
  readonly name: string;
  readonly kind: OpsKind;
  readonly file: SourceFile;
  readonly line: number;
  readonly isStatic: boolean;
  readonly how: string;
  /** Of the `#if`s around it. */
  readonly conditions: readonly string[];
  readonly members: readonly OpsMember[];
  readonly cannotTell: readonly string[];
}

/** Names of the members of both types, in their order, from the tree's own header. */
export type MembersOf = ReadonlyMap<OpsKind, readonly string[]>;

export function membersIn(header: SourceFile): MembersOf {
  const found = new Map<OpsKind, readonly string[]>();
  for (const { kind, token } of mentionsIn(header)) {
    const name = header.tokens[token]?.text ?? "";
    if (kind !== "type" || !isOpsType(name) || header.tokens[token + 1]?.text !== "{") continue;
    found.set(TYPES[name], structMembers(header, token + 1));
  }
  return found;
}

/** `ret (*name)(...)` is `name`; of anything else it is the last name before the semicolon. */
function structMembers({ tokens, partners }: SourceFile, open: number): string[] {
  const names: string[] = [];
  let last = "";
  let pointer = "";
  for (let i = open + 1; i < partners[open]!; i++) {
    const { text, kind } = tokens[i]!;
    if (text === "(" && tokens[i + 1]?.text === "*") {
      pointer ||= tokens[i + 2]?.text ?? "";
      i = partners[i]!;
    } else if (text === "(") i = partners[i]!;
    else if (kind === "identifier") last = text;
    else if (text === ";") {
      names.push(pointer || last);
      pointer = "";
    }
  }
  return names;
}

/** What is found where the type is named. */
export function objectsIn(file: SourceFile, mentions: readonly Mention[], members: MembersOf): OpsObject[] {
  const uses = mentions.filter((m) => m.kind === "definition" || m.kind === "declaration" || m.kind === "cast");
  const defined = uses.filter((m) => m.kind === "definition").map((m) => definition(file, m, members));
  const literals = uses.filter((m) => m.kind === "cast").flatMap((m) => literal(file, m, members));
  const names = new Set(defined.map((object) => object.name));
  const announced = new Map<string, OpsObject>();
  for (const mention of uses.filter((m) => m.kind === "declaration")) {
    const object = tentative(file, mention);
    if (object !== undefined && !names.has(object.name)) announced.set(object.name, object);
  }
  return [...defined, ...literals, ...announced.values()].map((object) => withAssignments(file, object));
}

const kindAt = (file: SourceFile, token: number): OpsKind => TYPES[file.tokens[token]!.text as keyof typeof TYPES];

function nameAfter({ tokens }: SourceFile, token: number): number {
  let at = token + 1;
  while (tokens[at]?.text === "const" || tokens[at]?.text === "__read_mostly") at++;
  return at;
}

/** Words before the name, back to the end of the declaration before. */
function wordsBefore({ tokens }: SourceFile, token: number): string[] {
  const words: string[] = [];
  for (let i = token - 1; i >= 0 && tokens[i]!.kind === "identifier"; i--) words.unshift(tokens[i]!.text);
  return words;
}

function definition(file: SourceFile, { token, line }: Mention, members: MembersOf): OpsObject {
  const { tokens, partners } = file;
  const kind = kindAt(file, token);
  const at = nameAfter(file, token);
  const name = tokens[at]!.text;
  let equals = at + 1;
  while (tokens[equals] !== undefined && tokens[equals]!.text !== "=" && tokens[equals]!.text !== ";") equals++;
  const isArray = tokens[at + 1]?.text === "[";
  const open = equals + 1;
  const braces = tokens[open]?.text === "{" && partners[open]! > open;
  const words = wordsBefore(file, token);
  const said = [...words, tokens[token]!.text, name].join(" ");
  const cannotTell = [
    ...(isArray ? [`${name} is an array: its elements are not told apart`] : []),
    ...(braces || isArray ? [] : [`${name} is initialised by something other than braces`]),
  ];
  return {
    name,
    kind,
    file,
    line,
    isStatic: words.includes("static"),
    how: `initialiser of \`${said}${isArray ? "[]" : ""}\``,
    conditions: conditionsAt(tokens, token),
    members: braces && !isArray ? initialised(file, open, members.get(kind)) : [],
    cannotTell,
  };
}

function literal(file: SourceFile, { token, line }: Mention, members: MembersOf): OpsObject[] {
  const { tokens } = file;
  const close = tokens.findIndex((t, i) => i > token && t.text === ")");
  if (tokens[close + 1]?.text !== "{") return [];
  const kind = kindAt(file, token);
  return [
    {
      name: "(compound literal)",
      kind,
      file,
      line,
      isStatic: true,
      how: "compound literal",
      conditions: conditionsAt(tokens, token),
      members: initialised(file, close + 1, members.get(kind)),
      cannotTell: ["which variable holds it"],
    },
  ];
}

/** `static struct mmu_notifier_ops ops;`: an `extern` is the same object somewhere else. */
function tentative(file: SourceFile, { token, line }: Mention): OpsObject | undefined {
  const { tokens } = file;
  const words = wordsBefore(file, token);
  const at = nameAfter(file, token);
  if (words.includes("extern") || tokens[at]?.kind !== "identifier") return undefined;
  return {
    name: tokens[at]!.text,
    kind: kindAt(file, token),
    file,
    line,
    isStatic: words.includes("static"),
    how: `\`${[...words, tokens[token]!.text, tokens[at]!.text].join(" ")}\` without an initialiser`,
    conditions: conditionsAt(tokens, token),
    members: [],
    cannotTell: ["callbacks that are set at run time by other means than `name.callback = function`"],
  };
}

function initialised(file: SourceFile, open: number, order: readonly string[] | undefined): OpsMember[] {
  const { tokens, partners, text } = file;
  const parts = argumentsOf(file, { at: open - 1, close: partners[open]! });
  return parts.flatMap(([from, to], position): OpsMember[] => {
    const range = tokens.slice(from, to).filter((t) => t.kind !== "directive");
    const first = range[0];
    if (first === undefined) return [];
    const designated = first.text === "." && range[2]?.text === "=";
    const old = first.kind === "identifier" && range[1]?.text === ":";
    const member = designated ? range[1]!.text : old ? first.text : (order?.[position] ?? `member ${position + 1}`);
    const value = range.slice(designated ? 3 : old ? 2 : 0);
    return [memberOf(member, value, text, "initialiser")];
  });
}

type Tokens = SourceFile["tokens"];

function memberOf(member: string, value: Tokens, text: string, how: OpsMember["how"]): OpsMember {
  const meant = value.filter((t) => t.text !== "&");
  const isName = meant.length === 1 && meant[0]!.kind === "identifier";
  const said = value.length === 0 ? "" : text.slice(value[0]!.at, value.at(-1)!.end).replace(/\s+/g, " ");
  return { member, value: isName ? meant[0]!.text : said, isName, line: value[0]?.line ?? 0, how };
}

/** `name.member = value;`, wherever in the file. */
function withAssignments(file: SourceFile, object: OpsObject): OpsObject {
  const { tokens, text } = file;
  const added: OpsMember[] = [];
  tokens.forEach((token, i) => {
    if (token.text !== object.name || tokens[i + 1]?.text !== "." || tokens[i + 3]?.text !== "=") return;
    let end = i + 4;
    while (tokens[end] !== undefined && tokens[end]!.text !== ";") end++;
    added.push(memberOf(tokens[i + 2]!.text, tokens.slice(i + 4, end), text, "assignment"));
  });
  if (added.length === 0) return object;
  const how = object.members.length === 0 ? `${object.how}, callbacks assigned at run time` : object.how;
  return { ...object, how, members: [...object.members, ...added] };
}
