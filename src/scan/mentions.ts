/**
 * Every place where a text has the name of one of the two types, alone or as a part of another
 * name, and what it is there: no occurrence is left out, comments included.
 */
import { directiveOf } from "../c/brackets.ts";
import { functionAt } from "../c/outline.ts";
import { newlines, tokenCovering } from "../c/tokens.ts";
import { isOpsType } from "./notifier-names.ts";
import type { SourceFile } from "./tree-files.ts";

export type MentionKind =
  | "comment"
  | "string"
  | "directive"
  /** The type's own definition, and its announcement. */
  | "type"
  | "parameter"
  /** A pointer in a structure, or a variable that points to one. */
  | "member"
  | "local"
  /** An object of the type: defined, or announced (extern, or tentatively). */
  | "definition"
  | "declaration"
  | "cast"
  /** A name that contains the type's: usually that of an object. */
  | "name"
  /** None of these: the text does not say. */
  | "other";

export interface Mention {
  readonly file: string;
  readonly line: number;
  readonly kind: MentionKind;
  /** The token that holds it; "" for comments. */
  readonly text: string;
  /** Index of the token; -1 for comments. */
  readonly token: number;
}

const PATTERN = /mmu_(?:interval_)?notifier_ops/g;

export function mentionsIn(file: SourceFile): Mention[] {
  const found: Mention[] = [];
  let line = 1;
  let counted = 0;
  for (const match of file.text.matchAll(PATTERN)) {
    line += newlines(file.text.slice(counted, match.index));
    counted = match.index;
    const token = tokenCovering(file.tokens, match.index);
    const { kind, text } = token === undefined ? ({ kind: "comment", text: "" } as const) : kindOf(file, token);
    found.push({ file: file.path, line, kind, text, token: token ?? -1 });
  }
  return found;
}

function kindOf(file: SourceFile, at: number): Pick<Mention, "kind" | "text"> {
  const token = file.tokens[at]!;
  if (token.kind === "directive") return { kind: "directive", text: `#${directiveOf(token)}` };
  if (token.kind === "string") return { kind: "string", text: "" };
  if (!isOpsType(token.text)) return { kind: "name", text: token.text };
  return { kind: typeUse(file, at), text: token.text };
}

/** What `struct NAME` is here. */
function typeUse(file: SourceFile, at: number): MentionKind {
  const { tokens } = file;
  if (tokens[at - 1]?.text !== "struct") return "other";
  let next = at + 1;
  while (tokens[next]?.text === "const" || tokens[next]?.text === "__read_mostly") next++;
  const after = tokens[next]?.text;
  if (after === "{" || after === ";") return "type";
  if (after === ")") return "cast";
  if (after !== "*" && tokens[next]?.kind !== "identifier") return "other";
  const inside = enclosing(file, at);
  if (inside === "parameters") return tokens[next + 1]?.text === ")" && after === "*" ? "cast" : "parameter";
  if (after === "*") return inside === "body" ? "local" : "member";
  const follows = tokens[next + 1]?.text;
  if (inside === "type") return "member";
  if (follows === "=" || follows === "[") return "definition";
  return "declaration";
}

function enclosing(file: SourceFile, at: number): "parameters" | "body" | "type" | "top" {
  const { tokens, partners, braced } = file;
  for (let i = at - 1; i >= 0; i--) {
    const { text, kind } = tokens[i]!;
    if (kind !== "punctuator") continue;
    if ((text === ")" || text === "}" || text === "]") && partners[i]! >= 0) i = Math.min(i, partners[i]!);
    else if (text === "(") return "parameters";
    else if (text === "{") break;
  }
  if (functionAt(file, at) !== undefined) return "body";
  return braced.some((one) => one.kind === "type" && one.open < at && at < partners[one.open]!) ? "type" : "top";
}
