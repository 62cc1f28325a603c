// Times the founding scenario against SPIN, whole process against whole process and search against search (bench/README.md).

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { prepare, root } from "../bin/prepare.js";
import { definesOf, FINE, FULL, QUICK } from "./configurations.js";
import { litmusC, litmusRows } from "./litmus.js";
import { has, search, spin, timed } from "./measure.js";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string", default: "3" },
    only: { type: "string" },
    json: { type: "string" },
    limit: { type: "string", default: "900" },
  },
});
const runs = Number(options.runs);
const limit = Number(options.limit);
const configurations = options.only?.split(",") ?? (options.quick ? QUICK : FULL);
const fine = configurations.some((c) => QUICK.includes(c)) ? FINE : [];
const BUG = join(root, "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c");
const folder = mkdtempSync(join(tmpdir(), "shootdown-bench-"));

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const middle = (times) => ({ wall: median(times.map((t) => t.wall)), cpu: median(times.map((t) => t.cpu)) });

function ours(configuration, cache, args = []) {
  const defines = definesOf(configuration).map((d) => `-D${d}`);
  const result = timed(process.execPath, ["bin/shootdown.js", "check", "bench/hugepmd.c", ...defines, ...args], {
    env: { SHOOTDOWN_CACHE: cache },
    limit,
  });
  if (result !== undefined && result.status !== 0) throw new Error(result.text);
  return result;
}

function one(configuration, withSpin) {
  const cold = [];
  const warm = [];
  const searches = [];
  const spins = [];
  const cache = join(folder, `cache-${configuration}`);
  mkdirSync(cache);
  for (let i = 0; i < runs; i++) {
    const empty = mkdtempSync(join(folder, "empty-"));
    cold.push(ours(configuration, empty));
    if (i === 0) cpSync(empty, cache, { recursive: true });
    rmSync(empty, { recursive: true });
    if (withSpin) spins.push(spin("hugepmd.pml", configuration, { flags: ["-DNOREDUCE"], folder, limit }));
    warm.push(ours(configuration, cache));
    searches.push(search(configuration, "full", { cache, limit }));
  }
  const { states, transitions, bytesPerState } = searches[0];
  const found = {
    configuration,
    states,
    transitions,
    bytesPerState,
    cold: middle(cold),
    warm: middle(warm),
    allPasses: middle(searches.map((s) => s.allPasses)),
    lastPass: middle(searches.map((s) => s.lastPass)),
  };
  if (!withSpin || spins.some((s) => s === undefined)) return found;
  const reduced = spin("hugepmd.pml", configuration, { folder, limit });
  return {
    ...found,
    spin: { ...spins[0], whole: middle(spins.map((s) => s.whole)), search: middle(spins.map((s) => s.search)) },
    reduced: reduced && { states: reduced.states, search: reduced.search },
  };
}

const s = (seconds) => seconds.toFixed(2).padStart(7);
const n = (count) => String(count).padStart(9);
const times = (a, b) => `${(a / b).toFixed(1)}x`.padStart(7);
const rate = (transitions, seconds) => (transitions / seconds / 1e6).toFixed(2).padStart(6);

function table(found) {
  console.log("\nProcessor seconds (wall in brackets); ratios above 1 are in our favour.\n");
  console.log("        states                     whole process                            search alone                 Mtr/s");
  console.log(
    "config  ours      SPIN      fewer  cold     warm     SPIN     cold:   warm:  ours     SPIN     ratio   ours   SPIN   B/state",
  );
  for (const f of found) {
    const { spin: other } = f;
    const cells = [f.configuration, n(f.states), n(other?.states ?? "-"), other ? times(other.states, f.states) : ""];
    cells.push(s(f.cold.cpu), s(f.warm.cpu), other ? s(other.whole.cpu) : "");
    cells.push(other ? times(other.whole.cpu, f.cold.cpu) : "", other ? times(other.whole.cpu, f.warm.cpu) : "");
    cells.push(s(f.lastPass.cpu), other ? s(other.search.cpu) : "", other ? times(other.search.cpu, f.lastPass.cpu) : "");
    cells.push(rate(f.transitions, f.lastPass.cpu), other ? rate(other.transitions, other.search.cpu) : "", f.bytesPerState.toFixed(1));
    console.log(cells.join("  "));
    const walls = [`cold ${s(f.cold.wall)}`, `warm ${s(f.warm.wall)}`, `last pass ${s(f.lastPass.wall)}`];
    if (other) walls.push(`SPIN ${s(other.whole.wall)}`, `pan ${s(other.search.wall)} (it says ${s(other.elapsed)})`);
    console.log(`        (wall: ${walls.join(", ")})`);
    if (f.reduced) console.log(`        (SPIN's own reduction: ${f.reduced.states} states, ${s(f.reduced.search.cpu)})`);
  }
}

/** The bug as the kernel had it, second run: from the command to the printed trace. */
function foundingBug() {
  const cache = mkdtempSync(join(folder, "bug-"));
  const check = () => timed(process.execPath, ["bin/shootdown.js", "check", "-DFIX=0", BUG], { env: { SHOOTDOWN_CACHE: cache } });
  const first = check();
  const again = Array.from({ length: Math.max(5, runs) }, check);
  const lines = first.text.split("\n");
  const from = lines.findIndex((line) => line.startsWith("step "));
  const to = lines.findIndex((line, i) => i > from && line === "");
  return {
    first: { wall: first.wall, cpu: first.cpu },
    again: middle(again),
    fastest: Math.min(...again.map((a) => a.wall)),
    lines: to - from,
  };
}

/** The classical tests, each a process: states and seconds of all of them together, the second time. */
function litmusTests(memory) {
  const cache = join(folder, "litmus");
  const all = litmusRows().map((row) => {
    const file = join(folder, `${row.name}.c`);
    writeFileSync(file, litmusC(row));
    const check = () =>
      timed(process.execPath, ["bin/shootdown.js", "check", "--memory", memory, "--json", file], { env: { SHOOTDOWN_CACHE: cache } });
    check();
    const { text, wall } = check();
    return { wall, states: JSON.parse(text).counts.states };
  });
  return { tests: all.length, states: all.reduce((n, one) => n + one.states, 0), wall: all.reduce((n, one) => n + one.wall, 0) };
}

/** A scenario on a tree's own mm, if 6.12 is there: no peer reads its code. */
function onTree() {
  const tree = process.env.SHOOTDOWN_TREE_6_12;
  if (tree === undefined) return undefined;
  const cache = mkdtempSync(join(folder, "tree-"));
  const scenario = join(root, "corpus/own/zap-flush/scenario.c");
  const check = () =>
    timed(process.execPath, ["bin/shootdown.js", "check", "--tree", tree, "--json", scenario], { env: { SHOOTDOWN_CACHE: cache } });
  const [first, again] = [check(), check()];
  return { first: first.wall, again: again.wall, states: JSON.parse(again.text).counts.states };
}

prepare();
try {
  const withSpin = has("spin") && has("gcc");
  if (!withSpin) console.log("no spin or gcc here: only our side is timed (apt-get install -y spin gcc)");
  console.log(`${cpus()[0].model.trim()}, ${cpus().length} processors, Node ${process.versions.node}; ${runs} runs each, medians`);
  const found = [];
  for (const configuration of configurations) found.push(one(configuration, withSpin));
  table(found);

  const marked = search(configurations[0], "marked", { cache: join(folder, `cache-${configurations[0]}`), limit });
  console.log(`\nall merging off, ${configurations[0]}: ${marked.outcome}, ${marked.states} states`);
  if (withSpin) {
    for (const configuration of fine) {
      const other = spin("hugepmd_fine.pml", configuration, { folder, limit });
      const our = search(configuration, "full", { cache: folder, limit });
      if (other) console.log(`grain of statements, SPIN reduces, ${configuration}: ${other.states} states; ours from C: ${our.states}`);
    }
  }
  const bug = foundingBug();
  console.log(
    `\nfounding bug: first run ${s(bug.first.wall)} s, second run ${s(bug.again.wall)} s (fastest ${s(bug.fastest)}, processor ${s(bug.again.cpu)}); trace of ${bug.lines} lines`,
  );
  const litmus = options.quick ? [] : ["sc", "tso"].map((memory) => ({ memory, ...litmusTests(memory) }));
  for (const { memory, tests, states, wall } of litmus)
    console.log(`${tests} litmus tests, --memory ${memory}: ${states} states, ${s(wall)} s in as many processes`);
  const tree = options.quick ? undefined : onTree();
  if (tree)
    console.log(`6.12's own mm, corpus/own/zap-flush: ${tree.states} states; first run ${s(tree.first)} s, second ${s(tree.again)} s`);
  if (options.json !== undefined) {
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify({ found, bug, litmus, tree }, undefined, 2)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
