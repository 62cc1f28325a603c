/**
 * The verdict as a person reads it: the answer first, then the story, then what was searched and
 * within which bounds.
 *
 * Plain ASCII. With a violation everything but what only a quotation needs fits `lines` lines if
 * the story can be folded that far without harm, and everything down to the closing sentence if it
 * can be folded that far at all.
 */
import type { RaceReport, RaceSide } from "../explain/describe-races.ts";
import type { Story } from "../explain/story.ts";
import { type Palette, plain } from "./palette.ts";
import { storyTable } from "./story-text.ts";
import { type Bounds, type Common, statesPerSecond, type Verdict } from "./verdict.ts";
import { wrap } from "./wrap.ts";

export interface TextOptions {
  readonly width: number;
  /** undefined: tell everything. */
  readonly lines: number | undefined;
  readonly palette: Palette;
  /** For a mail: what the verdict depends on is written so that it can stand under a Tested-by. */
  readonly quote: boolean;
  /** Last lines: how to replay, how to see more. */
  readonly hints: readonly string[];
}

export const TEXT_DEFAULTS: TextOptions = { width: 100, lines: 30, palette: plain, quote: false, hints: [] };
export const MAIL_WIDTH = 72;
/**
 * A mail is scrolled anyway, and its columns are narrow: nothing that matters is folded for a
 * screen's sake.
 */
export const MAIL_LINES = 50;

export function reportText(verdict: Verdict, given: Partial<TextOptions> = {}): string {
  const options = { ...TEXT_DEFAULTS, ...given };
  const hints = options.hints.flatMap((hint) => wrap(hint, options.width, 2)).map(options.palette.faint);
  const foot = ["", ...simplicity(verdict, options), ...facts(verdict, options), ...races(verdict, options), ...hints];
  const head = headline(verdict, options.palette);
  const doubts = remarks(verdict, options);
  const above = [head, ...doubts, ...body(verdict, options, foot.length + doubts.length + 1)];
  // Whoever scrolls up reads it first, whoever does not reads it last.
  return `${[...above, ...foot, ...provenance(verdict, options), head, ...doubts].join("\n")}\n`;
}

/** The lines below a story: what was searched, within which bounds, and what the verdict depends on. */
export function footLines(verdict: Verdict, width: number): string[] {
  const options = { ...TEXT_DEFAULTS, width };
  return [...simplicity(verdict, options), ...facts(verdict, options), ...races(verdict, options), ...provenance(verdict, options)];
}

export function headline(verdict: Verdict, palette: Palette): string {
  switch (verdict.kind) {
    case "none":
      return `${verdict.scenario}: ${palette.good("none within bounds")}`;
    case "violation":
      return `${verdict.scenario}: ${palette.bad(`${verdict.violation.failure.klass.replaceAll("-", " ")} (violation)`)}`;
    case "inconclusive":
      return `${verdict.scenario}: ${palette.doubt(`inconclusive: stopped ${verdict.reason}`)}`;
  }
}

function body(verdict: Verdict, options: TextOptions, foot: number): string[] {
  if (verdict.kind !== "violation") return [];
  const { story } = verdict.violation;
  const closing = wrap(story.closing.join(" "), options.width);
  // The headline, two empty lines and the closing come on top of the table.
  const lines = options.lines === undefined ? undefined : options.lines - 3 - closing.length;
  const wish = lines === undefined ? undefined : lines - foot;
  return [
    "",
    ...storyTable(story, { width: options.width, lines, wish, palette: options.palette }),
    "",
    ...closing.map(options.palette.strong),
    ...(options.quote ? [] : placeOf(verdict.violation.story, verdict.violation.failure.klass).map(options.palette.faint)),
  ];
}

/** Where it happens, as editors know where to jump. */
function placeOf(story: Story, klass: string): string[] {
  const row = story.rows.find((r) => r.kind === "fail");
  if (row === undefined || row.site.line === 0 || row.site.file === "") return [];
  return [`${row.site.file}:${row.site.line}: ${klass.replaceAll("-", " ")} in ${row.site.func}()`];
}

function remarks(verdict: Common, { width, palette }: TextOptions): string[] {
  return verdict.remarks.flatMap((remark) => wrap(`note: ${remark}`, width, 2)).map(palette.doubt);
}

/** What the verdict depends on, for whoever quotes it. */
function provenance(verdict: Verdict, options: TextOptions): string[] {
  const { width, palette, quote } = options;
  const p = verdict.provenance;
  const bounds = p.model.filter((m) => m.bounds !== undefined).map((m) => `${m.bounds} ${number(m.value)}`);
  const lines = [
    `shootdown ${p.version}, ${p.kernel}, ${p.compiler}`,
    ...(bounds.length > 0 ? [`bounds of the model: ${bounds.join(", ")}`] : []),
    ...(p.command === "" ? [] : [`command: ${p.command}`]),
  ];
  if (!quote) return lines.flatMap((line) => wrap(line, width, 2)).map(palette.faint);
  const { states } = verdict.counts;
  const found = `${headline({ ...verdict, scenario: "found" }, plain).replace("found: ", "")}, ${amount(states, "state")}, ${boundsText(verdict.bounds)}`;
  const quoted = [...lines, ...verdict.remarks.map((remark) => `note: ${remark}`), found].flatMap((line) => wrap(line, width - 2, 2));
  return ["", "To stand under a Tested-by:", ...quoted.map((line) => `# ${line}`), ""];
}

/** Said only where it is not as one expects. */
function simplicity(verdict: Verdict, { width, palette }: TextOptions): string[] {
  if (verdict.kind !== "violation" || verdict.violation.shortest) return [];
  return wrap("There may be a shorter schedule: looking for it took too long.", width, 2).map(palette.doubt);
}

function facts(verdict: Common, { width, palette }: TextOptions): string[] {
  const { counts } = verdict;
  const perSecond = statesPerSecond(counts);
  const work = [
    amount(counts.states, "state"),
    amount(counts.transitions, "transition"),
    `depth ${number(counts.depth)}`,
    `${seconds(counts.seconds)}${perSecond > 0 ? ` (${number(perSecond)} states/s)` : ""}`,
    // A browser does not tell.
    ...(counts.memoryBytes > 0 ? [bytes(counts.memoryBytes)] : []),
    ...(counts.passes > 1 ? [amount(counts.passes, "pass", "passes")] : []),
  ];
  const lines = [
    work.join(", "),
    `bounds: ${boundsText(verdict.bounds)}`,
    `chance that a state was missed: ${chance(verdict.missProbability)}`,
  ];
  return lines.flatMap((line) => wrap(line, width, 2)).map(palette.faint);
}

function boundsText(bounds: Bounds): string {
  const limits = [
    bounds.preemptions === undefined ? "any number of preemptions" : `at most ${amount(bounds.preemptions, "preemption")}`,
    ...(bounds.maxStates === undefined ? [] : [`${number(bounds.maxStates)} states`]),
    ...(bounds.maxDepth === undefined ? [] : [`depth ${number(bounds.maxDepth)}`]),
    ...(bounds.maxSeconds === undefined ? [] : [seconds(bounds.maxSeconds)]),
    ...(bounds.maxMemoryBytes === undefined ? [] : [bytes(bounds.maxMemoryBytes)]),
    ...(bounds.memory === "tso" ? ["stores that wait in store buffers (--memory tso)"] : []),
    `merging ${bounds.merging} (${amount(bounds.sharedWords, "shared word")})`,
    ...(bounds.assumed === 0 ? [] : [`${amount(bounds.assumed, "path")} abandoned by the scenario`]),
    ...(bounds.model ?? []),
    ...Object.entries(bounds.defines).map(([name, value]) => (value === "" ? name : `${name}=${value}`)),
  ];
  return limits.join(", ");
}

function races(verdict: Common, { width, palette }: TextOptions): string[] {
  if (verdict.races === undefined) {
    const { merging, memory } = verdict.bounds;
    const why = merging === "none" ? "--merge none" : memory === "tso" ? "--memory tso" : "--engine interpreter";
    return [palette.faint(`data races: not looked for (${why})`)];
  }
  if (verdict.races.length === 0) return [palette.faint("data races: none")];
  const each = verdict.races.flatMap((race) => [
    ...wrap(`  ${raceText(race)}`, width - 2, 2).map((line) => `  ${line}`),
    ...sourcesOf(race).map((line) => palette.faint(line)),
  ]);
  return [palette.doubt(`data races: ${verdict.races.length}`), ...each];
}

/** What the two lines say, each once, as editors know where to jump. */
function sourcesOf(race: RaceReport): string[] {
  const sides = race.accesses.filter((s) => s.source !== "");
  return [...new Set(sides.map((s) => `${s.file}:${s.line}: ${s.source}`))];
}

/**
 * A full path says much about a machine and little about a file: its last folder is enough to know
 * it.
 */
const shortPath = (file: string): string => (/^([\\/]|[A-Za-z]:)/.test(file) ? file.split(/[\\/]/).slice(-2).join("/") : file);

export function raceText(race: RaceReport): string {
  const side = (s: RaceSide): string =>
    `${s.thread} ${s.marked ? "" : "plainly "}${s.write ? "writes" : "reads"} it in ${s.function} (${shortPath(s.file)}:${s.line})`;
  return `${race.variable}: ${side(race.accesses[0])} while ${side(race.accesses[1])}`;
}

export const number = (n: number): string =>
  Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
const amount = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`;

export function seconds(s: number): string {
  if (s < 10) return `${s.toFixed(2)} s`;
  if (s < 120) return `${s.toFixed(0)} s`;
  return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
}

export function bytes(n: number): string {
  const mib = n / 1048576;
  if (mib < 1) return `${Math.ceil(n / 1024)} KiB`;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}

/** "1 in 2.6e9". */
export function chance(p: number): string {
  if (p <= 0) return "none";
  const one = 1 / p;
  if (one < 1000) return `1 in ${Math.max(1, Math.round(one))}`;
  return `1 in ${one.toExponential(1).replace("e+", "e")}`;
}
