/** What a scan sees of subscribers, what it says that it does not know, and that it leaves out none. */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { KERNEL_VERSIONS } from "../../src/clang/flags.ts";
import { sourcesOf } from "../../src/clang/kernel-tree.ts";
import { type Scan, type Subscriber, scanTree } from "../../src/scan/scan-tree.ts";
import { FILES, smallTree } from "./tree.ts";

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

function scanned(files: Readonly<Record<string, string>> = FILES, paths: readonly string[] = []): Scan {
  const tree = smallTree(files);
  made.push(tree);
  return scanTree({ tree, release: "6.2.0", paths });
}

const all = scanned();
const subscriber = (ops: string, scan = all): Subscriber => scan.subscribers.find((s) => s.ops === ops)!;
const callback = (ops: string, member: string) => subscriber(ops).callbacks.find((c) => c.member === member)!;

it("finds objects with initialisers, in the order of members too, and those filled at run time", () => {
  expect(all.subscribers.map((s) => `${s.file}:${s.line} ${s.ops} ${s.kind}`)).toEqual([
    "drivers/counting/object.c:32 object_ops notifier",
    "drivers/interval/ops.c:17 interval_ops interval",
    "drivers/late.c:2 late_ops notifier",
  ]);
  expect(callback("interval_ops", "invalidate").function).toBe("invalidate");
  expect(callback("late_ops", "release")).toMatchObject({ function: "late_release", how: "assignment" });
  expect(subscriber("late_ops").others).toEqual([{ member: "flags", value: "1" }]);
  expect(subscriber("late_ops").how).toContain("at run time");
});

it("says where each is used, and under which conditions it stands", () => {
  expect(subscriber("object_ops").uses).toMatchObject([{ function: "attach", how: "assigned to o->mn.ops" }]);
  expect(subscriber("object_ops").conditions).toEqual(["defined(CONFIG_MMU_NOTIFIER)"]);
  expect(subscriber("interval_ops").uses).toMatchObject([{ file: "drivers/interval/user.c", how: "argument of helper_insert" }]);
  expect(subscriber("late_ops").uses).toMatchObject([{ function: "late_init", how: "argument of register_with" }]);
});

it("follows calls through macros and functions of the folder to locks", () => {
  const start = callback("object_ops", "invalidate_range_start");
  expect(start.locks).toMatchObject([{ text: "mutex_lock(&(o)->lock)", function: "OBJECT_LOCK", certain: true }]);
  expect(start.notFollowed).toContain("kfree");
  expect(start.pointers).toMatchObject([{ name: "zap" }]);
  // What initialises a lock takes none.
  expect(callback("late_ops", "release").locks.map((lock) => lock.text)).toEqual(["rcu_read_lock()"]);
});

it("tells a look at whether it may block from none", () => {
  expect(callback("object_ops", "invalidate_range_start").blocking).toBe("ignored-may-sleep");
  expect(callback("object_ops", "invalidate_range_end").blocking).toBe("not-asked");
  expect(callback("interval_ops", "invalidate").blocking).toBe("looked-at");
  const asksNothing = scanned({
    ...FILES,
    "include/linux/mmu_notifier.h": FILES["include/linux/mmu_notifier.h"]!.replace(/static inline.*/, ""),
  });
  expect(asksNothing.asksNotToBlock).toBe(false);
  expect(asksNothing.subscribers.flatMap((s) => s.callbacks.map((c) => c.blocking))).toEqual(Array(4).fill("not-asked"));
});

it("marks what it reaches through a name that is only mentioned, and sees guards", () => {
  const locks = callback("interval_ops", "invalidate").locks.map((lock) => [lock.text, lock.certain]);
  expect(locks).toEqual([
    ["guard(mutex)(&driver_lock)", true],
    ["spin_lock(&other)", true],
    ["down_read(&later)", false],
  ]);
});

it("finds active and sequence counts, and where they are compared", () => {
  expect(subscriber("object_ops").protocol!.counts).toMatchObject([
    { name: "active", kind: "active" },
    { name: "sequence", kind: "sequence", compared: [{ function: "fault" }] },
  ]);
});

it("finds begin and retry in a function elsewhere that the folder calls", () => {
  const { begin, retry } = subscriber("interval_ops").protocol!;
  const place = { file: "drivers/interval/user.c", function: "use", through: { file: "lib/helper.c", function: "helper_fault" } };
  expect(begin).toMatchObject({ where: "elsewhere", places: [place] });
  expect(retry).toMatchObject({ where: "elsewhere", places: [place] });
  expect(subscriber("late_ops").protocol).toBeUndefined();
});

it("says what it could not tell, of which callback", () => {
  const told = (ops: string): [string, string][] => subscriber(ops).cannotTell.map((one) => [one.kind, one.about]);
  expect(told("object_ops")).toEqual([
    ["object", ""],
    ["pointers", "invalidate_range_start"],
    ["outside", "invalidate_range_start"],
    ["outside", "invalidate_range_end"],
  ]);
  expect(told("interval_ops")).toContainEqual(["path", "invalidate"]);
  const unknown = scanned({
    ...FILES,
    "drivers/late.c": "static struct mmu_notifier_ops a[2] = { { f } };\nstruct mmu_notifier_ops b = { .release = gone };\n",
  });
  expect(
    subscriber("a", unknown)
      .cannotTell.map((one) => one.text)
      .join(),
  ).toContain("array");
  expect(
    subscriber("b", unknown)
      .cannotTell.map((one) => one.text)
      .join("; "),
  ).toMatch(/used nowhere.*neither the file nor its folder/);
});

it("lists calls of the interface by others, and what is not C", () => {
  expect(all.calls.filter((c) => c.file === "lib/helper.c").map((c) => c.call)).toEqual([
    "mmu_interval_read_begin",
    "mmu_interval_read_retry",
    "mmu_interval_notifier_insert",
  ]);
  expect(all.notC).toEqual(["rust/mm.rs"]);
});

it("keeps to the paths that are given", () => {
  expect(scanned(FILES, ["drivers/interval", "drivers/late.c"]).subscribers.map((s) => s.ops)).toEqual(["late_ops", "interval_ops"].sort());
});

describe.each(KERNEL_VERSIONS)("a tree of Linux %s", (version) => {
  const dir = (() => {
    try {
      return sourcesOf(version).dir;
    } catch {
      return undefined;
    }
  })();

  it.skipIf(dir === undefined)(
    "has every line that grep finds, each with what it is; every object that is defined is a subscriber",
    () => {
      const scan = scanTree({ tree: dir!, release: version, paths: [] });
      const lines = execFileSync("grep", ["-rnE", "--include=*.[ch]", "mmu_(interval_)?notifier_ops", "."], {
        cwd: dir!,
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      })
        .trim()
        .split("\n");
      const places = lines.map((line) => /^\.\/([^:]+:\d+):/.exec(line)![1]!);
      expect([...new Set(scan.mentions.map((m) => `${m.file}:${m.line}`))].sort()).toEqual([...new Set(places)].sort());
      expect(scan.mentions.filter((m) => m.kind === "other")).toEqual([]);
      // By another reading of the line: an object of the type with an initialiser in braces.
      const defined = lines.filter((line) => /:(?:static )?(?:const )?struct mmu_(?:interval_)?notifier_ops \w+ = \{/.test(line));
      expect(scan.subscribers.map((s) => `${s.file}:${s.line}`).sort()).toEqual(
        defined.map((line) => /^\.\/([^:]+:\d+):/.exec(line)![1]!).sort(),
      );
      // Each says what it calls, and where its functions are.
      expect(scan.subscribers.filter((s) => s.callbacks.length === 0 || s.uses.length === 0)).toEqual([]);
      expect(scan.subscribers.flatMap((s) => s.callbacks).filter((c) => c.places.length === 0)).toEqual([]);
      expect(scan.unread).toEqual([]);
      expect(scan.read.seconds).toBeLessThan(60);
    },
    180_000,
  );
});
