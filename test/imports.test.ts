/**
 * Holds src/ to docs/architecture.md: every file lies in a room, imports between rooms run one way, none go round in a circle between files,
 * the core runs anywhere, no two files have one name, and no kernel subsystem is named outside the table of x86 instructions
 * and what is about users of one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../src/host/paths.ts";

/** The floors of the house, lowest first. A room may import itself and those of lower floors; rooms of one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["base"],
  ["host", "program", "wasm", "c"],
  ["clang", "ir/read", "machine"],
  ["ir/debug"],
  ["ir/asm"],
  ["ir/link"],
  ["ir/emit"],
  ["ir/x86"],
  ["ir/lower"],
  ["ir/build"],
  ["engine", "interpret", "explore"],
  ["compile", "explain"],
  ["report"],
  ["verify", "picture"],
  ["check", "scan"],
  ["own"],
  ["settings", "harness"],
  ["verdict-table"],
  ["mutate", "site"],
  ["shard"],
  ["cli"],
];
const FLOOR = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)));

/** Rooms that do not know each other whatever their floors: what makes a program and what runs it share the program, engines and searches the contract. */
const STRANGERS: readonly (readonly [RegExp, RegExp])[] = [
  [/^(clang|ir\/\w+)$/, /^(wasm|machine|engine|compile|interpret|explore|explain|report)$/],
  [/^(engine|compile)$/, /^interpret$/],
  [/^(engine|compile|interpret)$/, /^(explore|explain|report)$/],
];

/** From the text of LLVM IR to verdict and story: these rooms run in a browser, too, so they know neither Node nor this machine. */
const CORE = /^(base|wasm|program|machine|ir\/\w+|engine|compile|interpret|explore|explain|report|verify|picture)$/;
const OF_NODE = /\b(?:process|Buffer|NodeJS|setImmediate|clearImmediate|require|__dirname|__filename|import\.meta)\b/;

const INSTRUCTION_TABLE = "ir/x86/instructions.ts";
/** `shootdown scan` and `init` are about one subsystem's users by nature: they list them, and write scenarios around them. */
const ABOUT_A_SUBSYSTEM = /^(?:scan|harness)\//;
const SUBSYSTEMS = /hugetlb|kvm|mmu_?notifier|khugepaged|zswap|userfaultfd/i;
const LONGEST = 400;

const roomOf = (file: string): string => posix.dirname(file);

/** Files that this one imports, types included, relative to src/. */
function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']*)["']/g);
  return [...found].map((match) => posix.normalize(posix.join(posix.dirname(path), match[1] ?? "")));
}

/** What a file of the core has of Node or of `host`. Words in comments and in texts of our own are not meant. */
function ofThisMachine(path: string, text: string): string[] {
  if (!CORE.test(roomOf(path))) return [];
  const code = text
    .replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, (quoted) => (quoted.startsWith('"node:') ? quoted : '""'));
  const imported = importsOf(path, text).filter((target) => roomOf(target) === "host");
  const used = [...code.matchAll(new RegExp(`"node:[^"]*"|${OF_NODE.source}`, "g"))].map((match) => match[0]);
  return [...imported, ...used].map((what) => `${path} uses ${what}: the core runs anywhere`);
}

/** What is wrong with one file of src/: `path` is relative to src/. */
function problems(path: string, text: string): string[] {
  const found: string[] = [];
  const room = roomOf(path);
  const floor = FLOOR.get(room);
  if (floor === undefined) return [`${path}: room ${room} is not in docs/architecture.md`];
  for (const target of importsOf(path, text)) {
    const other = roomOf(target);
    const apart = STRANGERS.some(([a, b]) => (a.test(room) && b.test(other)) || (b.test(room) && a.test(other)));
    if (target.startsWith("..")) found.push(`${path} imports ${target}, outside src/`);
    else if (other === room) continue;
    else if (apart || !((FLOOR.get(other) ?? Number.POSITIVE_INFINITY) < floor))
      found.push(`${path} imports ${target}: ${room} may not know ${other}`);
  }
  const named = path === INSTRUCTION_TABLE || ABOUT_A_SUBSYSTEM.test(path) ? null : SUBSYSTEMS.exec(text);
  if (named !== null) found.push(`${path} names ${named[0]}: kernel knowledge belongs in kernel/ or corpus/`);
  const lines = text.split("\n").length - 1;
  if (lines > LONGEST) found.push(`${path} has ${lines} lines: more than ${LONGEST} are more than one idea`);
  return found;
}

/** Circles among files that import each other, each as the way round: "a.ts -> b.ts -> a.ts". Not all, but one at least if there are any. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) found.push([...way.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    way.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    way.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return found;
}

/** Names that more than one file has. */
function sharedNames(files: readonly string[]): string[] {
  const byName = new Map<string, string[]>();
  for (const file of files) byName.set(basename(file), [...(byName.get(basename(file)) ?? []), file]);
  return [...byName.values()].filter((same) => same.length > 1).map((same) => same.join(", "));
}

describe("src/", () => {
  const src = join(packageRoot, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replaceAll("\\", "/"));
  const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), "utf8")]));

  it("is found", () => expect(files.length).toBeGreaterThan(10));

  it("has rooms that import one way only, short files, and no kernel subsystem", () => {
    expect([...texts].flatMap(([file, text]) => problems(file, text))).toEqual([]);
  });

  it("has a core that knows neither Node nor this machine", () => {
    expect([...texts].flatMap(([file, text]) => ofThisMachine(file, text))).toEqual([]);
    const outside = [...texts].filter(([file]) => CORE.test(roomOf(file))).flatMap(([file, text]) => importsOf(file, text));
    expect(outside.filter((target) => !CORE.test(roomOf(target)))).toEqual([]);
  });

  it("has no circle of imports, of types either", () => {
    expect(circles(new Map([...texts].map(([file, text]) => [file, importsOf(file, text)])))).toEqual([]);
  });

  it("has no two files of one name", () => expect(sharedNames(files)).toEqual([]));

  it("has a README in every room, which architecture.md names", () => {
    const page = readFileSync(join(packageRoot, "docs/architecture.md"), "utf8");
    const rooms = [...FLOOR.keys()];
    expect(rooms.filter((room) => !existsSync(join(src, room, "README.md")))).toEqual([]);
    expect(rooms.filter((room) => !page.includes(`\`src/${room}/\``))).toEqual([]);
  });
});

describe("the rules", () => {
  it.each([
    ["ir/read/x.ts", 'import { a } from "../../explore/search.ts";'],
    ["ir/build/x.ts", 'import type { Machine } from "../../machine/machine.ts";'],
    ["ir/link/x.ts", 'import type { A } from "../lower/a.ts";'],
    ["compile/x.ts", 'import { a } from "../interpret/a.ts";'],
    ["compile/x.ts", 'import { a } from "../ir/read/a.ts";'],
    ["explore/x.ts", 'import { a } from "../engine/a.ts";'],
    ["explain/x.ts", 'import { a } from "../interpret/a.ts";'],
    ["engine/x.ts", 'import type { A } from "../compile/a.ts";'],
    ["base/x.ts", 'export * from "../clang/a.ts";'],
    ["explain/x.ts", 'const a = await import("../cli/a.ts");'],
    ["report/x.ts", 'import "../check/a.ts";'],
    ["cli/x.ts", 'import "../../test/a.ts";'],
    ["elsewhere/x.ts", ""],
    ["x.ts", ""],
    ["ir/x.ts", ""],
    ["explore/x.ts", "// as in mm/hugetlb.c"],
    ["ir/asm/x.ts", "const kvm = 1;"],
    ["base/x.ts", "\n".repeat(401)],
  ])("reject %s with %s", (path, text) => {
    expect(problems(path, text)).toHaveLength(1);
  });

  it.each([
    ["compile/x.ts", 'import type { Machine } from "../machine/machine.ts";'],
    ["interpret/x.ts", 'import type { Schedule } from "../machine/schedule.ts";'],
    ["cli/x.ts", 'import { a } from "../check/a.ts";\nimport b from "node:fs";\nimport c from "commander";'],
    ["check/x.ts", 'import { a } from "../report/a.ts";\nimport { b } from "../ir/build/b.ts";'],
    ["ir/read/x.ts", 'import { a } from "./y.ts";\nimport { b } from "../../base/b.ts";'],
    [INSTRUCTION_TABLE, "// kvm"],
    ["scan/x.ts", "// mmu_notifier"],
  ])("accept %s with %s", (path, text) => {
    expect(problems(path, text)).toEqual([]);
  });

  it.each([
    ["explain/x.ts", 'import { a } from "../host/a.ts";'],
    ["ir/read/x.ts", 'import { join } from "node:path";'],
    ["base/x.ts", 'const a = await import("node:fs");'],
    ["verify/x.ts", "const memory = process.memoryUsage().rss;"],
    ["report/x.ts", "const env: NodeJS.ProcessEnv = {};"],
  ])("reject %s of the core with %s", (path, text) => {
    expect(ofThisMachine(path, text)).toHaveLength(1);
  });

  it.each([
    ["check/x.ts", 'import { join } from "node:path";\nprocess.exit();'],
    ["explain/x.ts", 'import { a } from "../base/a.ts"; // of a process\nconst text = "the process ended";'],
  ])("accept %s with %s, whatever runs it", (path, text) => {
    expect(ofThisMachine(path, text)).toEqual([]);
  });

  it("see circles of any length, and none where ways only meet", () => {
    const imports = (edges: Record<string, readonly string[]>): Map<string, readonly string[]> => new Map(Object.entries(edges));
    expect(circles(imports({ a: ["b"], b: ["a"] }))).toEqual(["a -> b -> a"]);
    expect(circles(imports({ a: ["b"], b: ["c", "d"], c: ["d"], d: ["b"] }))).toEqual(["b -> c -> d -> b"]);
    expect(circles(imports({ a: ["a"] }))).toEqual(["a -> a"]);
    expect(circles(imports({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }))).toEqual([]);
  });

  it("see two files of one name", () => {
    expect(sharedNames(["a/x.ts", "b/x.ts", "b/y.ts"])).toEqual(["a/x.ts, b/x.ts"]);
  });
});
