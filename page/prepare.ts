/**
 * From what stands in the editor to what a checker is asked: the program of the list if nothing was
 * changed; otherwise the scenario is compiled, and those files of the model kernel that one of its
 * macros concerns.
 */
import type { Provenance } from "../src/report/verdict.ts";
import { ROOT, type SiteData, type SiteModel, type SiteScenario, type Sources } from "../src/site/site-data.ts";
import type { CheckRequest } from "./messages.ts";
import { defineName, over, type PageOptions, parseOptions, partDefines, scenarioOptions } from "./own-options.ts";
import type { Compiler } from "./runner.ts";

export interface Wanted {
  readonly scenario: SiteScenario;
  /** Undefined: not one of the list. */
  readonly variant: number | undefined;
  readonly text: string;
  /** As typed. */
  readonly options: string;
}

export interface Around {
  readonly base: string;
  readonly data: SiteData;
  readonly sources: Sources;
  readonly compiler: Compiler;
  readonly doing: (what: string) => void;
}

/** What clang said, where the C does not compile. */
export class BadC extends Error {
  readonly stderr: string;
  constructor(stderr: string) {
    super("the C does not compile");
    this.stderr = stderr;
  }
}

export async function prepare(wanted: Wanted, around: Around): Promise<CheckRequest> {
  const { scenario, variant, text } = wanted;
  const { base, data, sources } = around;
  const common = {
    scenario: scenario.file,
    preemptions: undefined,
    maxStates: undefined,
    remarks: [],
    sources: base + data.sources,
    edited: {},
  };
  const shipped = variant === undefined || text !== sources[scenario.file] ? undefined : scenario.variants[variant];
  if (shipped !== undefined)
    return { ...common, input: { kind: "program", url: base + shipped.program }, defines: shipped.defines, provenance: shipped.provenance };
  const options = over(scenarioOptions(text), parseOptions(wanted.options));
  const other = text === sources[scenario.file] ? otherParameters(scenario, text, options) : undefined;
  if (other !== undefined && scenario.variants[0] !== undefined)
    return {
      ...common,
      preemptions: options.preemptions,
      maxStates: options.maxStates,
      input: { kind: "program", url: base + other.program, parameters: other.parameters },
      defines: options.defines,
      provenance: { ...scenario.variants[0].provenance, command: commandOf(scenario.file, options) },
    };
  const kernel = options.kernel ?? DEFAULT_KERNEL;
  const model = data.models[kernel];
  if (model === undefined) throw new Error(`--kernel ${kernel}: there are ${Object.keys(data.models).join(", ")}`);
  const { macros, parameters } = partDefines(text, options.defines);
  const files = { ...sources, [scenario.file]: text };
  const own = await compiled(files, scenario.file, macros, model, around);
  const concerned = Object.keys(model.units).filter((unit) => definesFor(unit, macros, sources).length > 0);
  const texts = [{ source: scenario.file, text: own.ir }];
  for (const unit of concerned)
    texts.push({ source: unit, text: (await compiled(files, unit, definesFor(unit, macros, sources), model, around)).ir });
  const urls = Object.entries(model.units).flatMap(([source, url]) => (concerned.includes(source) ? [] : [{ source, url: base + url }]));
  return {
    ...common,
    preemptions: options.preemptions,
    maxStates: options.maxStates,
    input: { kind: "modules", texts, urls, parameters },
    defines: options.defines,
    provenance: provenance(data, kernel, model, scenario.file, options),
    remarks: unused(macros, text, sources),
    edited: { [scenario.file]: text },
  };
}

/** The program as it is shipped, if nothing but its parameters is to have other values. */
function otherParameters(scenario: SiteScenario, text: string, options: PageOptions) {
  const { macros, parameters } = partDefines(text, options.defines);
  if (scenario.program === undefined || macros.length > 0 || (options.kernel ?? DEFAULT_KERNEL) !== scenario.kernel) return undefined;
  return { program: scenario.program, parameters };
}

const commandOf = (file: string, { defines }: PageOptions): string =>
  ["shootdown check", file, ...defines.map((define) => `-D${define}`)].join(" ");

const DEFAULT_KERNEL = "6.12";
/** As the package's version says: its clang makes what is edited. */
const IN_BROWSER = "clang 22 in the browser";

async function compiled(files: Sources, source: string, defines: readonly string[], { flags }: SiteModel, { compiler, doing }: Around) {
  doing(`compiling ${source}`);
  const args = [...flags, ...defines.map((define) => `-D${define}`), `-fdebug-compilation-dir=${ROOT}`, `-fmacro-prefix-map=${ROOT}/=`];
  const result = await compiler.compile(files, source, args);
  if (!result.ok) throw new BadC(result.stderr.replaceAll(`${ROOT}/`, ""));
  return result;
}

/** Those definitions that this file of the model kernel could notice: by its own text, or a header's. */
function definesFor(unit: string, defines: readonly string[], sources: Sources): string[] {
  const texts = [
    sources[unit] ?? "",
    ...Object.entries(sources).flatMap(([file, text]) => (file.startsWith("kernel/") && file.endsWith(".h") ? [text] : [])),
  ];
  return defines.filter((define) => texts.some((text) => mentions(text, define)));
}

const mentions = (text: string, define: string): boolean => new RegExp(`\\b${defineName(define)}\\b`).test(text);

function unused(defines: readonly string[], text: string, sources: Sources): string[] {
  const all = [text, ...Object.values(sources)];
  return defines
    .filter((define) => !all.some((one) => mentions(one, define)))
    .map((define) => `-D${define} changes nothing: no file mentions ${defineName(define)}`);
}

function provenance(data: SiteData, kernel: string, model: SiteModel, file: string, options: PageOptions): Provenance {
  const given = new Map(options.defines.map((define) => [defineName(define), Number(/=(.*)$/s.exec(define)?.[1] ?? "1")]));
  return {
    version: data.version,
    kernel: `model of Linux ${kernel}`,
    compiler: `${IN_BROWSER}; the model kernel with ${data.compiler}`,
    command: commandOf(file, options),
    model: model.bounds.map((bound) => ({ ...bound, value: given.get(bound.name) ?? bound.value })),
  };
}
