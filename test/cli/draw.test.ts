/** --html, --svg and --perfetto: what they write, when, and what they say where there is nothing to draw. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import type { PerfettoTrace } from "../../src/picture/perfetto.ts";
import { broken } from "../picture/trace-rules.ts";
import { run } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-draw-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const FOUNDING = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";
const file = (name: string): string => join(dir, name);
const read = (name: string): string => readFileSync(file(name), "utf8");

describe("the pictures of a violation", () => {
  it("are written beside the text", async () => {
    const { status, out, err } = await run([
      "check",
      FOUNDING,
      "-DFIX=0",
      "--html",
      file("a.html"),
      "--svg",
      file("a.svg"),
      "--perfetto",
      file("a.json"),
    ]);
    expect([status, err]).toEqual([1, ""]);
    expect(out).toContain("lost write (violation)");
    expect(out).not.toContain("--html FILE");
    // The source, with its line; what CPU1 keeps; the flush.
    for (const text of [
      "sd_user_write_any(base[(long)mm], NV);",
      "TLB of CPU1, 0x140000000",
      "flushes 0x40000000-0x40001000 of A on CPU0 (IPI)",
    ])
      expect(read("a.html")).toContain(text);
    expect(read("a.svg")).toContain("no flush");
    const trace = JSON.parse(read("a.json")) as PerfettoTrace;
    expect(broken(trace)).toEqual([]);
    expect(trace.traceEvents.some((e) => e.ph === "s" && e.name === "flush")).toBe(true);
  });

  it("are what the pages show: UPDATE_DOCS=1 draws them again", async () => {
    const shown = process.env.UPDATE_DOCS === undefined ? file("docs.svg") : join(packageRoot, "docs/founding.svg");
    await run(["check", "-q", FOUNDING, "-DFIX=0", "--svg", shown]);
    expect(readFileSync(join(packageRoot, "docs/founding.svg"), "utf8")).toBe(readFileSync(shown, "utf8"));
  });

  it("are hinted at", async () => {
    expect((await run(["check", FOUNDING, "-DFIX=0"])).out).toContain("--html FILE: a picture");
  });

  it("of a deadlock show which locks are held and wanted", async () => {
    const { status } = await run(["check", "-q", "test/scenarios/inversion-bad.c", "--svg", file("b.svg"), "--perfetto", file("b.json")]);
    expect(status).toBe(1);
    expect(read("b.svg").match(/class="lock wanted"/g)).toHaveLength(2);
    expect(broken(JSON.parse(read("b.json")) as PerfettoTrace)).toEqual([]);
  });

  it("are drawn whatever the form of the result", async () => {
    const { status, out } = await run(["check", "test/scenarios/inversion-bad.c", "--format", "junit", "--svg", file("e.svg")]);
    expect([status, out.startsWith("<?xml")]).toEqual([1, true]);
    expect(read("e.svg")).toContain("waits for second");
    expect((await run(["check", "test/scenarios/inversion-bad.c", "--json", "--svg", file("f.svg")])).out).toMatch(/^\{/);
    expect(read("f.svg")).toBe(read("e.svg"));
  });

  it("that cannot be written are bad output, and say so", async () => {
    const { status, err } = await run(["check", "-q", FOUNDING, "-DFIX=0", "--svg", file("none/a.svg")]);
    expect(status).toBe(2);
    expect(err).toContain(`error[SD402] cannot write ${file("none/a.svg")}`);
  });
});

describe("where there is nothing to draw", () => {
  it("it is said, no file is touched, and the verdict stays what it is", async () => {
    writeFileSync(file("old.html"), "old");
    const ran = await run(["check", "-q", FOUNDING, "--html", file("old.html"), "--perfetto", file("c.json")]);
    expect(ran).toMatchObject({ status: 0, out: `${FOUNDING}: none within bounds\n` });
    expect(ran.err).toBe(`note: there is no violation to draw: ${file("old.html")} and ${file("c.json")} are not written\n`);
    expect([read("old.html"), existsSync(file("c.json"))]).toEqual(["old", false]);
  });

  it("nor for several scenarios: one file holds one", async () => {
    const { status, err } = await run(["check", FOUNDING, "test/scenarios/inversion-bad.c", "--html", file("d.html")]);
    expect(status).toBe(2);
    expect(err).toContain("error[SD401] --html draws one check, and here are 2");
  });

  it("a scenario may not ask for it", async () => {
    writeFileSync(file("own.c"), `// shootdown: --html ${file("own.html")}\n`);
    const { status, err } = await run(["check", file("own.c")]);
    expect(status).toBe(2);
    expect(err).toContain("--html is not for a scenario to decide");
    expect(existsSync(file("own.html"))).toBe(false);
  });
});
