/** `shootdown report` from matrix.json to exit status: a complete one, one that goes on, one that is stopped, and faults of the input. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { defaultCacheDir } from "../../src/host/cache.ts";
import { COUNTERS, COUNTERS_TABLE as TABLE } from "./counters.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-report-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(argv: string[], interrupt = false): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const sink = (to: (text: string) => void) => ({ write: to, isTTY: false, columns: undefined });
  const io: Io = {
    stdout: sink((text) => {
      out += text;
    }),
    stderr: sink((text) => {
      err += text;
    }),
    cwd: dir,
    env: { SHOOTDOWN_CACHE: defaultCacheDir() },
    onInterrupt(listener) {
      if (interrupt) listener();
      return () => {};
    },
  };
  const status = await main(["report", ...argv], io);
  return { status, out, err };
}

function table(folder: string, change: object = {}): string {
  mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, folder, "matrix.json"), JSON.stringify({ ...TABLE, ...change }));
  writeFileSync(join(dir, folder, "counters.c"), COUNTERS);
  return folder;
}

describe("a complete report", () => {
  let first: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    first = await run([table("complete"), "--fresh", "--json", "r.json", "--markdown", "kept/r.md"]);
  });

  it("is 0 with the table and the answer", () => {
    expect(first.err).toBe("");
    expect(first.status).toBe(0);
    expect(first.out).toMatch(/^two +\| LU +ok$/m);
    expect(first.out).toMatch(/^three \| LU +ok$/m);
    expect(first.out).toContain("Locks help.");
  });

  it("writes the other formats", () => {
    const json = JSON.parse(readFileSync(join(dir, "r.json"), "utf8"));
    expect(json.cells.map((c: { code: string }) => c.code)).toEqual(["LU", "ok", "LU", "ok", "LU", "ok"]);
    expect(json.cells[1].seeded).toBe("lost-update");
    expect(readFileSync(join(dir, "kept/r.md"), "utf8")).toContain("# Counters");
  });

  it("searches equal programs once", () => {
    const json = JSON.parse(readFileSync(join(dir, "r.json"), "utf8"));
    // Plain and locked, of two and of three threads; a seeded mutant is the plain one.
    expect(json.programs).toBe(4);
  });

  it("is the same when recalled", async () => {
    const again = await run(["--json", "complete"]);
    expect(JSON.parse(again.out)).toEqual(JSON.parse(readFileSync(join(dir, "r.json"), "utf8")));
  });
});

describe("a group with rows of its own", () => {
  it("has these, and the others have the rest", async () => {
    const claim = {
      rows: [...TABLE.rows, { id: "lone", defines: { THREADS: 1 } }],
      columns: [...TABLE.columns, { id: "claim", label: "plain", group: "claim", defines: { LOCKED: 0 }, seed: { THREADS: 2 } }],
      groups: [...TABLE.groups, { id: "claim", label: "alone", rowName: "threads", rows: ["lone"] }],
    };
    const { status, out } = await run([table("claim", claim)]);
    expect(status).toBe(0);
    expect(out).toMatch(/^user +\| plain locked$/m);
    expect(out).toMatch(/^threads +\| plain$/m);
    expect(out.match(/^lone +\|.*$/gm)).toEqual([expect.stringMatching(/\| ok$/)]);
    expect(out.match(/^two +\|.*$/gm)).toHaveLength(1);
    expect(out).toContain("7 cells,");
  });
});

describe("a report that names cases of real code", () => {
  const named = (name: string) => ({
    cells: [{ row: "two", column: "plain", real: [{ group: "4.4-hugetlb-sharing", case: name }] }],
  });

  it.each([
    ["", "no tree of Linux 4.4 is known"],
    ["/nowhere", "/nowhere is no tree of Linux 4.4"],
  ])("is answered by models alone without the tree (%j)", async (tree, says) => {
    vi.stubEnv("SHOOTDOWN_TREE_4_4", tree);
    const { status, out, err } = await run([table("untreed", named("as shipped, 1 process")), "--json", "untreed.json"]);
    vi.unstubAllEnvs();
    expect(err).toBe("");
    expect(status).toBe(0);
    expect(out).toMatch(/^two +\| LU +ok$/m);
    expect(out.replace(/\s+/g, " ")).toContain(`model only: ${says} (SHOOTDOWN_TREE_4_4)`);
    const { cells } = JSON.parse(readFileSync(join(dir, "untreed.json"), "utf8"));
    expect(cells[0]).toMatchObject({ source: "model", real: [{ case: "as shipped, 1 process", verdict: null }] });
  });

  it("is told of one that there is not, with or without the tree", async () => {
    const { status, err } = await run([table("nocase", named("as shipped, 9 processes"))]);
    expect(err).toContain('corpus/real has no case "as shipped, 9 processes" in 4.4-hugetlb-sharing');
    expect(status).toBe(2);
  });
});

describe("an incomplete report", () => {
  it("is 3 when interrupted, and says how to go on", async () => {
    const { status, out, err } = await run([table("stopped", { title: "Stopped" })], true);
    expect(status).toBe(3);
    expect(out).toMatch(/^two +\| \.\. +\.\.$/m);
    expect(out).toContain("These cells do not tell it.");
    expect(err).toContain("`shootdown report stopped` goes on from here");
  });

  it("is 3 when a seeded fault is not found", async () => {
    const { status, out } = await run([table("blind", { defines: { SILENT: 1, SEED: 0 } })]);
    expect(status).toBe(3);
    expect(out).toMatch(/^two +\| ok\? +ok\?$/m);
    expect(out).toContain("its seeded fault is not found");
  });

  it("is 3 at a bound", async () => {
    const { status, out } = await run([table("bound", { bounds: { maxStates: 1 } })]);
    expect(status).toBe(3);
    expect(out).toContain("??");
  });
});

describe("faults of the input are 2", () => {
  it.each([
    ["an unknown name", "nowhere", {}, "there is no report nowhere"],
    ["a misspelt key", "misspelt", { colums: [] }, 'there is no "colums" here'],
    [
      "a condition on no row",
      "norow",
      { answer: [{ about: "x", say: [{ if: [{ all: { row: "four" }, are: "ok" }], text: "x" }] }] },
      "no row four",
    ],
    ["a group with a row that there is not", "stray", { groups: [{ id: "memory", rows: ["four"] }] }, "no row four"],
    ["a missing file", "nofile", { file: "gone.c" }, "there is no file gone.c"],
    ["C that does not compile", "noc", { defines: { SILENT: "(" } }, "SD101"],
  ])("%s", async (_what, folder, change, says) => {
    if (folder !== "nowhere") table(folder, change);
    const { status, err } = await run([folder]);
    expect(err).toContain(says);
    expect(status).toBe(2);
  });
});
