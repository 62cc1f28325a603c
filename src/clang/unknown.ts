/**
 * What clang calls undeclared, told apart: the model has it in another version, or in a header that
 * is not included; real trees have it and the model does not; or it is misspelt. Said as notes
 * below clang's own words.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, InputFault } from "../base/diagnostics.ts";
import { similar } from "../base/similar.ts";
import { kernelDir, kernelIncludeDir } from "../host/paths.ts";
import type { KernelVersion } from "./flags.ts";
import { defineName } from "./model.ts";
import { findModelName, modelNames, versionsText } from "./model-names.ts";

/**
 * Rethrows a fault of compiling with what is known of the names in it. `defines`: those that the
 * scenario is checked with.
 */
export function explainUnknown(version: KernelVersion, defines: readonly string[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof InputFault)) throw error;
    throw new InputFault(error.diagnostics.map((d) => (d.code === "SD101" ? withNotes(d, version, defines) : d)));
  };
}

function withNotes(d: Diagnostic, version: KernelVersion, defines: readonly string[]): Diagnostic {
  const said = d.verbatim ?? "";
  const headers = [...said.matchAll(/'([\w/.-]+\.h)' file not found/g)].map((m) => noteOnHeader(m[1]!));
  const notes = [...headers, ...notesOn([...unknownNames(said)], version, defines.map(defineName))];
  if (notes.length === 0) return d;
  return { ...d, notes: [...(d.notes ?? []), ...notes], help: "docs/model-kernel.md lists what the model has, by header and version" };
}

const UNKNOWN: readonly RegExp[] = [
  /use of undeclared identifier '(\w+)'(?!; did you mean)/g,
  /call to undeclared function '(\w+)'(?!; did you mean)/g,
  /unknown type name '(\w+)'(?!; did you mean)/g,
  /incomplete (?:definition of )?type '(?:const )?(?:struct|union|enum) (\w+)/g,
];

export function unknownNames(said: string): Set<string> {
  const named = UNKNOWN.flatMap((pattern) => [...said.matchAll(pattern)].map((m) => m[1]!));
  // A macro that is none looks like a declaration without a type; which word it is stands in the
  // line of source.
  const macros = [...said.matchAll(/type specifier missing[^\n]*\n\s*\d+ \|([^\n]*)/g)].flatMap((m) => [
    ...m[1]!.matchAll(/\b([A-Z][A-Z0-9_]{3,})\s*\(/g),
  ]);
  return new Set([...named, ...macros.map((m) => m[1]!)]);
}

/** A note for each reason, with all the names of which it is true. */
export function notesOn(names: readonly string[], version: KernelVersion, switches: readonly string[] = []): string[] {
  const reasons = new Map<string, string[]>();
  const alone: string[] = [];
  for (const name of names) {
    const { reason, text } = reasonFor(name, version, switches);
    if (reason === undefined) alone.push(...(text === undefined ? [] : [text]));
    else reasons.set(reason, [...(reasons.get(reason) ?? []), text ?? name]);
  }
  return [...[...reasons].map(([reason, all]) => `${reason}: ${all.join(", ")}`), ...alone];
}

const TREES = "not in the model, but in real trees (check with --tree, or write stand-ins)";

function reasonFor(name: string, version: KernelVersion, switches: readonly string[]): { reason?: string; text?: string } {
  const known = findModelName(name);
  if (known !== undefined && !known.versions.includes(version))
    return { reason: `${kernelsText(versionsText(known.versions))}, and this is ${version}`, text: name };
  const from = known?.header ?? ownNames().get(name);
  if (from !== undefined) return { text: `${name}: #include <${from}>` };
  const meantSwitch = similar(name, switches);
  if (meantSwitch !== undefined) return { text: `${name}: did you mean ${meantSwitch}?` };
  const header = treeNames().get(name);
  if (header !== undefined) return { reason: TREES, text: `${name} (${header})` };
  const meant = similar(name, candidates(version));
  if (meant !== undefined) return { text: `${name}: did you mean ${meant}?` };
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) return { text: `${name}: a switch of the scenario's own needs a value: // shootdown: -D${name}=1` };
  return {};
}

/** "from --kernel 5.10 on", "up to --kernel 4.14". */
const kernelsText = (range: string): string => range.replace(/\d+\.\d+/, "--kernel $&");

function noteOnHeader(header: string): string {
  const has = [...treeNames().values()].includes(header);
  const own = modelNames().has(header);
  if (own) return `${header}: the model has it, but not where it was looked for`;
  return has
    ? `${header}: the model has no such header, real trees do: check with --tree, or write stand-ins for what you need of it`
    : `${header}: the model has no such header; leave it out, or give its folder with -I`;
}

function* candidates(version: KernelVersion): Iterable<string> {
  for (const names of modelNames().values()) for (const [name, versions] of names) if (versions.includes(version)) yield name;
  yield* ownNames().keys();
}

/** What scenarios call of ours, and the header that has it. */
function ownNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const header of ["shootdown.h", "shootdown/scenario.h"]) {
    const text = readFileSync(join(kernelIncludeDir, header), "utf8");
    for (const [, name] of text.matchAll(/\b((?:__)?sd_\w+)\(/g)) if (!names.has(name!)) names.set(name!, header);
  }
  return names;
}

let known: ReadonlyMap<string, string> | undefined;

/** Names of a real kernel (6.1), by which header has them; made by bin/tree-names.js. */
export function treeNames(): ReadonlyMap<string, string> {
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  for (const line of readFileSync(join(kernelDir, "tree-names.txt"), "utf8").split("\n")) {
    const [header = "", names = ""] = line.split(": ");
    for (const name of names.split(" ")) found.set(name, header);
  }
  known = found;
  return found;
}
