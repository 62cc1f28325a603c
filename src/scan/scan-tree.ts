/**
 * A scan of a tree: subscribers with what is seen of each, other users of the interface, and every
 * mention of the types.
 */
import { posix } from "node:path";
import { argumentsOf, callsIn, textOfRange } from "../c/expressions-in.ts";
import { functionAt } from "../c/outline.ts";
import { type CallbackFacts, factsOf, isKnownCall, type Seen } from "./callback-facts.ts";
import { type Functions, functionsOf, type Placed, type Reach, reachOf } from "./callback-reach.ts";
import { type Mention, mentionsIn } from "./mentions.ts";
import { END, HEADER, MAY_BE_TOLD, type OpsKind, READ_BEGIN, READ_RETRY, REGISTER, START } from "./notifier-names.ts";
import { type Place, type Protocol, protocolOf, type Wrappers, wrappersOf } from "./protocol.ts";
import { type MembersOf, membersIn, type OpsMember, type OpsObject, objectsIn } from "./subscribers.ts";
import { type SourceFile, type TreeFiles, treeFiles } from "./tree-files.ts";

/** Of a callback that may be told not to block. */
export type Blocking =
  /** This kernel never tells it: there is no such question, or not to this callback. */
  | "not-asked"
  | "looked-at"
  /** It is not looked at, and something that may sleep is called by name. */
  | "ignored-may-sleep"
  | "ignored"
  /** The function was not found. */
  | "unknown";

export interface Callback {
  readonly member: string;
  readonly function: string;
  readonly how: OpsMember["how"];
  /** Where its function is defined; several under conditions. */
  readonly places: readonly Place[];
  readonly blocking: Blocking;
  readonly blockable: readonly Seen[];
  readonly locks: readonly Seen[];
  readonly sleeps: readonly Seen[];
  readonly reaches: number;
  readonly notFollowed: readonly string[];
  readonly pointers: Reach["pointers"];
}

export interface Use {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** "argument of mmu_interval_notifier_insert", "assigned to mn.ops". */
  readonly how: string;
}

export interface Subscriber {
  readonly ops: string;
  readonly kind: OpsKind;
  readonly file: string;
  readonly line: number;
  readonly how: string;
  readonly conditions: readonly string[];
  readonly callbacks: readonly Callback[];
  /** Members whose value is no function's name: flags. */
  readonly others: readonly { readonly member: string; readonly value: string }[];
  readonly uses: readonly Use[];
  /** Undefined: no callback is told when pages begin to go away. */
  readonly protocol: Protocol | undefined;
  readonly cannotTell: readonly Unknown[];
}

/** What the text does not tell. */
export interface Unknown {
  readonly kind: /** A callback's function is not found, or there are several. */
    | "function"
    | "pointers"
    /** Names that are not followed. */
    | "outside"
    /** Whether a path leaves out what may sleep. */
    | "path"
    /** Whether it is compiled, and where it is registered. */
    | "object";
  /** The callback's member, or "" for the object. */
  readonly about: string;
  /** How many places or names are meant. */
  readonly number: number;
  /** Completes "it is not told ...". */
  readonly text: string;
}

/** A function that registers, begins or retries: subscribers' own are among them. */
export interface ApiCall extends Place {
  readonly call: string;
}

export interface Scan {
  readonly tree: string;
  readonly release: string;
  readonly paths: readonly string[];
  /** Whether this kernel tells callbacks that they must not block. */
  readonly asksNotToBlock: boolean;
  readonly subscribers: readonly Subscriber[];
  readonly calls: readonly ApiCall[];
  readonly mentions: readonly Mention[];
  readonly read: { readonly files: number; readonly bytes: number; readonly seconds: number };
  readonly notC: readonly string[];
  readonly unread: TreeFiles["unread"];
}

export interface ScanOptions {
  readonly tree: string;
  readonly release: string;
  readonly paths: readonly string[];
  readonly onFile?: (read: number) => void;
}

interface Context {
  readonly files: TreeFiles;
  readonly functions: Functions;
  readonly wrappers: Wrappers;
  readonly asks: boolean;
  /** Callbacks that the header's types have; empty: the header was not found. */
  readonly members: MembersOf;
}

export function scanTree({ tree, release, paths, onFile }: ScanOptions): Scan {
  const began = Date.now();
  // All of it: what a subscriber's fault path calls may be anywhere.
  const files = treeFiles(tree, onFile);
  const wanted = (file: string): boolean => paths.length === 0 || paths.some((path) => path === "." || `${file}/`.startsWith(`${path}/`));
  const header = files.candidates.find((f) => f.path === HEADER) ?? files.inFolder(posix.dirname(HEADER)).find((f) => f.path === HEADER);
  const context: Context = {
    files,
    functions: functionsOf(files),
    wrappers: wrappersOf(files),
    asks: header !== undefined && /\bblockable\b|\bmmu_notifier_range_blockable\b/.test(header.text),
    members: header === undefined ? new Map() : membersIn(header),
  };
  const asked = files.candidates.filter((file) => wanted(file.path));
  const mentions = asked.map((file) => [file, mentionsIn(file)] as const);
  const objects = mentions.flatMap(([file, those]) => objectsIn(file, those, context.members));
  return {
    tree,
    release,
    paths,
    asksNotToBlock: context.asks,
    subscribers: objects.map((object) => subscriberOf(object, context)),
    calls: asked.flatMap(apiCalls),
    mentions: mentions.flatMap(([, those]) => those),
    read: { files: files.read, bytes: files.bytes, seconds: (Date.now() - began) / 1000 },
    notC: files.notC.filter(wanted),
    unread: files.unread,
  };
}

const placeOf = ({ file, fn }: Placed): Place => ({ file: file.path, line: fn.line, function: fn.name });

function subscriberOf(object: OpsObject, context: Context): Subscriber {
  const { file, kind } = object;
  const known = context.members.get(kind) ?? [];
  const isCallback = ({ member, isName, value }: OpsMember): boolean => isName && member !== "flags" && value !== "NULL" && value !== "0";
  const read = object.members.filter(isCallback).map((member) => callbackOf(member, file, context));
  const factsFor = (those: ReadonlySet<string>): CallbackFacts[] => read.filter((r) => those.has(r.callback.member)).map((r) => r.facts);
  const own = new Set(read.flatMap((r) => r.reach.functions.map((f) => f.fn)));
  const uses = usesOf(object, context.files);
  const invalidates = read.some((r) => START.has(r.callback.member));
  const protocol = invalidates ? protocolOf(file, context.files, context.wrappers, factsFor(START), factsFor(END), own) : undefined;
  const callbacks = read.map((r) => r.callback);
  return {
    ops: object.name,
    kind,
    file: file.path,
    line: object.line,
    how: object.how,
    conditions: object.conditions,
    callbacks,
    others: object.members.filter((m) => !isCallback(m)).map(({ member, value }) => ({ member, value })),
    uses,
    protocol,
    cannotTell: [
      ...object.cannotTell.map(ofObject),
      ...object.members
        .filter((m) => known.length > 0 && !known.includes(m.member))
        .map((m) => ofObject(`what ${m.member} is: it is no member in ${HEADER}`)),
      ...(object.conditions.length === 0 ? [] : [ofObject(`whether it is compiled: it stands under ${object.conditions.join(", ")}`)]),
      ...(uses.length === 0 ? [ofObject("where it is registered: its name is used nowhere in what was read")] : []),
      ...read.flatMap((r) => unknownOf(r.callback, r.reach.cut)),
    ],
  };
}

const ofObject = (text: string): Unknown => ({ kind: "object", about: "", number: 1, text });

function unknownOf({ member, function: name, places, pointers, notFollowed, blocking, sleeps }: Callback, cut: boolean): Unknown[] {
  const unknown = (kind: Unknown["kind"], number: number, text: string): Unknown => ({ kind, about: member, number, text });
  if (places.length === 0) return [unknown("function", 0, `what ${name} does: neither the file nor its folder defines it`)];
  const through = [...new Set(pointers.map((p) => `${p.name} (${p.file}:${p.line})`))];
  const outside = `what these do that ${name} reaches, of other folders: ${notFollowed.join(", ")}`;
  return [
    ...(places.length > 1 ? [unknown("function", places.length, `which ${name} is compiled: there are ${places.length}`)] : []),
    ...(through.length > 0 ? [unknown("pointers", through.length, `what ${name} calls through pointers: ${through.join(", ")}`)] : []),
    ...(notFollowed.length > 0 ? [unknown("outside", notFollowed.length, outside)] : []),
    ...(blocking === "looked-at" && sleeps.length > 0
      ? [unknown("path", sleeps.length, `whether ${name} leaves out what may sleep when it must not block`)]
      : []),
    ...(cut ? [unknown("outside", 0, `all that ${name} reaches: it is more functions than are followed`)] : []),
  ];
}

function callbackOf(member: OpsMember, file: SourceFile, context: Context) {
  const start = context.functions.named(member.value, file).filter((one) => !one.fn.isMacro);
  const reach = reachOf(start, context.functions, isKnownCall);
  const facts = factsOf(reach);
  const asked = context.asks && MAY_BE_TOLD.has(member.member);
  const slept = facts.sleeps.some((s) => s.certain);
  const ignored: Blocking = slept ? "ignored-may-sleep" : "ignored";
  const blocking: Blocking = !asked ? "not-asked" : start.length === 0 ? "unknown" : facts.blockable.length > 0 ? "looked-at" : ignored;
  const callback: Callback = {
    member: member.member,
    function: member.value,
    how: member.how,
    places: start.map(placeOf),
    blocking,
    blockable: facts.blockable,
    locks: facts.locks,
    sleeps: facts.sleeps,
    reaches: reach.functions.length,
    notFollowed: reach.notFollowed,
    pointers: reach.pointers,
  };
  return { callback, reach, facts };
}

/** Where the object's name is used: in its own file if it is static, else in its folder and among those that name notifiers. */
function usesOf({ name, file, isStatic }: OpsObject, tree: TreeFiles): Use[] {
  const files = isStatic ? [file] : [...new Set([file, ...tree.inFolder(posix.dirname(file.path)), ...tree.candidates])];
  return files.filter((one) => one.text.includes(name)).flatMap((one) => usesIn(one, name));
}

function usesIn(file: SourceFile, name: string): Use[] {
  const { tokens, partners } = file;
  const uses: Use[] = [];
  tokens.forEach((token, i) => {
    if (token.text !== name || token.kind !== "identifier") return;
    const fn = functionAt(file, i);
    if (fn === undefined || tokens[i + 1]?.text === ".") return;
    const at = { file: file.path, line: token.line, function: fn.name };
    const calls = callsIn(file, fn.from, fn.to).filter((call) => call.at < i && i < call.close);
    const call = calls.findLast((one) => argumentsOf(file, one).some(([from, to]) => from <= i && i < to));
    const before = tokens[i - 1]?.text === "&" ? i - 2 : i - 1;
    if (tokens[before]?.text === "=") {
      let begin = before;
      while (begin > fn.from && !/^[;{}(]$/.test(tokens[begin - 1]!.text))
        begin = partners[begin - 1]! >= 0 && partners[begin - 1]! < begin ? partners[begin - 1]! : begin - 1;
      uses.push({ ...at, how: `assigned to ${textOfRange(file.text, tokens, begin, before)}` });
    } else if (tokens[before]?.text === "==" || tokens[before]?.text === "!=") uses.push({ ...at, how: "compared" });
    else uses.push({ ...at, how: call === undefined ? "mentioned" : `argument of ${call.name}` });
  });
  return uses;
}

function apiCalls(file: SourceFile): ApiCall[] {
  return file.functions.flatMap((fn) =>
    callsIn(fn.code, fn.from, fn.to)
      .filter(({ name, member }) => !member && (REGISTER.test(name) || name === READ_BEGIN || READ_RETRY.test(name)))
      .map(({ name, line }) => ({ file: file.path, line, function: fn.name, call: name })),
  );
}
