/** Debian's Chromium, driven by playwright-core; tests that need it are skipped, with the reason, where it is missing. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const CHROMIUM =
  process.env.SHOOTDOWN_CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

/** Why there is no browser, or undefined. */
export const missing: string | undefined =
  CHROMIUM === undefined ? "no Chromium: apt-get install chromium, or set SHOOTDOWN_CHROMIUM" : undefined;

/** As a name of a group of tests that is skipped. */
export const because = (what: string): string => (missing === undefined ? what : `${what} (skipped: ${missing})`);

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });

export interface Watched {
  readonly page: Page;
  /** Everything that a reader of the console would see, refusals by the content security policy among them. */
  readonly complaints: string[];
  readonly requests: string[];
}

export interface Screen {
  readonly width: number;
  readonly theme: "light" | "dark";
}

export const SCREENS: readonly Screen[] = [
  { width: 1280, theme: "light" },
  { width: 1280, theme: "dark" },
  { width: 400, theme: "light" },
  { width: 400, theme: "dark" },
];

/** `motion`: the reader has not asked for less of it, so that a newcomer's story plays. */
export async function openPage(
  browser: Browser,
  url: string,
  { width, theme }: Screen = SCREENS[0]!,
  motion: "reduce" | "no-preference" = "reduce",
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, reducedMotion: motion });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds that is serious or worse, as "rule: element". */
export async function inaccessible(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

/** The page is no wider than the screen, so that nothing has to be scrolled sideways to be read. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [needed = 0, has = 0] = await page.evaluate<number[]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  expect(needed).toBeLessThanOrEqual(has);
}
