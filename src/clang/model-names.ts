/**
 * What the model kernel has for scenarios: the names that the headers under kernel/include define,
 * and in which versions. Found by reading the headers, whose only conditions are the version and
 * switches that are off.
 *
 * docs/model-kernel.md is this list for people, and a diagnostic about an unknown name looks here
 * first.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelIncludeDir } from "../host/paths.ts";
import { KERNEL_VERSIONS, type KernelVersion, kernelCode } from "./flags.ts";

/** By header ("linux/mm.h"), then by name: the versions that have it, oldest first. */
export type ModelNames = ReadonlyMap<string, ReadonlyMap<string, readonly KernelVersion[]>>;

let known: ModelNames | undefined;

export function modelNames(): ModelNames {
  known ??= readNames();
  return known;
}

export interface Known {
  readonly header: string;
  readonly versions: readonly KernelVersion[];
}

/** Where a name is, in any version. */
export function findModelName(name: string): Known | undefined {
  for (const [header, names] of modelNames()) {
    const versions = names.get(name);
    if (versions !== undefined) return { header, versions };
  }
  return undefined;
}

/** "", "from 5.10 on", "up to 4.14", "4.19 to 5.4". */
export function versionsText(versions: readonly KernelVersion[]): string {
  const ranges: KernelVersion[][] = [];
  for (const version of versions) {
    const last = ranges.at(-1);
    const before = KERNEL_VERSIONS[KERNEL_VERSIONS.indexOf(version) - 1];
    if (last !== undefined && last.at(-1) === before) last.push(version);
    else ranges.push([version]);
  }
  return ranges.map(rangeText).join(" and ");
}

function rangeText(range: readonly KernelVersion[]): string {
  const [first, last] = [range[0], range.at(-1)];
  const oldest = first === KERNEL_VERSIONS[0];
  const newest = last === KERNEL_VERSIONS.at(-1);
  if (oldest && newest) return "";
  if (newest) return `from ${first} on`;
  if (oldest) return `up to ${last}`;
  return first === last ? `${first} only` : `${first} to ${last}`;
}

/**
 * Headers that a scenario includes by name. Those of ours are a part of whichever includes them.
 */
const OFFERED = ["linux", "asm"];

function readNames(): ModelNames {
  const headers = OFFERED.flatMap((dir) => readdirSync(join(kernelIncludeDir, dir)).map((name) => `${dir}/${name}`))
    .filter((name) => name.endsWith(".h"))
    .sort();
  return new Map(
    headers.map((header) => {
      const names = new Map<string, KernelVersion[]>();
      for (const version of KERNEL_VERSIONS) {
        for (const name of namesIn(activeText(header, version))) {
          if (isPrivate(name)) continue;
          names.set(name, [...(names.get(name) ?? []), version]);
        }
      }
      return [header, new Map([...names].sort(([a], [b]) => (a < b ? -1 : 1)))] as const;
    }),
  );
}

const isPrivate = (name: string): boolean => /^(__)?sd_|^(__)?SD_|_H$|^SHOOTDOWN/.test(name);

/**
 * The text of a header that this version compiles, with those of our own that it includes, without
 * comments.
 */
function activeText(header: string, version: KernelVersion): string {
  const text = readFileSync(join(kernelIncludeDir, header), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/\\\r?\n/g, " ");
  const out: string[] = [];
  /** For each open #if: whether a branch of it is taken now, and whether one was. */
  const open: { active: boolean; done: boolean }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const directive = /^\s*#\s*(if|ifdef|ifndef|elif|else|endif|include)\b\s*(.*)$/.exec(line);
    const outer = (): boolean => open.slice(0, -1).every((o) => o.active);
    const top = open.at(-1);
    switch (directive?.[1]) {
      case "if":
      case "ifdef":
      case "ifndef": {
        const holds = directive[1] === "if" ? condition(directive[2] ?? "", version) : directive[1] === "ifndef";
        open.push({ active: holds, done: holds });
        break;
      }
      case "elif":
        if (top !== undefined) {
          top.active = !top.done && condition(directive[2] ?? "", version);
          top.done ||= top.active;
        }
        break;
      case "else":
        if (top !== undefined) top.active = !top.done;
        break;
      case "endif":
        open.pop();
        break;
      case "include": {
        const ours = /<(shootdown\/[\w.]+)>/.exec(directive[2] ?? "")?.[1];
        if (ours !== undefined && outer() && top?.active !== false) out.push(activeText(ours, version));
        break;
      }
      default:
        if (open.every((o) => o.active)) out.push(line);
    }
  }
  return out.join("\n");
}

/** Versions are compared; nothing else is defined. */
function condition(text: string, version: KernelVersion): boolean {
  const plain = text
    .replace(/\bdefined\s*\(?\s*\w+\s*\)?/g, "0")
    .replace(/\bSD_KERNEL\b/g, String(kernelCode(version)))
    .replace(/(\d+)\s*(>=|<=|==|!=|>|<)\s*(\d+)/g, (_all, a: string, op: string, b: string) =>
      String(Number(compare(Number(a), op, Number(b)))),
    );
  return plain.split("||").some((part) => part.split("&&").every((term) => truth(term)));
}

function truth(term: string): boolean {
  const bare = term.replace(/[()\s]/g, "");
  return bare.startsWith("!") ? !truth(bare.slice(1)) : bare !== "0" && bare !== "";
}

function compare(a: number, op: string, b: number): boolean {
  switch (op) {
    case ">=":
      return a >= b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case "<":
      return a < b;
    case "==":
      return a === b;
    default:
      return a !== b;
  }
}

/** Macros, functions, variables, types and enumerators that a text defines or declares. */
export function namesIn(text: string): Set<string> {
  const names = new Set<string>();
  const code: string[] = [];
  const macros = new Map<string, { readonly parameters: readonly string[]; readonly body: string }>();
  for (const line of text.split("\n")) {
    const macro = /^\s*#\s*define\s+(\w+)(?:\(([^)]*)\))?\s*(.*)$/.exec(line);
    if (macro !== null) {
      names.add(macro[1]!);
      if (macro[2] !== undefined) macros.set(macro[1]!, { parameters: macro[2].split(",").map((p) => p.trim()), body: macro[3]! });
    } else if (!/^\s*#/.test(line)) code.push(expanded(line, macros));
  }
  for (const declaration of declarations(code.join("\n"))) for (const name of declared(declaration)) names.add(name);
  return names;
}

/** A line that is nothing but a macro makes functions: what it stands for. */
function expanded(
  line: string,
  macros: ReadonlyMap<string, { readonly parameters: readonly string[]; readonly body: string }>,
  depth = 0,
): string {
  const call = /^\s*(\w+)\(([^;{]*)\)\s*$/.exec(line);
  const macro = macros.get(call?.[1] ?? "");
  if (call === null || macro === undefined || depth > 4) return line;
  const args = call[2]!.split(",").map((a) => a.trim());
  const words = macro.body.replace(/\b\w+\b/g, (word) => {
    const at = macro.parameters.indexOf(word);
    return at < 0 ? word : (args[at] ?? "");
  });
  // One macro may be made of others.
  return words
    .replace(/\s*##\s*/g, "")
    .replace(/\)\s+(?=\w+\()/g, ")\n")
    .split("\n")
    .map((l) => expanded(l, macros, depth + 1))
    .join("\n");
}

interface Declaration {
  /** What stands outside of braces. */
  readonly text: string;
  /** What stands in the first braces. */
  readonly body: string;
}

function declarations(code: string): Declaration[] {
  const found: Declaration[] = [];
  let text = "";
  let body = "";
  let depth = 0;
  for (const c of code) {
    if (c === "}") depth--;
    if (depth > 0) body += c;
    else if (c !== "{" && c !== "}") text += c;
    if (c === "{") depth++;
    const isFunction = /\)\s*$/.test(text) && !/\b(struct|union|enum|typedef)\b[^()]*$/.test(text);
    if (depth === 0 && (c === ";" || (c === "}" && isFunction))) {
      found.push({ text: text.replaceAll(/\s+/g, " ").trim(), body });
      text = "";
      body = "";
    }
  }
  return found;
}

function declared({ text, body }: Declaration): string[] {
  const plain = text.replaceAll(/__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)/g, " ").trim();
  const names: string[] = [];
  // A type that is only mentioned is not defined here.
  const type = /^(?:typedef )?(?:struct|union|enum) (\w+)(?![^()]*\()/.exec(plain)?.[1];
  if (type !== undefined && body !== "") names.push(type);
  if (/^(typedef )?enum\b/.test(plain)) names.push(...[...body.matchAll(/(?:^|,)\s*(\w+)/g)].map((m) => m[1]!));
  if (plain.startsWith("typedef")) {
    const alias = /\(\s*\*?\s*(\w+)\s*\)\s*\(/.exec(plain)?.[1] ?? /(\w+)\s*(?:\[[^\]]*\])?\s*;?$/.exec(plain)?.[1];
    if (alias !== undefined) names.push(alias);
    return names;
  }
  const func = /^[^=(]*?\b(\w+)\s*\(/.exec(plain)?.[1];
  if (func !== undefined) names.push(func);
  else if (/^extern\b/.test(plain) || /=/.test(plain)) {
    const variable = /(\w+)\s*(?:\[[^\]]*\])*\s*(?:=.*)?;?$/.exec(plain)?.[1];
    if (variable !== undefined) names.push(variable);
  }
  return names;
}

/** docs/model-kernel.md: generated, and held equal by a test. */
export function modelKernelPage(): string {
  const parts = [...modelNames()].map(([header, names]) => {
    const groups = new Map<string, string[]>();
    for (const [name, versions] of names) groups.set(versionsText(versions), [...(groups.get(versionsText(versions)) ?? []), name]);
    const always = groups.get("") ?? [];
    groups.delete("");
    const lines = [...groups].map(([range, all]) => `- ${range}: ${code(all)}`);
    return [`## ${header}`, "", ...(always.length > 0 ? [code(always), ""] : []), ...(lines.length > 0 ? [...lines, ""] : [])].join("\n");
  });
  return `${PAGE_HEAD}\n${parts.join("\n")}`;
}

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

const PAGE_HEAD = `# What the model kernel has

These are the names that the headers under \`kernel/include/\` offer to a scenario, by header. Where a
name does not exist in all versions (\`--kernel\`), its versions are given, out of
${KERNEL_VERSIONS.join(", ")}. The model does not have other names:
write a stand-in, paste the original, or check a real tree (\`--tree\`). Names that begin with \`sd_\`
belong to the model itself: see [scenarios.md](scenarios.md#all-functions).

This page is generated from the headers: \`npx vitest run test/clang/model-names.test.ts --update\`.
`;
