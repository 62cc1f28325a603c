/**
 * The page in a real browser, as `shootdown serve` gives it: scenarios of the list, stepping, editing with clang, Cancel, permalinks, and what
 * goes wrong. And the server itself: whom it answers, and with what.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkText } from "../../page/permalink.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { type Serving, serveSite } from "../../src/site/server.ts";
import { run } from "../cli/run.ts";
import { type Answer, type Asked, askServer } from "./ask.ts";
import { because, expectNoSidewaysScroll, inaccessible, launch, missing, openPage, SCREENS } from "./chromium.ts";
import { buildSite } from "./site-build.ts";

let serving: Serving;
const dir = mkdtempSync(join(tmpdir(), "shootdown-site-"));
beforeAll(async () => {
  buildSite(dir);
  serving = await serveSite(0, dir);
});
afterAll(async () => {
  await serving.close();
  rmSync(dir, { recursive: true, force: true });
});

const compressed = (file: string): number => (file.endsWith(".gzip") ? readFileSync(file) : gzipSync(readFileSync(file))).length;

const ask = (path: string, given: Asked = {}): Promise<Answer> => askServer(serving.url, path, given);

describe("the server", () => {
  it("isolates the page and allows it its own code alone", async () => {
    const { status, headers, text } = await ask("/");
    expect(status).toBe(200);
    expect(text).toContain("<title>shootdown</title>");
    expect(headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "x-content-type-options": "nosniff",
      "content-type": "text/html; charset=utf-8",
    });
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).not.toContain("unsafe-inline");
    // A static site has no headers: the page says the same itself.
    expect(text).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  });

  it.each([
    "/../package.json",
    "/..%2fpackage.json",
    "/assets/../../package.json",
    "//etc/passwd",
    "/data",
    "/clang/../package.json",
    "/nothing",
  ])("has no file %s", async (path) => expect((await ask(path)).status).toBe(404));

  it("answers this machine by its own names only, and takes nothing", async () => {
    expect((await ask("/", { host: "evil.example" })).status).toBe(421);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
    expect(await ask("/data/site.json", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
  });

  it("listens on loopback alone, and says so", async () => {
    expect(serving.url).toMatch(/^http:\/\/localhost:\d+\/$/);
    await expect(serveSite(Number(new URL(serving.url).port), dir)).rejects.toThrow("it is taken");
  });

  it("says what to do where there is no page", async () => {
    await expect(serveSite(0, join(dir, "assets"))).rejects.toThrow("the page is not there");
  });

  it.skipIf(!existsSync(join(packageRoot, "dist/web/index.html")))("ends at Ctrl-C", async () => {
    const child = spawn(process.execPath, [join(packageRoot, "bin/shootdown.js"), "serve", "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = await new Promise<string>((resolve) => child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString())));
    expect(said).toMatch(/^http:\/\/localhost:\d+\/\n.*127\.0\.0\.1/);
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
  });

  it("gives data without a path of the machine that made it", async () => {
    const { text } = await ask("/data/site.json");
    expect(text).not.toContain(process.cwd());
    expect(JSON.parse(text)).toMatchObject({
      scenarios: expect.arrayContaining([expect.objectContaining({ id: "pmd-sharing", kernel: "4.19" })]),
    });
  });
});

describe.skipIf(missing !== undefined)(because("the page"), () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  const open = (fragment = "", screen = SCREENS[0]!) => openPage(browser, `${serving.url}${fragment}`, screen);
  const headline = (page: Page): Promise<string | null> =>
    page.locator(".result h1, .result .alone h2:not(:has-text('...'))").first().textContent({ timeout: 60_000 });
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const type = async (page: Page, from: string, to: string): Promise<void> => {
    await page.locator(".cm-line", { hasText: from }).first().click();
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+End");
    await page.keyboard.type(to);
  };

  it("checks the founding bug as it opens, and the fix at a click", async () => {
    const { page, complaints, requests } = await open();
    expect(await headline(page)).toBe("corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c: lost write");
    const took = await page.evaluate<number>("performance.now()");
    console.log(`the first verdict of the page after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(8000);
    // What has to be there before: without clang and the editor.
    const files = [...new Set(requests)].filter((url) => url.startsWith(serving.url) && !/\/editor-/.test(url));
    const size = files.reduce((sum, url) => sum + compressed(join(dir, new URL(url).pathname.replace(/\/$/, "/index.html"))), 0);
    console.log(`the first load: ${Math.round(size / 1000)} kB compressed`);
    expect(size).toBeLessThan(400_000);
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    await page.locator(".scenarios li.chosen").getByRole("button", { name: "fixed" }).click();
    expect(await headline(page)).toBe("none within bounds");
    // As many states as the command finds.
    const { out } = await run(["check", "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", "-DFIX=1"]);
    expect(await page.locator(".result .facts").textContent()).toContain(/^[\d,]+ states, [\d,]+ transitions, depth \d+/m.exec(out)?.[0]);
    expect(page.url()).toContain("#s=pmd-sharing&v=1");
    expect(requests.filter((url) => !url.startsWith(serving.url) && !url.startsWith("data:"))).toEqual([]);
    // clang is fetched only where something was edited.
    expect(requests.filter((url) => url.includes("/clang/"))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("is what docs/page.md shows: UPDATE_DOCS=1 takes the picture again", async () => {
    const { page } = await open();
    await headline(page);
    await page.locator(".cm-step").waitFor();
    // With the machine in a state that says something.
    await page.getByText("step 8", { exact: true }).click();
    await page.evaluate("scrollTo(0, 0)");
    const png = await page.screenshot(process.env.UPDATE_DOCS === undefined ? {} : { path: join(packageRoot, "docs/page.png") });
    expect(png.length).toBeGreaterThan(50_000);
    expect(existsSync(join(packageRoot, "docs/page.png"))).toBe(true);
    const report = await open("findings/4.4-invalidate.html");
    await report.page.setViewportSize({ width: 1280, height: 700 });
    await report.page.screenshot(process.env.UPDATE_DOCS === undefined ? {} : { path: join(packageRoot, "docs/report-page.png") });
    expect(existsSync(join(packageRoot, "docs/report-page.png"))).toBe(true);
  });

  it("plays the story to whoever comes without a link, until it ends or the reader takes over", async () => {
    const { page } = await openPage(browser, serving.url, SCREENS[0]!, "no-preference");
    const where = () => page.locator(".stepper output").textContent({ timeout: 60_000 });
    const player = page.getByRole("button", { name: "Play the story" });
    expect(await headline(page)).toContain("lost write");
    const began = Date.now();
    const seen = new Set<string | null>();
    while ((await player.getAttribute("aria-pressed")) === "true") {
      seen.add(await where());
      expect(Date.now() - began).toBeLessThan(40_000);
      await page.waitForTimeout(100);
    }
    expect(seen.size).toBeGreaterThan(5);
    expect(await where()).toBe("step 29 of 29");
    console.log(`the first story is played in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    // Again, and a key stops it.
    await player.click();
    await expect.poll(where).not.toBe("step 29 of 29");
    await page.keyboard.press("End");
    expect(await player.getAttribute("aria-pressed")).toBe("false");
    await page.waitForTimeout(1200);
    expect(await where()).toBe("step 29 of 29");
  });

  it("shows the machine below the editor, and what a step changed in it", async () => {
    const { page } = await open("#s=pmd-sharing&v=0");
    await headline(page);
    await page.getByText("step 8", { exact: true }).click();
    expect(await page.locator(".code .machine .part.stale").count()).toBe(2);
    expect(await page.locator(".code .machine .box .title", { hasText: "shared PMD table" }).count()).toBe(1);
    await page.locator(".scenarios li.chosen").getByRole("button", { name: "fixed" }).click();
    expect(await headline(page)).toBe("none within bounds");
    expect(await page.locator(".machine").count()).toBe(0);
    // In little width it stands with the source.
    const narrow = await open("#s=pmd-sharing&v=0", SCREENS[2]);
    await headline(narrow.page);
    await narrow.page.getByRole("button", { name: "Source and state" }).click();
    expect(await narrow.page.locator(".stepper .machine").isVisible()).toBe(true);
    await expectNoSidewaysScroll(narrow.page);
    expect(await inaccessible(narrow.page)).toEqual([]);
  });

  it("steps through the picture by keys, with the line in the editor", async () => {
    const { page } = await open();
    await headline(page);
    await page.locator(".cm-step").waitFor();
    expect(await page.locator(".cm-step").textContent()).toContain("sd_user_write_any");
    await page.keyboard.press("ArrowLeft");
    expect(await page.locator(".stepper output").textContent()).toBe("step 28 of 29");
    await page.getByText("step 9", { exact: true }).click();
    expect(await page.locator(".stepper .events").textContent()).toContain("flushes 0x40000000");
  });

  it("compiles what is edited, and checks it: a line that mends the bug, and undoing it", { timeout: 120_000 }, async () => {
    const { page, complaints } = await open("#s=move&v=0");
    expect(await headline(page)).toBe("move.c: lost write");
    await type(page, "if (FIX)", "\tif (1)");
    await type(page, "if (!FIX)", "\tif (0)");
    await button(page, "Check").click();
    expect(await headline(page)).toBe("none within bounds");
    expect(await page.locator(".file").textContent()).toContain("(edited)");
    // The same link in another tab: the same C, the same verdict.
    const again = await openPage(browser, page.url());
    await expect.poll(() => headline(again.page), { timeout: 60_000 }).toBe("none within bounds");
    expect(await again.page.locator(".file").textContent()).toContain("(edited)");
    await type(page, "if (1)", "\tif (0)");
    await page.keyboard.press("Control+Enter");
    expect(await headline(page)).toBe("move.c: freed page access");
    expect(complaints).toEqual([]);
  });

  it("shows what clang says at its line, and loses nothing of the text", { timeout: 120_000 }, async () => {
    const { page } = await open("#s=move&v=0");
    await headline(page);
    await type(page, "put_page(old);", "\tput_page(nobody);");
    await button(page, "Check").click();
    expect(await headline(page)).toBe("The C does not compile");
    expect(await page.locator(".result pre").textContent()).toMatch(/^move\.c:\d+:\d+: error: use of undeclared identifier 'nobody'/);
    await page.locator(".cm-lint-marker-error").waitFor();
    expect(await page.locator(".cm-content").textContent()).toContain("put_page(nobody);");
    // What it cannot do is refused in words.
    await page.locator(".tools input").fill("--tree 6.1");
    await button(page, "Check").click();
    expect(await page.locator(".result .alone p").first().textContent()).toContain("--tree is not for the page");
  });

  it("counts while it searches, on several processors, and stops when asked to", { timeout: 180_000 }, async () => {
    const { page, requests } = await open();
    await headline(page);
    await page.locator(".tools input").fill("-DFIX=1 -DNCPU=4 -DNV=2 -DROUNDS=3");
    await button(page, "Check").click();
    await page.locator(".result .counts").waitFor({ timeout: 120_000 });
    const first = await page.locator(".result .counts").textContent();
    await expect.poll(() => page.locator(".result .counts").textContent()).not.toBe(first);
    const longest = await page.evaluate<number>(`new Promise((done) => {
      let last = performance.now(), worst = 0, n = 0;
      const look = (now) => { worst = Math.max(worst, now - last); last = now; if (++n < 60) requestAnimationFrame(look); else done(worst); };
      requestAnimationFrame(look);
    })`);
    console.log(`the longest frame while a search runs: ${Math.round(longest)} ms`);
    // They begin after a second, and go on with the same counts.
    if ((await page.evaluate<number>("navigator.hardwareConcurrency")) > 1)
      await expect.poll(() => requests.filter((url) => url.includes("/search-worker-")).length, { timeout: 20_000 }).toBeGreaterThan(0);
    const alone = await page.locator(".result .counts").textContent();
    await expect.poll(() => page.locator(".result .counts").textContent(), { timeout: 20_000 }).not.toBe(alone);
    await button(page, "Cancel").click();
    expect(await headline(page)).toBe("inconclusive");
    expect(await page.locator(".result .alone p").first().textContent()).toContain("Stopped by the user");
    expect(await page.locator(".result .facts").textContent()).toMatch(/[\d,]{4,} states/);
    expect(await page.locator(".tools input").inputValue()).toBe("-DFIX=1 -DNCPU=4 -DNV=2 -DROUNDS=3");
  });

  it("takes misuse of the model for bad input, as the command does", { timeout: 120_000 }, async () => {
    const { page } = await open();
    await headline(page);
    await page.locator(".tools input").fill("-DFIX=1 -DNCPU=6 -DNV=3");
    await page.keyboard.press("Enter");
    expect(await headline(page)).toBe("Bad input: nothing was decided");
    expect(await page.locator(".result .alone").textContent()).toMatch(/SD303 corpus\/D01.*:\d+: The scenario has more CPUs than NR_CPUS/);
  });

  it("checks other parameters of a scenario of the list without clang, and links them", async () => {
    const { page, requests } = await open("#s=invalidate&o=-DUSER%3Dgru%20-DDESIGN%3D1%20-DPAGE%3D2%20-DMMS%3D2");
    expect(await headline(page)).toBe("corpus/F01-4.4-invalidate/invalidate.c: lost write");
    expect(await page.locator(".tools input").inputValue()).toBe("-DUSER=gru -DDESIGN=1 -DPAGE=2 -DMMS=2");
    await page.locator(".tools input").fill("-DUSER=gru -DDESIGN=6 -DPAGE=2 -DMMS=2");
    await page.keyboard.press("Enter");
    expect(await headline(page)).toBe("none within bounds");
    expect(page.url()).toContain("#s=invalidate&o=-DUSER%3Dgru%20-DDESIGN%3D6");
    expect(await page.locator(".facts").textContent()).toContain(
      "command: shootdown check corpus/F01-4.4-invalidate/invalidate.c -DUSER=gru",
    );
    expect(requests.filter((url) => url.includes("/clang/"))).toEqual([]);
    await page.locator(".tools input").fill("-DUSER=nobody");
    await page.keyboard.press("Enter");
    expect(await headline(page)).toBe("Bad input: nothing was decided");
  });

  it.each(["#c=broken", "#s=unknown&v=0", "#s=move&v=99"])("says that the link %s is broken, and shows what it has", async (fragment) => {
    const { page } = await open(fragment);
    expect(await page.locator(".problem").textContent()).toContain("link");
    expect(await headline(page)).toContain("lost write");
  });

  it("shows a stranger's C as text, and runs none of it", { timeout: 120_000 }, async () => {
    const evil = `<img src=x onerror=document.title='run'>`;
    const text = `#include <shootdown/scenario.h>\nint x;\nstatic void one(void *u) { if (READ_ONCE(x)) __sd_fail("${evil}", "${evil}", 0, 0, 0); }\nstatic void two(void *u) { WRITE_ONCE(x, 1); }\nvoid scenario(void)\n{\n\tsd_cpu_run(0, NULL, "${evil}", one, NULL);\n\tsd_cpu_run(1, NULL, "b", two, NULL);\n}\n`;
    const { page, complaints } = await open(await linkText({ kind: "own", id: "move", text, options: "" }));
    expect(await headline(page)).toBe(`move.c: ${evil.replaceAll("-", " ")}`);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("shootdown");
    expect(complaints).toEqual([]);
  });

  it("says so where workers or the data are blocked", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route("**/check-worker-*", (route) => route.abort());
    await page.goto(serving.url);
    expect(await headline(page)).toBe("not decided");
    expect(await page.locator(".result").textContent()).toContain("the check could not run here");
    await page.unroute("**/check-worker-*");
    await page.route("**/site.json", (route) => route.abort());
    await page.reload();
    expect(await page.locator(".problem").textContent()).toContain("site.json cannot be fetched");
  });

  it("keeps the text where clang cannot be fetched", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route("**/clang/**", (route) => route.abort());
    await page.goto(`${serving.url}#s=move&v=0`);
    await headline(page);
    await type(page, "put_page(old);", "\tput_page(old); /* mine */");
    await button(page, "Check").click();
    expect(await headline(page)).toBe("not decided");
    expect(await page.locator(".result").textContent()).toContain("clang is not at hand in this browser");
    expect(await page.locator(".cm-content").textContent()).toContain("/* mine */");
  });

  it.each(SCREENS)("is readable and accessible: $width pixels, $theme", async (screen) => {
    const { page } = await open("", screen);
    await headline(page);
    await page.locator(".cm-content").waitFor();
    await expectNoSidewaysScroll(page);
    expect(await inaccessible(page)).toEqual([]);
    await openScenarios(page);
    await page.locator(".scenarios li.chosen").getByRole("button", { name: "fixed" }).click();
    expect(await headline(page)).toBe("none within bounds");
    expect(await inaccessible(page)).toEqual([]);
  });

  interface Kept {
    readonly cells: readonly { readonly verdict: string }[];
  }

  it("has the report as a page, each cell of which leads to its own check", async () => {
    const { cells } = JSON.parse(readFileSync(join(packageRoot, "docs/findings/4.4-invalidate.json"), "utf8")) as Kept;
    const asked = cells.filter(({ verdict }) => verdict !== "skipped");
    const { page, complaints } = await open("findings/4.4-invalidate.html");
    expect(await page.locator(".grid td a").count()).toBe(asked.length);
    expect(await page.locator(".grid td.bad a").count()).toBe(cells.filter(({ verdict }) => verdict === "violation").length);
    const bad = page.locator(".grid td.bad a", { hasText: "LW" }).first();
    expect(await bad.getAttribute("aria-label")).toMatch(/^huge page, not shareable, kvm \(4k\), was: LW\+$/);
    await bad.click();
    expect(await headline(page)).toBe("corpus/F01-4.4-invalidate/invalidate.c: lost write");
    expect(await page.locator(".picture .mark.fail").count()).toBeGreaterThan(0);
    await page.goBack();
    await page.locator(".grid td.good a").first().click();
    expect(await headline(page)).toBe("none within bounds");
    expect(complaints).toEqual([]);
  });

  // The table of all cells is long to look at: each width and each theme once.
  it.each([SCREENS[0]!, SCREENS[3]!])(
    "has findings that are readable and accessible: $width pixels, $theme",
    { timeout: 120_000 },
    async (screen) => {
      for (const { href } of await findings()) {
        const { page, complaints } = await open(href, screen);
        await expectNoSidewaysScroll(page);
        // axe looks at each of a thousand cells: some are enough.
        await page.evaluate(`document.querySelectorAll(".grid").forEach((grid, i) => { if (i > 3) grid.remove(); })`);
        expect(await inaccessible(page)).toEqual([]);
        expect(await page.locator("h1").count()).toBe(1);
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    },
  );

  it("leads to the findings, and they lead nowhere that is not there", async () => {
    const { page } = await open("#s=pmd-sharing&v=0");
    await headline(page);
    const all = await findings();
    expect(all.length).toBeGreaterThanOrEqual(4);
    expect(await page.locator(".scenarios section a").count()).toBe(all.length);
    for (const { href, title } of all) {
      const { status, text } = await ask(`/${href}`);
      expect([status, text.includes(`<title>`), title.length > 0]).toEqual([200, true, true]);
      for (const [, to = ""] of text.matchAll(/ href="([^"#]*)[^"]*"/g)) {
        if (to === "" || to === "../" || to.startsWith("data:") || to.startsWith("https://")) continue;
        expect((await ask(`/findings/${to}`)).status).toBe(200);
      }
    }
  });

  const findings = async (): Promise<readonly { readonly href: string; readonly title: string }[]> =>
    (JSON.parse((await ask("/data/site.json")).text) as { findings: readonly { href: string; title: string }[] }).findings;

  const openScenarios = async (page: Page): Promise<void> => {
    if ((await page.locator(".scenarios details").getAttribute("open")) === null) await page.locator(".scenarios summary").click();
  };
});
