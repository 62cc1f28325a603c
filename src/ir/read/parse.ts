/**
 * Reads a module of textual LLVM IR (opaque pointers: LLVM 15 and newer) as clang writes it for C.
 *
 * The text is read once, front to back, with one look ahead: attribute groups stand at its end and
 * are wanted in calls. Metadata is read as it is asked for, and so are bodies, if the caller wants it
 * so. What cannot be read at all is an `InputFault` SD201 with the line; what can be read but not run
 * is kept as "unsupported".
 */

import {
  alignment,
  createScanner,
  eat,
  eatWord,
  expect,
  fail,
  isWord,
  nameAfterSigil,
  number,
  skip,
  skipBalanced,
  skipBlanks,
  skipLine,
  skipString,
  string,
  word,
} from "./lexer.ts";
import type { Bodies, IrAlias, IrFunction, IrGlobal, IrType, IrValue, Linkage, MetaNode, Module } from "./module.ts";
import { withoutOverflow } from "./nesting.ts";
import { linkageOf, parseAttributeGroup, parseFunction } from "./parse-function.ts";
import { parseAttachment, parseNode } from "./parse-metadata.ts";
import { type Context, parseAddressSpace, parseType } from "./parse-types.ts";
import { parseValue } from "./parse-values.ts";

/** What is collected while the top-level entities are read. */
interface Parts {
  readonly structs: Map<string, IrType>;
  readonly globals: IrGlobal[];
  readonly functions: IrFunction[];
  readonly aliases: IrAlias[];
  readonly namedMetadata: Map<string, readonly number[]>;
  readonly moduleAsm: string[];
  /** Where the text of each numbered metadata node begins. */
  readonly places: Map<number, number>;
  dataLayout: string;
  triple: string;
}

/**
 * Numbered nodes are most of a module's text, and few of them are asked for: each is read when it
 * first is.
 */
function lazyNodes(s: Context, places: ReadonlyMap<number, number>): Module["metadata"] {
  return {
    get: (id) => {
      const known = s.metadata.get(id);
      const place = places.get(id);
      if (known !== undefined || place === undefined) return known;
      const before = s.pos;
      s.pos = place;
      const node = parseNode(s);
      s.pos = before;
      s.metadata.set(id, node);
      return node;
    },
  };
}

/** Reads one module. `source` is the path that diagnostics name. Throws `InputFault` (SD201). */
export function parseModule(text: string, source: string, bodies: Bodies = "at once"): Module {
  return withoutOverflow(source, () => parse(text, source, bodies));
}

function parse(text: string, source: string, bodies: Bodies): Module {
  const attributeGroups = new Map<number, readonly string[]>();
  const metadata = new Map<number, MetaNode>();
  const s: Context = {
    ...createScanner(text, source),
    exotic: false,
    droppedExpression: false,
    metadata,
    inlineNodes: 0,
    attributeGroups,
    bodies,
  };
  const places = new Map<number, number>();
  for (let at = text.indexOf("\nattributes #"); at !== -1; at = text.indexOf("\nattributes #", s.pos)) {
    s.pos = at + "\nattributes #".length;
    const id = number(s);
    expect(s, 61);
    attributeGroups.set(id, parseAttributeGroup(s));
  }
  s.pos = 0;
  const parts: Parts = {
    structs: new Map(),
    globals: [],
    functions: [],
    aliases: [],
    namedMetadata: new Map(),
    moduleAsm: [],
    places,
    dataLayout: "",
    triple: "",
  };
  while (!Number.isNaN(skip(s))) parseTopLevel(s, parts);
  const { dataLayout, triple, places: _, ...rest } = parts;
  return {
    source,
    ...(dataLayout === "" ? {} : { dataLayout }),
    ...(triple === "" ? {} : { triple }),
    ...rest,
    metadata: lazyNodes(s, places),
  };
}

function parseTopLevel(s: Context, parts: Parts): void {
  const start = s.pos;
  switch (s.text.charCodeAt(start)) {
    case 33: // !7 = … or !name = …
      parseMetadata(s, parts);
      return;
    case 64: // @name = …
      parseGlobal(s, parts);
      return;
    case 37: {
      // %name = type …
      const name = nameAfterSigil(s);
      expect(s, 61);
      if (!eatWord(s, "type")) fail(s, "expected 'type'");
      parts.structs.set(name, parseType(s));
      return;
    }
    case 36: // $name = comdat any
    case 94: // ^0 = … (summaries)
      skipLine(s);
      return;
    default:
      break;
  }
  const keyword = word(s);
  switch (keyword) {
    case "define":
      parts.functions.push(parseFunction(s, true));
      return;
    case "declare":
      parts.functions.push(parseFunction(s, false));
      return;
    case "target": {
      const what = word(s);
      expect(s, 61);
      const value = string(s);
      if (what === "datalayout") parts.dataLayout = value;
      else if (what === "triple") {
        // Sizes and alignments are those of this one.
        if (!value.startsWith("x86_64-")) fail(s, `made for ${value}: only x86_64 is modelled`, start);
        parts.triple = value;
      } else fail(s, `'target ${what}' is unknown`, start);
      return;
    }
    case "source_filename":
      expect(s, 61);
      string(s);
      return;
    case "module":
      if (!eatWord(s, "asm")) fail(s, "expected 'asm'");
      parts.moduleAsm.push(string(s));
      return;
    case "attributes":
      // Read ahead already.
      skip(s);
      s.pos++;
      number(s);
      expect(s, 61);
      skip(s);
      skipBalanced(s);
      return;
    case "uselistorder":
    case "uselistorder_bb":
      skipLine(s);
      return;
    default:
      fail(s, keyword === "" ? "expected a top-level entity" : `'${keyword}' is not a top-level entity`, start);
  }
}

function parseMetadata(s: Context, parts: Parts): void {
  const next = s.text.charCodeAt(s.pos + 1);
  if (next >= 48 && next <= 57) {
    s.pos++;
    const id = number(s);
    expect(s, 61);
    parts.places.set(id, s.pos);
    skipLine(s);
    return;
  }
  const name = nameAfterSigil(s);
  expect(s, 61);
  const node = parseNode(s);
  parts.namedMetadata.set(
    name,
    node.items.flatMap((item) => (item.kind === "ref" ? [item.id] : [])),
  );
}

/** Reads a variable, alias or ifunc; `pos` is at the `@`. */
function parseGlobal(s: Context, parts: Parts): void {
  const start = s.pos;
  const name = nameAfterSigil(s);
  expect(s, 61);
  let linkage: Linkage | undefined;
  let threadLocal = false;
  for (;;) {
    const at = skip(s);
    if (!isWord(at)) fail(s, "expected 'global', 'constant' or 'alias'");
    const keyword = word(s);
    switch (keyword) {
      case "global":
      case "constant":
        parts.globals.push(parseVariable(s, name, linkage, keyword === "constant", threadLocal));
        return;
      case "alias":
      case "ifunc": {
        const type = parseType(s);
        expect(s, 44);
        parts.aliases.push({ name, linkage: linkage ?? "external", target: parseInitializer(s, parseType(s), start) });
        parseGlobalTail(s);
        if (keyword === "ifunc" && type.kind === "void") fail(s, "an ifunc has a type", start);
        return;
      }
      case "thread_local":
        threadLocal = true;
        if (skip(s) === 40) skipBalanced(s);
        break;
      case "addrspace":
        parseAddressSpace(s);
        break;
      default:
        linkage = linkageOf(keyword) ?? linkage;
    }
  }
}

function parseVariable(s: Context, name: string, linkage: Linkage | undefined, constant: boolean, threadLocal: boolean): IrGlobal {
  const start = s.pos;
  const type = parseType(s);
  // Only a declaration says `external`; a definition of that linkage says nothing.
  const isDeclaration = linkage === "external" || linkage === "extern_weak";
  const initializer = isDeclaration ? undefined : parseInitializer(s, type, start);
  const { align, section, dbg } = parseGlobalTail(s);
  const global = { name, linkage: linkage ?? "external", constant, type, initializer, align, threadLocal, dbg };
  return section === undefined ? global : { ...global, section };
}

function parseInitializer(s: Context, type: IrType, start: number): IrValue {
  s.droppedExpression = false;
  const value = parseValue(s, type);
  if (s.droppedExpression) fail(s, "a constant expression of a kind that shootdown does not know", start);
  return value;
}

/**
 * Reads `, section "x", align 8, !dbg !7` and attributes up to the end of the line. `align` is 0 if
 * absent.
 */
function parseGlobalTail(s: Context): { readonly align: number; readonly section: string | undefined; readonly dbg: readonly number[] } {
  let align = 0;
  let section: string | undefined;
  const dbg: number[] = [];
  for (;;) {
    const code = skipBlanks(s);
    if (code === 10) return { align, section, dbg };
    if (code === 33) {
      const id = parseAttachment(s);
      if (id !== undefined) dbg.push(id);
    } else if (code === 44) s.pos++;
    else if (code === 35) {
      s.pos++;
      number(s);
    } else if (code === 34) {
      skipString(s);
      if (eat(s, 61)) string(s);
    } else if (isWord(code)) {
      const keyword = word(s);
      if (keyword === "align") align = alignment(s);
      else if (keyword === "section") section = string(s);
      else if (keyword === "partition" || keyword === "code_model") string(s);
      else if (skipBlanks(s) === 40) skipBalanced(s);
    } else fail(s, "expected the end of the line");
  }
}
