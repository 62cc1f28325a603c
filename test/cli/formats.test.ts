/** --format and --output of `check`, and the examples for CI systems. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { commandLine } from "../../src/cli/commands.ts";
import { processIo } from "../../src/cli/io.ts";
import { surfaceOf } from "../../src/cli/surface.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { ktapTests, xmlTree } from "../report/format-readers.ts";
import { sarifFaults } from "../report/sarif-schema.ts";
import { run } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-formats-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const GOOD = "test/scenarios/counter.c";
const BAD = "test/scenarios/counter-bad.c";
const REFUSED = "test/scenarios/none-such.c";

it("prints KTAP alone, of one check and of several, with the exit status of the checks", async () => {
  const one = await run(["check", "--format", "ktap", GOOD]);
  expect([one.status, ktapTests(one.out).map((t) => t.ok)]).toEqual([0, [true]]);
  const two = await run(["check", "--format", "ktap", GOOD, BAD]);
  expect([two.status, ktapTests(two.out).map((t) => [t.name, t.ok])]).toEqual([
    1,
    [
      [GOOD, true],
      [BAD, false],
    ],
  ]);
});

it("has refused files in the document, and says so on standard error too", async () => {
  const { status, out, err } = await run(["check", "--format", "junit", REFUSED]);
  expect(status).toBe(2);
  expect(xmlTree(out).children[0]!.children[0]!.children[0]).toMatchObject({ name: "error", attributes: { type: "SD102" } });
  expect(err).toContain("SD102");
});

it("writes to --output and prints the text", async () => {
  const file = join(dir, "results.sarif");
  const { status, out } = await run(["check", "--format", "sarif", "--output", file, BAD]);
  const log = JSON.parse(readFileSync(file, "utf8")) as { runs: { results: { locations: unknown[]; codeFlows: unknown[] }[] }[] };
  expect(status).toBe(1);
  expect(out).toContain("(violation)");
  expect(out).not.toContain("$schema");
  expect(sarifFaults(log)).toEqual([]);
  expect(log.runs[0]!.results[0]!.codeFlows).toHaveLength(2);
  expect(log.runs[0]!.results[0]!.locations[0]).toMatchObject({ physicalLocation: { artifactLocation: { uri: BAD } } });
});

it("takes --format json for --json", async () => {
  const [a, b] = await Promise.all([run(["check", "--format", "json", GOOD]), run(["check", "--json", GOOD])]);
  const bare = (text: string): string => text.replace(/"(?:seconds|memoryBytes|statesPerSecond|command)": .*/g, "");
  expect(bare(a.out)).toBe(bare(b.out));
});

it("refuses --output without a format, and two forms at once", async () => {
  expect((await run(["check", "--output", join(dir, "x"), GOOD])).status).toBe(2);
  expect((await run(["check", "--format", "ktap", "--json", "x.json", GOOD])).status).toBe(2);
  const unwritable = await run(["check", "--format", "ktap", "--output", join(dir, "no/such"), GOOD]);
  expect([unwritable.status, unwritable.err]).toEqual([2, expect.stringContaining("SD402")]);
});

it("is what examples/ci/kcidb.js makes a report for KernelCI of", async () => {
  const { out } = await run(["check", "--format", "json", GOOD, BAD]);
  const script = join(packageRoot, "examples/ci/kcidb.js");
  const report = JSON.parse(execFileSync(process.execPath, [script, "myci", "myci:b1"], { input: out, encoding: "utf8" })) as {
    version: unknown;
    tests: Record<string, string>[];
  };
  expect(report.version).toEqual({ major: 5, minor: 0 });
  expect(report.tests.map((t) => [t.status, t.path])).toEqual([
    ["PASS", "shootdown.test.scenarios.counter"],
    ["FAIL", "shootdown.test.scenarios.counter-bad"],
  ]);
  for (const { id, origin, build_id } of report.tests)
    expect([id!.startsWith("myci:"), origin, build_id]).toEqual([true, "myci", "myci:b1"]);
});

it.each([
  ".github/workflows/corpus.yml",
  "docs/ci.md",
  "docs/shards.md",
  ...["gitlab-ci.yml", "gitlab-parallel.yml", "github-matrix.yml", "kubernetes-job.yml", "slurm.sbatch"].map(
    (name) => `examples/ci/${name}`,
  ),
])("%s calls commands with options that they have", (path) => {
  const surface = surfaceOf(commandLine([], processIo(), true, () => {}));
  const calls = [
    ...readFileSync(join(packageRoot, path), "utf8").matchAll(/shootdown(?:\.js|\})? (check|corpus|scan|report|mutate|merge) ([^\n`]*)/g),
  ];
  expect(calls.length).toBeGreaterThan(0);
  for (const [, name, rest] of calls) {
    const { options } = surface.commands.find((c) => c.name === name)!;
    const known = options.flatMap((o) => [o.long, o.short]);
    for (const [flag] of rest!.matchAll(/(?<=\s|^)--?[a-z][a-z-]*/g)) expect(known).toContain(flag);
    for (const [, format] of rest!.matchAll(/--format (\w+)/g))
      expect(options.find((o) => o.long === "--format")!.choices).toContain(format);
  }
});
