/** What `check --html` writes, opened from the disk in a real browser: it is stepped through, reads in both widths and themes, and needs nothing else. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MachineView } from "../../src/explain/machine-view.ts";
import type { Story } from "../../src/explain/story.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { htmlFile } from "../../src/picture/html-file.ts";
import { viewOf } from "../../src/picture/view.ts";
import { run } from "../cli/run.ts";
import { story, violation } from "../picture/fixture.ts";
import { because, expectNoSidewaysScroll, inaccessible, launch, missing, openPage, SCREENS } from "./chromium.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-page-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(missing !== undefined)(because("a page by itself"), () => {
  let browser: Browser;
  const founding = join(dir, "founding.html");
  beforeAll(async () => {
    browser = await launch();
    const ran = await run(["check", "-q", "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", "-DFIX=0", "--html", founding]);
    expect(ran).toMatchObject({ status: 1, err: "" });
  });
  afterAll(() => browser.close());

  const url = (file: string): string => pathToFileURL(file).href;
  const where = (page: Page): Promise<string | null> => page.locator(".stepper output").textContent();

  it("opens from the disk, asks for nothing, and complains of nothing", async () => {
    const { page, complaints, requests } = await openPage(browser, url(founding));
    expect(await page.title()).toBe("corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c: lost write");
    expect(await where(page)).toBe("step 29 of 29");
    expect(await page.locator(".stepper .code .now").textContent()).toContain("sd_user_write_any");
    expect(requests).toEqual([url(founding)]);
    expect(complaints).toEqual([]);
  });

  it("is stepped through by keys, by a click into the picture, by the sentences and by the slider", async () => {
    const { page } = await openPage(browser, url(founding));
    await page.keyboard.press("ArrowLeft");
    expect(await where(page)).toBe("step 28 of 29");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    expect(await where(page)).toBe("step 3 of 29");
    await page.keyboard.press("End");
    expect(await where(page)).toBe("step 29 of 29");
    await page.getByText("step 9", { exact: true }).click();
    expect(await where(page)).toBe("step 9 of 29");
    await page.getByText("huge page#1 is freed").first().click();
    expect(await where(page)).toBe("step 26 of 29");
    await page.locator(".stepper input").fill("7");
    expect(await where(page)).toBe("step 8 of 29");
    expect(await page.locator(".wide .cursor").getAttribute("data-step")).toBe("8");
  });

  it("shows what a step did, its line, and what it changed", async () => {
    const { page } = await openPage(browser, url(founding));
    await page.getByText("step 8", { exact: true }).click();
    expect(await page.locator(".stepper h2").textContent()).toBe("CPU2: migrate");
    expect(await page.locator(".stepper .events").textContent()).toContain("huge page#1 (rw, dirty) -> none");
    expect(await page.locator(".stepper h3").first().textContent()).toMatch(/^kernel\/mm\/rmap\.c:186 try_to_unmap_one\(\)$/);
    expect(await page.locator(".stepper .code .now").textContent()).toMatch(/^186/);
    expect(await page.locator(".stepper tr.changed").first().textContent()).toBe(
      "PMD entry of B 0x140000000huge page#1 (rw, dirty) \u2192 0",
    );
  });

  const texts = (page: Page, selector: string): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((g) =>
      [...g.querySelectorAll("text")].map((t) => t.textContent).filter((t) => t !== "").join(" "))`);

  it("draws the machine: a shared table once, what the step changed, what is stale, and pages that are gone", async () => {
    const { page } = await openPage(browser, url(founding));
    await page.getByText("step 8", { exact: true }).click();
    expect(await page.locator(".machine .box .title", { hasText: "shared PMD table" }).count()).toBe(1);
    // Two tables lead there: edges that end inside its box.
    const into = await page.evaluate(`(() => {
      const box = [...document.querySelectorAll(".machine .box")].find((b) => b.querySelector(".title").textContent === "shared PMD table");
      const { x, y, width } = box.querySelector(".frame").getBBox();
      const ends = [...document.querySelectorAll(".machine .edge")].filter((e) => e.getAttribute("d") !== "").map((e) => e.getPointAtLength(e.getTotalLength()));
      return ends.filter((p) => Math.abs(p.y - y) < 3 && p.x > x && p.x < x + width).length;
    })()`);
    expect(into).toBe(2);
    const both = ["0x40000000", "0x140000000"].map((va) => `\u25cf ${va}: STALE, huge page#1 (rw, dirty)`);
    expect(await texts(page, ".machine .part.stale")).toEqual(both);
    expect(await texts(page, ".machine .part.changed")).toEqual(["\u25cf 0x40000000 of A, 0x140000000 of B: none", ...both]);
    expect(await page.locator(".machine .edge.stale").count()).toBe(2);
    await page.keyboard.press("ArrowRight");
    expect(await texts(page, ".machine .part.stale")).toEqual(["0x140000000: STALE, huge page#1 (rw, dirty)"]);
    expect(await texts(page, ".machine .part.changed")).toEqual(["\u25cf 0x40000000: as the tables"]);
    await page.keyboard.press("End");
    expect(await texts(page, ".machine .box.gone")).toEqual(["huge page#1: gone"]);
    // Back again, it is as it was.
    await page.keyboard.press("Home");
    expect(await texts(page, ".machine .box.gone, .machine .part.stale")).toEqual([]);
  });

  it("draws the flush that came and the one that did not", async () => {
    const { page } = await openPage(browser, url(founding));
    expect(await page.locator(".wide .arrow:not(.missed)").count()).toBe(1);
    expect(await page.locator(".wide .arrow.missed").count()).toBe(1);
    expect(await page.locator(".wide .kept.decisive").count()).toBe(1);
  });

  it.each(SCREENS)("is readable and accessible: $width pixels, $theme", async (screen) => {
    const { page } = await openPage(browser, url(founding), screen);
    await expectNoSidewaysScroll(page);
    expect(await page.locator(`.pictures .${screen.width < 860 ? "narrow" : "wide"}`).isVisible()).toBe(true);
    expect(await page.locator(`.pictures .${screen.width < 860 ? "wide" : "narrow"}`).isVisible()).toBe(false);
    expect(await inaccessible(page)).toEqual([]);
    // No text runs over another lane, or out of the picture.
    const out =
      await page.evaluate(`[...document.querySelectorAll(".picture text")].filter((t) => t.getClientRects().length > 0).filter((t) => {
      const box = t.getBoundingClientRect(), all = t.closest("svg").getBoundingClientRect();
      return box.right > all.right + 1 || box.left < all.left - 1 || box.bottom > all.bottom + 1;
    }).map((t) => t.textContent)`);
    expect(out).toEqual([]);
  });

  it("prints the picture and what it means, on white, without what only a screen can do", async () => {
    const { page } = await openPage(browser, url(founding), { width: 1280, theme: "dark" });
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".stepper").isVisible()).toBe(false);
    expect(await page.locator(".wide").isVisible()).toBe(true);
    expect(await page.locator(".facts").isVisible()).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.documentElement).getPropertyValue("--ground")')).toBe("#fff");
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
  });

  const write = (name: string, given: Partial<Story>, scenario = "a.c", source = ""): string => {
    const file = join(dir, name);
    const script = readFileSync(join(packageRoot, "dist/page/viewer.js"), "utf8");
    const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("base64");
    writeFileSync(
      file,
      htmlFile(
        viewOf({ ...violation(given), scenario }, () => source),
        { script, sha256 },
      ),
    );
    return url(file);
  };

  it("shows a stranger's text as text, and runs none of it", async () => {
    const evil = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
    const rows = story.rows.map((r) => ({ ...r, text: evil, site: { ...r.site, func: evil }, stack: [{ ...r.site, func: evil }] }));
    const changes = (story.changes ?? []).map((c) => ({ ...c, name: evil, value: evil }));
    const { page, complaints } = await openPage(
      browser,
      write("evil.html", { rows, changes, closing: [evil] }, evil, `${evil}\n`.repeat(60)),
    );
    for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowLeft");
    expect(await page.title()).toBe(`${evil}: lost write`);
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.locator(".stepper .events").textContent()).toContain(evil);
    expect(complaints).toEqual([]);
  });

  it("steps through 2,000 steps without blocking", async () => {
    const steps = 2000;
    const running = Array.from({ length: steps }, (_, i) => (i % 40 === 0 ? 1 : 2));
    const rows = running.map((thread, i) => ({
      ...story.rows[5]!,
      steps: [i + 1, i + 1] as const,
      thread,
      column: thread,
      text: `reads word[${i}] = ${i}`,
    }));
    const fail = { ...story.rows.at(-1)!, steps: [steps, steps] as const };
    const changes = running.map((thread, i) => ({ ...story.changes![2]!, step: i + 1, thread, name: `word[${i % 300}]` }));
    const parts = Array.from({ length: 60 }, (_, i) => ({ box: i % 12 }));
    const partAt = (part: number, step: number) =>
      [part, { name: `part ${part}`, value: `${step}`, to: 6 + (step % 6), stale: step % 3 === 0 }] as const;
    const machine: MachineView = {
      kinds: ["tables", "pages"],
      boxes: Array.from({ length: 12 }, (_, i) => ({ kind: i < 6 ? "tables" : "pages" })),
      parts,
      steps: Array.from({ length: steps + 1 }, (_, step) => ({
        boxes: step > 0 ? [] : Array.from({ length: 12 }, (_, i) => [i, `box ${i}`] as const),
        parts: step > 0 ? [partAt(step % 60, step)] : parts.map((_, part) => partAt(part, 0)),
      })),
    };
    const { page, complaints } = await openPage(browser, write("long.html", { steps, running, rows: [...rows, fail], changes, machine }));
    const [median = 0, most = 0, worst = 0] = await page.evaluate<number[]>(`new Promise((done) => {
      const times = [];
      const next = (i) => {
        if (i === 200) { times.sort((a, b) => a - b); done([times[100], times[190], times[199]]); return; }
        const before = performance.now();
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
        document.body.offsetHeight;
        times.push(performance.now() - before);
        requestAnimationFrame(() => next(i + 1));
      };
      next(0);
    })`);
    expect(await where(page)).toBe(`step ${steps - 200} of ${steps}`);
    console.log(`a step of 2,000: ${[median, most, worst].map((ms) => `${ms.toFixed(1)} ms`).join(", ")} (median, 95 of 100, the worst)`);
    // A frame has 17 ms. The worst is of a machine that may have four other tests to run.
    // Of a long story only what is near is painted; paper gets all.
    const near = (): Promise<number> =>
      page.evaluate('[...document.querySelectorAll(".wide .stretch")].filter((g) => getComputedStyle(g).display !== "none").length');
    const all = await page.locator(".wide .stretch").count();
    expect(all).toBe(100);
    expect(await near()).toBeLessThan(all / 2);
    await page.emulateMedia({ media: "print" });
    expect(await near()).toBe(all);
    expect([median < 17, most < 50]).toEqual([true, true]);
    expect(complaints).toEqual([]);
  });
});
