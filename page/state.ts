/**
 * What the page knows, as signals, and what can be done: choose a scenario, edit, check, cancel,
 * link. Nothing of the document is here.
 *
 * What stands in the editor is lost by nothing but the reader's own choice of another scenario.
 */
import { batch, computed, signal } from "@preact/signals";
import type { SiteData, SiteScenario, Sources } from "../src/site/site-data.ts";
import type { Progress } from "../src/verify/verify-options.ts";
import { type Complaint, complaintsOf } from "./complaints.ts";
import { fetchSite, fetchSources } from "./fetching.ts";
import { type Link, linkFrom, linkText } from "./permalink.ts";
import { BadC, prepare } from "./prepare.ts";
import { createCompiler, type Outcome, type Run, runCheck } from "./runner.ts";

const BASE = new URL("data/", document.baseURI).href;

export type Shown = Outcome | { readonly kind: "bad C"; readonly stderr: string };

export const data = signal<SiteData | undefined>(undefined);
export const sources = signal<Sources>({});
/** Of the page itself, such as a link that is broken. */
export const problem = signal("");
export const chosen = signal<SiteScenario | undefined>(undefined);
export const text = signal("");
export const options = signal("");
/** What is being done, or "". */
export const doing = signal("");
export const progress = signal<Progress | undefined>(undefined);
export const shown = signal<Shown | undefined>(undefined);
export const complaints = signal<readonly Complaint[]>([]);

export const optionsOf = (defines: readonly string[]): string => defines.map((define) => `-D${define}`).join(" ");

/** The variant of the list that stands there unchanged, or undefined. */
export const variant = computed((): number | undefined => {
  const scenario = chosen.value;
  if (scenario === undefined || text.value !== sources.value[scenario.file]) return undefined;
  const at = scenario.variants.findIndex(({ defines }) => optionsOf(defines) === options.value.trim());
  return at < 0 ? undefined : at;
});

export const edited = computed(() => chosen.value !== undefined && text.value !== sources.value[chosen.value.file]);

let isNew = location.hash === "";

/** Of whoever comes without a link, the first time that it is asked: the first story is played. */
export function newcomer(): boolean {
  const was = isNew;
  isNew = false;
  return was;
}

let running: Run | undefined;
/** Of the check that was asked for last: what an earlier one still says is not heard. */
let current = 0;

const compiler = createCompiler((done, total) => {
  const part = total > 0 ? `${Math.round((100 * done) / total)} %` : `${Math.round(done / 2 ** 20)} MB`;
  if (doing.value !== "") doing.value = `loading clang, once: ${part}`;
});

export async function start(): Promise<void> {
  try {
    const site = await fetchSite(BASE);
    sources.value = await fetchSources(BASE + site.sources);
    data.value = site;
  } catch (error) {
    problem.value = `The page cannot be used: ${wordsOf(error)}`;
    return;
  }
  await followLink();
  addEventListener("hashchange", () => void followLink());
}

let ours = "";

async function followLink(): Promise<void> {
  const { hash } = location;
  if (hash === ours && hash !== "") return;
  const scenarios = data.value?.scenarios ?? [];
  const first = scenarios[0];
  try {
    const link = await linkFrom(hash);
    const scenario = link === undefined ? first : scenarios.find(({ id }) => id === link.id);
    if (scenario === undefined) throw new Error("the link names a scenario that is not here");
    if (link?.kind === "own") {
      batch(() => {
        chosen.value = scenario;
        text.value = link.text;
        options.value = link.options;
        shown.value = undefined;
      });
      await check();
      return;
    }
    if (link?.kind === "optioned") {
      batch(() => {
        chosen.value = scenario;
        text.value = sources.value[scenario.file] ?? "";
        options.value = link.options;
        complaints.value = [];
      });
      await check();
      return;
    }
    if (link !== undefined && scenario.variants[link.variant] === undefined) throw new Error("the link names no variant of its scenario");
    await choose(scenario, link?.variant ?? 0);
  } catch (error) {
    problem.value = `${wordsOf(error)}. What is here is the first scenario instead.`;
    if (chosen.value === undefined && first !== undefined) await choose(first, 0);
  }
}

export async function choose(scenario: SiteScenario, at: number): Promise<void> {
  batch(() => {
    chosen.value = scenario;
    text.value = sources.value[scenario.file] ?? "";
    options.value = optionsOf(scenario.variants[at]?.defines ?? []);
    complaints.value = [];
  });
  await check();
}

export async function check(): Promise<void> {
  const scenario = chosen.value;
  const site = data.value;
  if (scenario === undefined || site === undefined) return;
  running?.end();
  running = undefined;
  const own = ++current;
  batch(() => {
    shown.value = undefined;
    progress.value = undefined;
    complaints.value = [];
    doing.value = "preparing";
  });
  const say = (what: string): void => {
    if (own === current) doing.value = what;
  };
  let outcome: Shown;
  try {
    const wanted = { scenario, variant: variant.value, text: text.value, options: options.value };
    const request = await prepare(wanted, { base: BASE, data: site, sources: sources.value, compiler, doing: say });
    if (own !== current) return;
    running = runCheck(request, {
      doing: say,
      progress: (counts) => {
        if (own !== current) return;
        doing.value = "searching";
        progress.value = counts;
      },
    });
    outcome = await running.outcome;
  } catch (error) {
    outcome = error instanceof BadC ? { kind: "bad C", stderr: error.stderr } : { kind: "failed", message: wordsOf(error) };
  }
  if (own !== current) return;
  running = undefined;
  // First the address, which takes a moment: whoever sees the result can copy it.
  await remember();
  if (own !== current) return;
  batch(() => {
    doing.value = "";
    shown.value = outcome;
    if (outcome.kind === "bad C") complaints.value = complaintsOf(outcome.stderr, scenario.file);
  });
}

export function cancel(): void {
  if (running !== undefined) {
    running.cancel();
    doing.value = "stopping";
    return;
  }
  // clang cannot be stopped; what it makes is not waited for.
  current++;
  doing.value = "";
  shown.value = { kind: "failed", message: "stopped by the user" };
}

/** The address of the page leads to what was checked. */
async function remember(): Promise<void> {
  const scenario = chosen.value;
  if (scenario === undefined) return;
  const at = variant.value;
  ours = await linkText(linkOf(scenario, at));
  history.replaceState(null, "", ours);
}

function linkOf({ id }: SiteScenario, at: number | undefined): Link {
  if (at !== undefined) return { kind: "shipped", id, variant: at };
  if (edited.value) return { kind: "own", id, text: text.value, options: options.value };
  return { kind: "optioned", id, options: options.value };
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
