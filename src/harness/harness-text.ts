/**
 * The text of a harness: a scenario around a file of the tree, with objects set up, the callbacks
 * registered, a thread that faults and accesses, and one that takes the page away.
 *
 * It compiles as it is. At most ten lines are marked FILL, each with what to put there.
 */

import type { DebugType } from "../program/program.ts";
import type { DriverFacts, DriverOps, FaultPath } from "./driver-facts.ts";
import { type Graph, type HarnessObject, memberType, variableOf } from "./object-graph.ts";
import type { Prototype } from "./prototypes.ts";

/** Operations, and the object that holds their notifier; undefined: the text does not say which. */
export interface Placed {
  readonly ops: DriverOps;
  readonly container: { readonly type: string; readonly member: string } | undefined;
}

/** A variable that nobody defines who is linked. */
export interface MissingVariable {
  readonly name: string;
  readonly perCpu: boolean;
}

export interface HarnessParts {
  /** How the reader calls the tree, the harness and the driver's file. */
  readonly command: string;
  /** Options of the kernel's that the file needs. */
  readonly config: readonly string[];
  readonly facts: DriverFacts;
  readonly placed: readonly Placed[];
  readonly graph: Graph;
  readonly variables: readonly MissingVariable[];
  /** Functions that callbacks reach, and that nobody defines who is linked. */
  readonly standIns: readonly Prototype[];
}

const MOST_MARKS = 10;
/** Of members that are listed in one line. */
const MOST_NAMES = 12;
const WIDTH = 140;

/** The first container that is one: a member of the notifier's type. */
export function placedOps(ops: DriverOps, types: readonly DebugType[]): Placed {
  const type = ops.kind === "interval" ? "mmu_interval_notifier" : "mmu_notifier";
  const container = ops.containers.find((one) => memberType(types, one.type, one.member)?.name === type);
  return { ops, container };
}

export function harnessText(parts: HarnessParts): string {
  const { facts, placed, graph, command } = parts;
  const marks: string[] = [];
  const mark = (text: string): string => {
    marks.push(text);
    return `/* FILL ${marks.length}: ${text} */`;
  };
  const names = placed.map(({ ops }) => ops.name).join(", ");
  const registered = placed.filter(({ container }) => container !== undefined);
  const objects = graph.objects.map((object) => objectLines(object, registered));
  // Marks are numbered in the order of the text.
  const variables = variableLines(parts.variables, mark);
  const standIns = standInLines(parts.standIns, mark);
  const own = facts.ops.length === 0 ? callbackLines(mark) : [];
  const fault = faultLines(facts, graph, mark);
  const set = setUpLines(parts, registered, mark);
  return `${[
    "/*",
    ` * ${facts.file.path}, beside the tree's own mm: ${names === "" ? "its notifier" : names}. Written by \`shootdown init\`:`,
    ` *     ${command}`,
    " * -DTAKE: what a CPU does with the page at va meanwhile. Lines marked FILL say what the driver's text does not tell;",
    " * as long as there are some, a verdict is about less than the driver. Whoever has filled one in deletes its mark.",
    " */",
    `// shootdown: -DTAKE=UNMAP${parts.config.map((option) => ` --config ${option.replace(/^CONFIG_|=y$/g, "")}`).join("")}`,
    "#include <shootdown/scenario.h>",
    "#include SD_DRIVER",
    "",
    "enum { UNMAP, DROP, MIGRATE, PROTECT, EXIT };",
    "",
    "static struct mm_struct *the_mm;",
    "static unsigned long va;\t/* of one page of the process */",
    ...objects.flat(),
    ...variables,
    ...standIns,
    ...own,
    "",
    ...fault,
    "",
    ...takeLines(),
    "",
    "void scenario(void)",
    "{",
    '\tthe_mm = sd_mm("A");',
    "\tva = sd_mmap(the_mm, NULL, 1);",
    "\tsd_populate(the_mm, va);",
    ...set.map((line) => `\t${line}`),
    ...(graph.hasWork ? ["\tsd_kworker(2);"] : []),
    "\tif (TAKE == EXIT)",
    "\t\tmmget(the_mm);\t/* for each thread */",
    '\tsd_cpu_run(0, the_mm, "device", device, NULL);',
    '\tsd_cpu_run(1, the_mm, "take", take, NULL);',
    "}",
  ].join("\n")}\n`;
}

function variableLines(variables: readonly MissingVariable[], mark: (text: string) => string): string[] {
  if (variables.length === 0) return [];
  const said = mark("nobody who is linked defines these: what they hold when the driver runs, zero so far");
  return [
    "",
    ...wrapped(said, ""),
    ...variables.map(({ name, perCpu }) => (perCpu ? `DEFINE_PER_CPU(typeof(${name}), ${name});` : `typeof(${name}) ${name};`)),
  ];
}

function standInLines(functions: readonly Prototype[], mark: (text: string) => string): string[] {
  if (functions.length === 0) return [];
  const said = mark("callbacks reach these, which files that are not linked define: what they do to the device, nothing so far");
  return ["", ...wrapped(said, ""), ...functions.map(({ text, returns }) => `${text} { ${returns ? "return 0; " : ""}}`)];
}

/** Operations of the harness's own, for a file that leaves them to others. */
export const OWN_OPS: DriverOps = {
  name: "the_ops",
  kind: "interval",
  line: 0,
  callbacks: [{ member: "invalidate", function: "invalidate" }],
  containers: [],
};

function callbackLines(mark: (text: string) => string): string[] {
  return [
    "",
    "static bool invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long seq)",
    "{",
    ...wrapped(
      mark("the file leaves this to its callers: take their lock, and let the device drop what it has from range->start to range->end"),
      "\t",
    ),
    "\tmmu_interval_set_seq(mni, seq);",
    "\treturn true;",
    "}",
    "",
    "static const struct mmu_interval_notifier_ops the_ops = { .invalidate = invalidate };",
  ];
}

const made = ({ ops }: Placed): boolean => ops.callbacks.some(({ member }) => member === "alloc_notifier");

function objectLines({ type, variable }: HarnessObject, placed: readonly Placed[]): string[] {
  const own = placed.filter(({ container }) => container?.type === type);
  const isMade = own.some(made);
  return [
    `static struct ${type} ${isMade ? "*" : ""}${variable};${own.length > 0 ? `\t/* has a notifier of ${own.map(({ ops }) => ops.name).join(", ")} */` : ""}`,
  ];
}

function faultLines(facts: DriverFacts, graph: Graph, mark: (text: string) => string): string[] {
  const known = new Set(graph.objects.map(({ type }) => type));
  const best = facts.faults.map((one) => callOf(one, known)).sort((a, b) => a.unknown - b.unknown || a.path.depth - b.path.depth)[0];
  const how =
    best === undefined
      ? "call what the driver does when its device faults at va, or when the process asks it to take the page"
      : `call the path of a fault at va, such as ${best.text} (line ${best.path.line}: by ${best.path.by}())`;
  return [
    "/* In the context of the process: the device, or an ioctl for it, wants the page at va. */",
    "static void fault(void)",
    "{",
    ...wrapped(mark(how), "\t"),
    "}",
    "",
    "/* What the device reaches at va at this moment: the hardware's own look, with no lock. */",
    "static struct page *reached(void)",
    "{",
    ...wrapped(mark("the page that the driver's table, or the hardware's, has for va; NULL if there is none"), "\t"),
    "\treturn NULL;",
    "}",
    "",
    "static void access(void)",
    "{",
    "\tstruct page *page;",
    "",
    "\t__sd_atomic_begin(SD_STEP, NULL);",
    "\tpage = reached();",
    "\tif (page)",
    '\t\tsd_entry_write("the device", page, the_mm, va);',
    "\t__sd_atomic_end();",
    "}",
  ];
}

interface Called {
  readonly path: FaultPath;
  readonly text: string;
  /** Pointers that nothing is known for. */
  readonly unknown: number;
}

/** A call with what the harness has: `fault(&the_driver, va, va + PAGE_SIZE)`. */
function callOf(path: FaultPath, known: ReadonlySet<string>): Called {
  let unknown = 0;
  const args = path.parameters.map(({ name, points, isPointer }) => {
    if (points === "mm_struct") return "the_mm";
    if (points !== undefined && known.has(points)) return `&${variableOf(points)}`;
    if (isPointer) {
      unknown++;
      return name;
    }
    if (/end|last/.test(name)) return "va + PAGE_SIZE";
    if (/start|addr|va$|^v?addr/.test(name)) return "va";
    if (/size|len/.test(name)) return "PAGE_SIZE";
    if (/nr|npages|count/.test(name)) return "1";
    return /write/.test(name) ? "true" : name;
  });
  return { path, text: `${path.name}(${args.join(", ")})`, unknown };
}

function takeLines(): string[] {
  return [
    "/* The last of the two threads leaves the address space for good. */",
    "static void leave(void)",
    "{",
    "\tstatic int left;",
    "\tint nr;",
    "",
    "\tsd_switch_mm(&init_mm);",
    "\t__sd_atomic_begin(SD_STEP, NULL);",
    "\tnr = ++left;",
    "\t__sd_atomic_end();",
    "\tif (nr == 2)",
    "\t\tsd_exit(the_mm);",
    "\telse",
    "\t\tmmput(the_mm);",
    "}",
    "",
    "static void device(void *unused)",
    "{",
    "\tfault();",
    "\tif (TAKE == EXIT)",
    "\t\tleave();",
    "\taccess();",
    "}",
    "",
    "static void take(void *unused)",
    "{",
    "\tswitch (TAKE) {",
    "\tcase UNMAP:",
    "\t\tsd_munmap(the_mm, va, 1);",
    "\t\tbreak;",
    "\tcase DROP:",
    "\t\tsd_madvise(the_mm, va, 1, MADV_DONTNEED);",
    "\t\tbreak;",
    "\tcase MIGRATE:",
    "\t\tsd_migrate(the_mm, va);",
    "\t\tbreak;",
    "\tcase PROTECT:",
    "\t\tsd_mprotect(the_mm, va, 1, false);",
    "\t\tbreak;",
    "\tcase EXIT:",
    "\t\tleave();",
    "\t\tbreak;",
    "\t}",
    "}",
  ];
}

function setUpLines({ placed, graph, standIns }: HarnessParts, registered: readonly Placed[], mark: (text: string) => string): string[] {
  const lines: string[] = [];
  /** Made by the driver's own callback: a pointer. */
  const pointers = new Set(registered.filter(made).flatMap(({ container }) => container?.type ?? []));
  const at = (line: string): string =>
    [...pointers].reduce(
      (text, type) =>
        text.replaceAll(`&${variableOf(type)};`, `${variableOf(type)};`).replaceAll(`${variableOf(type)}.`, `${variableOf(type)}->`),
      line,
    );
  const register: string[] = [];
  for (const { ops, container } of placed) {
    if (container === undefined) {
      lines.push(...wrapped(mark(`register ${ops.name}: its callbacks do not say which object has the notifier`), ""));
      continue;
    }
    const notifier = `${variableOf(container.type)}.${container.member}`;
    const failed = (call: string): string[] => [`if (${call})`, `\t__sd_fail("scenario", "${ops.name} cannot be registered", 0, 0, 0);`];
    if (pointers.has(container.type))
      lines.push(
        `${variableOf(container.type)} = container_of(mmu_notifier_get(&${ops.name}, the_mm), struct ${container.type}, ${container.member});`,
      );
    else if (ops.kind === "interval")
      register.push(...failed(`mmu_interval_notifier_insert(&${notifier}, the_mm, va, PAGE_SIZE, &${ops.name})`));
    else register.push(`${notifier}.ops = &${ops.name};`, ...failed(`mmu_notifier_register(&${notifier}, the_mm)`));
  }
  // What the driver's callback has made, it has set up.
  for (const object of graph.objects) if (!pointers.has(object.type)) lines.push(...object.lines.map(at));
  const open = graph.objects.filter((object) => object.open.length > 0);
  const others = 4 + (standIns.length > 0 ? 1 : 0) + placed.filter(({ container }) => container === undefined).length;
  const room = MOST_MARKS - others;
  open.forEach(({ variable, open: names }, i) => {
    if (i >= room) return;
    const rest = i === room - 1 ? open.slice(room) : [];
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
    const also = rest.length === 0 ? "" : `; likewise ${rest.map((one) => one.variable).join(", ")}`;
    lines.push(
      ...wrapped(mark(`${variable}: ${names.slice(0, MOST_NAMES).join(", ")}${more}: read on the way, and zero so far${also}`), ""),
    );
  });
  return [...lines, ...register];
}

/** A comment over several lines. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > WIDTH - 8 * indent.length - 8) {
      lines.push(line);
      line = `   ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${indent}${one}`);
}
