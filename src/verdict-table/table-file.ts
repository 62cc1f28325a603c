/**
 * Finds and reads a `matrix.json`: what `shootdown report NAME` is to check. docs/reports.md
 * describes the format.
 *
 * All knowledge of a particular report is in that file. Whatever it names (rows, designs, files)
 * must exist in it or beside it: a report with a condition on a row that was renamed would claim
 * things that nothing supports.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { packageRoot } from "../host/paths.ts";
import { selects } from "./answer.ts";
import { defines, entries, field, list, oneOf, only, positive, record, text, texts, type Value, wrong } from "./json-values.ts";
import type {
  Alternative,
  Binding,
  Claim,
  Code,
  Condition,
  Design,
  Group,
  RealCaseOf,
  Selector,
  TableCell,
  TableColumn,
  TableRow,
  VerdictTable,
} from "./verdict-table.ts";
import { ordinaryRows } from "./verdict-table.ts";

const FILE = "matrix.json";
/**
 * What is said of the cells may stand in a file of its own: its keys are as if they stood in
 * matrix.json.
 */
const ANSWER = "answer.json";
const corpusDir = join(packageRoot, "corpus");

/** The names of those that come with shootdown, and their files. */
export function knownTables(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of existsSync(corpusDir) ? readdirSync(corpusDir).sort() : []) {
    const file = join(corpusDir, folder, FILE);
    if (existsSync(file)) found.set(nameIn(file, folder), file);
  }
  return found;
}

/**
 * F01-4.4-invalidate is 4.4-invalidate unless the file says otherwise. One that cannot be read
 * keeps that name until it is asked for.
 */
function nameIn(file: string, folder: string): string {
  const short = folder.replace(/^[A-Z]\d+-/, "");
  try {
    const parsed = JSON.parse(readFileSync(file, "utf8")) as unknown;
    if (typeof parsed === "object" && parsed !== null && "name" in parsed && typeof parsed.name === "string") return parsed.name;
  } catch {}
  return short;
}

/** `name` is that of a report, of a matrix.json, or of a folder with one. */
export function findTable(name: string, cwd: string): VerdictTable {
  const known = knownTables();
  const path = resolve(cwd, name);
  const file = known.get(name) ?? (existsSync(join(path, FILE)) ? join(path, FILE) : path);
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw fault({
      code: "SD404",
      message: `there is no report ${name}`,
      help: known.size === 0 ? "name a matrix.json" : `there are ${[...known.keys()].join(", ")}; or name a matrix.json`,
    });
  }
  const dir = dirname(resolve(file));
  const top = read(file);
  const beside = join(dir, ANSWER);
  return tableOf(existsSync(beside) ? joined(top, read(beside)) : top, dir);
}

function read(file: string): Value {
  const shown = relative(process.cwd(), file);
  try {
    return { file: shown, path: "", value: JSON.parse(readFileSync(file, "utf8")) as unknown };
  } catch (error) {
    throw wrong({ file: shown, path: "", value: undefined }, `this is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Rows, designs and groups of answer.json add to those of the same id; other keys stand in one of
 * the two files.
 */
function joined(top: Value, answer: Value): Value {
  const merged: Record<string, unknown> = { ...record(top) };
  for (const [key, more] of Object.entries(record(answer))) {
    const at = field(answer, key);
    if (!(key in merged) || key === "comment") merged[key] = more;
    else if (["rows", "designs", "groups"].includes(key)) merged[key] = addedTo(list(field(top, key)), list(at));
    else throw wrong(at, `this already stands in ${basename(top.file)}`);
  }
  return { ...top, value: merged };
}

function addedTo(entries: readonly Value[], more: readonly Value[]): unknown[] {
  const idOf = (value: Value): string => text(field(value, "id"));
  for (const add of more) if (!entries.some((e) => idOf(e) === idOf(add))) throw wrong(add, `there is no ${idOf(add)} to add to`);
  return entries.map(
    (entry) => Object.assign({}, record(entry), ...more.filter((add) => idOf(add) === idOf(entry)).map(record)) as unknown,
  );
}

const TOP = ["name", "title", "question", "scope", "kernel", "file", "files", "defines", "rowName", "rows", "columns", "designs", "groups"];
const REST = ["codes", "bounds", "seed", "cells", "values", "answer", "comment"];

function tableOf(top: Value, dir: string): VerdictTable {
  only(top, [...TOP, ...REST]);
  const rowValues = list(field(top, "rows"));
  const columnValues = list(field(top, "columns"));
  const rows = rowValues.map(rowOf);
  const columns = columnValues.map(columnOf);
  if (rows.length === 0 || columns.length === 0) throw wrong(top, "there must be rows and columns");
  for (const row of rows)
    if (!rows.some((r) => r.id === row.of)) throw wrong(top, `row ${row.id} is of a row ${row.of} that does not exist`);
  const rowName = text(field(top, "rowName"), "user");
  const groups = groupsOf(field(top, "groups"), columns, rows, rowName);
  const designs = designsOf(field(top, "designs"), columns, ordinaryRows({ rows, groups, rowName }));
  const codes = list(field(top, "codes")).map(codeOf);
  const names: KnownIds = { row: ids(rows), column: ids(columns), design: ids(designs), group: ids(groups) };
  for (const each of [rows, columns, designs, groups]) unique(top, each);
  for (const c of columns) if (!names.group.has(c.group)) throw wrong(top, `column ${c.id} is of a group ${c.group} that is not listed`);
  const inPackage = !relative(packageRoot, dir).startsWith("..");
  const cwd = inPackage ? packageRoot : dir;
  const bounds = field(top, "bounds");
  if (bounds.value !== undefined) only(bounds, ["preemptions", "maxStates", "timeout"]);
  const bound = (name: string): number | undefined => (bounds.value === undefined ? undefined : positive(field(bounds, name)));
  return {
    name: text(field(top, "name"), basename(dir).replace(/^[A-Z]\d+-/, "")),
    title: text(field(top, "title")),
    question: text(field(top, "question"), ""),
    scope: list(field(top, "scope")).map((each) => text(each)),
    kernel: field(top, "kernel").value === undefined ? undefined : text(field(top, "kernel")),
    rowName,
    dir,
    cwd,
    rows,
    columns,
    designs,
    groups,
    codes,
    bounds: { preemptions: bound("preemptions"), maxStates: bound("maxStates"), timeout: bound("timeout") },
    cells: cellsOf(top, rowValues, columnValues, groups, { dir, cwd, names }),
    values: Object.fromEntries(entries(field(top, "values")).map(([name, value]) => [name, bindingOf(value, names)])),
    answer: list(field(top, "answer")).map((value) => claimOf(value, names)),
  };
}

interface KnownIds {
  readonly row: ReadonlySet<string>;
  readonly column: ReadonlySet<string>;
  readonly design: ReadonlySet<string>;
  readonly group: ReadonlySet<string>;
}

const ids = (of: readonly { readonly id: string }[]): Set<string> => new Set(of.map((each) => each.id));

function unique(at: Value, of: readonly { readonly id: string }[]): void {
  const twice = of.find((each, i) => of.findIndex((other) => other.id === each.id) !== i);
  if (twice !== undefined) throw wrong(at, `there are two with the id ${twice.id}`);
}

/** What rows and columns add to their cells. */
const OF_CELLS = ["defines", "seed", "file", "files"];

function rowOf(at: Value): TableRow {
  only(at, ["id", "label", "short", "of", "note", "comment", ...OF_CELLS]);
  const id = text(field(at, "id"));
  const label = text(field(at, "label"), id);
  return { id, label, short: text(field(at, "short"), label), of: text(field(at, "of"), id), note: text(field(at, "note"), "") };
}

function columnOf(at: Value): TableColumn {
  only(at, ["id", "label", "design", "group", "note", "comment", ...OF_CELLS]);
  const id = text(field(at, "id"));
  const label = text(field(at, "label"), id);
  return { id, design: text(field(at, "design"), label), group: text(field(at, "group"), "") };
}

function designsOf(at: Value, columns: readonly TableColumn[], rows: readonly TableRow[]): Design[] {
  const listed = list(at).map((value): Design => {
    only(value, ["id", "label", "short", "title", "note", "changes", "role", "comment"]);
    const id = text(field(value, "id"));
    const changes = field(value, "changes");
    const named = changes.value === "all" ? rows.filter((r) => r.of === r.id).map((r) => r.id) : texts(changes);
    for (const row of named) if (!rows.some((r) => r.id === row)) throw wrong(changes, `there is no row ${row}`);
    const role = oneOf(field(value, "role"), ["before", "shipped", "proposed"], "proposed");
    return {
      id,
      label: text(field(value, "label"), id),
      short: text(field(value, "short"), text(field(value, "label"), id)),
      title: text(field(value, "title"), ""),
      note: text(field(value, "note"), ""),
      // A variant of a user changes with it.
      changes: [...new Set(named.map((row) => rows.find((r) => r.id === row)!.of))],
      role,
    };
  });
  // Without a list, each label of a column is a design of which nothing else is known.
  const others = [...new Set(columns.map((c) => c.design))].filter((id) => !listed.some((d) => d.id === id));
  const stray = listed.length > 0 ? others[0] : undefined;
  if (stray !== undefined) throw wrong(at, `a column has the design ${stray}, which is not listed`);
  return [...listed, ...others.map((id): Design => ({ id, label: id, short: id, title: "", note: "", changes: [], role: "proposed" }))];
}

function groupsOf(at: Value, columns: readonly TableColumn[], rows: readonly TableRow[], rowName: string): Group[] {
  const used = [...new Set(columns.map((c) => c.group))];
  if (at.value === undefined) return used.map((id) => ({ id, label: id, note: "", rowName, rows: rows.map((r) => r.id) }));
  const own = list(at).flatMap((value) => texts(field(value, "rows")));
  const stray = own.find((id) => !rows.some((r) => r.id === id));
  if (stray !== undefined) throw wrong(at, `there is no row ${stray}`);
  const others = rows.map((r) => r.id).filter((id) => !own.includes(id));
  return list(at).map((value) => {
    only(value, ["id", "label", "note", "rowName", "rows", "comment"]);
    const id = text(field(value, "id"));
    const named = texts(field(value, "rows"));
    return {
      id,
      label: text(field(value, "label"), id),
      note: text(field(value, "note"), ""),
      rowName: text(field(value, "rowName"), rowName),
      rows: named.length > 0 ? named : others,
    };
  });
}

function codeOf(at: Value): Code {
  only(at, ["class", "code", "text", "note"]);
  const klass = text(field(at, "class"));
  return {
    klass,
    code: text(field(at, "code")),
    text: text(field(at, "text"), klass.replaceAll("-", " ")),
    note: text(field(at, "note"), ""),
  };
}

interface CellContext {
  readonly dir: string;
  readonly cwd: string;
  readonly names: KnownIds;
}

/** What the top, the row, the column and `cells` say of a cell, later over earlier. */
function cellsOf(
  top: Value,
  rows: readonly Value[],
  columns: readonly Value[],
  groups: readonly Group[],
  context: CellContext,
): TableCell[] {
  const special = list(field(top, "cells")).map((value) => {
    only(value, ["row", "column", "design", "group", "skip", "real", "comment", ...OF_CELLS]);
    const { row, column, design, group, ...rest } = record(value);
    const of = { ...value, value: Object.fromEntries(Object.entries({ row, column, design, group }).filter(([, v]) => v !== undefined)) };
    return { where: selectorOf(of, context.names), value: { ...value, value: rest } };
  });
  return rows.flatMap((rowValue) =>
    columns.flatMap((columnValue) => {
      const row = text(field(rowValue, "id"));
      const column = columnOf(columnValue);
      if (groups.find((g) => g.id === column.group)?.rows.includes(row) === false) return [];
      const own = special.filter((s) => selects(s.where, row, column)).map((s) => s.value);
      return [cellOf(row, column.id, [top, rowValue, columnValue, ...own], context)];
    }),
  );
}

function cellOf(row: string, column: string, layers: readonly Value[], { dir, cwd }: CellContext): TableCell {
  const merged = (name: string): string[] =>
    Object.entries(Object.assign({}, ...layers.map((layer) => defines(field(layer, name)))) as Record<string, string>).map(
      ([macro, value]) => `${macro}=${value}`,
    );
  const filesIn = (layer: Value): string[] => [...texts(field(layer, "file")), ...texts(field(layer, "files"))];
  const files = layers.map(filesIn).findLast((named) => named.length > 0) ?? [];
  const last = layers.at(-1)!;
  if (files.length === 0) throw wrong(last, `no file is named for the cell ${row}, ${column}`);
  for (const file of files) if (!existsSync(join(dir, file))) throw wrong(last, `there is no file ${file}`);
  const own = layers.slice(3);
  return {
    row,
    column,
    files: files.map((file) => relative(cwd, join(dir, file))),
    defines: merged("defines"),
    seed: merged("seed"),
    skip: own.map((layer) => text(field(layer, "skip"), "")).findLast((why) => why !== "") ?? "",
    real: own.flatMap((layer) => list(field(layer, "real")).map(realOf)),
  };
}

function realOf(at: Value): RealCaseOf {
  only(at, ["group", "case"]);
  return { group: text(field(at, "group")), case: text(field(at, "case")) };
}

function selectorOf(at: Value, names: KnownIds): Selector {
  only(at, ["row", "column", "design", "group"]);
  const chosen: Partial<Record<keyof KnownIds, readonly string[]>> = {};
  for (const by of ["row", "column", "design", "group"] as const) {
    const value = field(at, by);
    if (value.value === undefined) continue;
    const named = texts(value);
    for (const id of named) if (!names[by].has(id)) throw wrong(value, `there is no ${by} ${id}`);
    chosen[by] = named;
  }
  return chosen;
}

function bindingOf(at: Value, names: KnownIds): Binding {
  only(at, ["count", "rows", "are", "changes"]);
  const { count, changes } = record(at);
  if (changes !== undefined) {
    const design = text(field(at, "changes"));
    if (!names.design.has(design)) throw wrong(at, `there is no design ${design}`);
    return { kind: "changes", design };
  }
  const kind = count === undefined ? "rows" : "count";
  return { kind, of: selectorOf(field(at, kind), names), are: texts(field(at, "are")) };
}

function claimOf(at: Value, names: KnownIds): Claim {
  only(at, ["about", "say"]);
  return { about: text(field(at, "about")), say: list(field(at, "say")).map((each) => alternativeOf(each, names)) };
}

function alternativeOf(at: Value, names: KnownIds): Alternative {
  only(at, ["if", "text"]);
  return { if: list(field(at, "if")).map((each) => conditionOf(each, names)), text: text(field(at, "text")) };
}

function conditionOf(at: Value, names: KnownIds): Condition {
  only(at, ["all", "some", "no", "are"]);
  const how = (["all", "some", "no"] as const).filter((word) => record(at)[word] !== undefined);
  const [one] = how;
  if (one === undefined || how.length > 1) throw wrong(at, "one of all, some and no is expected");
  const are = texts(field(at, "are"));
  if (are.length === 0) throw wrong(at, 'what the cells are is missing: "are": "ok"');
  return { how: one, of: selectorOf(field(at, one), names), are };
}
