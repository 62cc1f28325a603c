/**
 * Turns what `shootdown check --format json` prints into a report for KCIDB, KernelCI's common
 * database (its I/O schema 5.0): a test for each scenario.
 *
 *   shootdown check --format json scenarios/*.c > results.json
 *   node kcidb.js ORIGIN ORIGIN:BUILD < results.json > report.json
 *   kcidb-submit ... < report.json
 *
 * ORIGIN is the name that KernelCI gave to your CI, ORIGIN:BUILD the build that was checked. What was
 * not decided is an ERROR, never a PASS. Files that were refused (exit status 2) are not in the JSON.
 */
import { readFileSync } from "node:fs";

const [origin, build] = process.argv.slice(2);
if (origin === undefined || build === undefined || !build.startsWith(`${origin}:`)) {
  process.stderr.write("usage: node kcidb.js ORIGIN ORIGIN:BUILD < results.json\n");
  process.exit(2);
}

const STATUS = { none: "PASS", violation: "FAIL", inconclusive: "ERROR" };

/** "a/b-c.c" is "shootdown.a.b-c". */
const pathOf = (scenario) =>
  ["shootdown", ...scenario.replace(/\.c\b/, "").split("/")]
    .map((part) => part.replace(/[^A-Za-z0-9_-]+/g, "_"))
    .filter((part) => part !== "")
    .join(".");

const commentOf = ({ verdict, violation, reason }) =>
  verdict === "violation" ? `${violation.class}: ${violation.text}` : verdict === "none" ? "none within bounds" : `stopped ${reason}`;

const results = [JSON.parse(readFileSync(0, "utf8"))].flat();
const tests = results.map((result, i) => ({
  id: `${build}-shootdown-${i + 1}`,
  origin,
  build_id: build,
  path: pathOf(result.scenario),
  status: STATUS[result.verdict],
  comment: commentOf(result),
  duration: result.counts.seconds,
  ...(result.violation === null ? {} : { log_excerpt: result.violation.story.closing.join("\n").slice(0, 16384) }),
  misc: { kernel: result.provenance.kernel, bounds: result.bounds, states: result.counts.states, command: result.provenance.command },
}));
process.stdout.write(`${JSON.stringify({ version: { major: 5, minor: 0 }, tests }, undefined, 2)}\n`);
