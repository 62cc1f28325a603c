// `npm run bench:cost`: how states and time grow with CPUs, pages, guests and migrations, beside SPIN's; as a table in docs/benchmarks.md and a
// picture, docs/cost.svg. Each configuration runs once; where SPIN takes longer than --limit
// seconds it has no point.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare, root } from "../bin/prepare.js";
import { costPicture } from "./cost-picture.js";
import { has, search, spin } from "./measure.js";

const { values: options } = parseArgs({
  options: { limit: { type: "string", default: "120" }, only: { type: "string" }, write: { type: "boolean", default: false } },
});
const limit = Number(options.limit);
/** So many limits for us: the search is made twice, and with all passes the first time. */
const OURS = 5;

/** What grows, and the configurations in which it does. */
const AXES = [
  { name: "CPUs", configurations: ["2111", "3111", "4111", "5111", "6111"] },
  { name: "pages", configurations: ["3111", "3211", "3311"] },
  { name: "guests", configurations: ["4101", "4111", "4121"] },
  { name: "migrations of the page", configurations: ["3111", "3112", "3113", "3114"] },
].filter(({ name }) => options.only === undefined || name.startsWith(options.only));

prepare();
const folder = mkdtempSync(join(tmpdir(), "shootdown-bench-"));
const withSpin = has("spin") && has("gcc");
if (!withSpin) console.log("no spin or gcc here: only our side is there (apt-get install -y spin gcc)");
const known = new Map();

/** One configuration, once: on several axes it is the same point. */
function pointOf(configuration) {
  const before = known.get(configuration);
  if (before !== undefined) return before;
  const ours = search(configuration, "full", { cache: folder, limit: OURS * limit });
  const theirs = withSpin ? spin("hugepmd.pml", configuration, { flags: ["-DNOREDUCE"], folder, limit }) : undefined;
  const point = {
    configuration,
    ours: ours?.outcome === "none" ? { states: ours.states, seconds: ours.lastPass.wall } : undefined,
    spin: theirs && { states: theirs.states, seconds: theirs.search.wall },
  };
  known.set(configuration, point);
  console.log(JSON.stringify(point));
  return point;
}

const count = (n, most) => (n === undefined ? `over ${most} s` : n.toLocaleString("en-US"));
const seconds = (n) => (n === undefined ? "" : n < 10 ? n.toFixed(2) : n.toFixed(0));

function tableOf(axes) {
  const rows = axes.flatMap(({ name, points }) =>
    points.map(
      ({ configuration, ours, spin: theirs }) =>
        `| ${name} | ${configuration} | ${count(ours?.states, OURS * limit)} | ${seconds(ours?.seconds)} | ${withSpin ? count(theirs?.states, limit) : ""} | ${seconds(theirs?.seconds)} |`,
    ),
  );
  const head = ["| what grows | | states | s | SPIN's states | s |", "|---|---|---|---|---|---|"];
  return [...head, ...rows].join("\n");
}

try {
  const axes = AXES.map(({ name, configurations }) => ({ name, points: configurations.map(pointOf) }));
  const table = tableOf(axes);
  console.log(`\n${cpus()[0].model.trim()}, ${cpus().length} processors, Node ${process.versions.node}\n\n${table}`);
  if (options.write) {
    const page = join(root, "docs/benchmarks.md");
    const text = readFileSync(page, "utf8");
    const [from, to] = ["<!-- cost -->\n", "\n<!-- end of cost -->"].map((mark) => text.indexOf(mark));
    if (from < 0 || to < from) throw new Error("docs/benchmarks.md has no place for the table");
    writeFileSync(page, `${text.slice(0, from)}<!-- cost -->\n${table}${text.slice(to)}`);
    writeFileSync(join(root, "docs/cost.svg"), costPicture(axes, { withSpin }));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
