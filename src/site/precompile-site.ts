/**
 * A step of `npm run site`: links the scenarios of the page beforehand and writes, with the model
 * kernel as LLVM IR and the sources, what the page fetches, into `dist/web/data` or the folder named.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { InputFault } from "../base/diagnostics.ts";
import { keepModules, programOf } from "../check/prepared.ts";
import { provenanceOf } from "../check/run-check.ts";
import { compileAll } from "../clang/compile.ts";
import { findCompiler } from "../clang/compiler.ts";
import { DEFAULT_OPT, KERNEL_VERSIONS, type KernelVersion, modelFlags } from "../clang/flags.ts";
import { modelFiles, modelRequests } from "../clang/model.ts";
import { modelBounds } from "../clang/model-bounds.ts";
import { type Cache, defaultCacheDir, openCache } from "../host/cache.ts";
import { packageRoot, packageVersion, TEMPORARY } from "../host/paths.ts";
import type { Program } from "../program/program.ts";
import { programText } from "../program/program-text.ts";
import { compileWith } from "../settings/from-settings.ts";
import { settingsFor } from "../settings/options.ts";
import { FINDINGS_STYLE, findingPages } from "./finding-pages.ts";
import { ROOT, type SiteData, type SiteFinding, type SiteModel, type SiteScenario, type SiteVariant } from "./site-data.ts";

/** An entry of `page/scenarios.json`. */
interface Listed {
  readonly group: string;
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly file: string;
  /** A page that has the file as an example. */
  readonly from?: string;
  readonly variants: readonly { readonly label: string; readonly defines: readonly string[] }[];
}

/** Of the page that the data is for. */
const siteDir = process.argv[2] ?? join(packageRoot, "dist/web");
const dataDir = join(siteDir, "data");
const HASH = 16;

async function writeData(): Promise<void> {
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  const cache = openCache(defaultCacheDir());
  keepModules();
  const { id: compiler } = await findCompiler(process.env.SHOOTDOWN_CC, cache);
  const listed = JSON.parse(readFileSync(join(packageRoot, "page/scenarios.json"), "utf8")) as readonly Listed[];
  const sources: Record<string, string> = {};
  const scenarios: SiteScenario[] = [];
  for (const one of listed) scenarios.push(await scenarioOf(one, sources, cache));
  for (const file of modelFiles()) sources[relative(packageRoot, file)] = readFileSync(file, "utf8");
  const models: Record<string, SiteModel> = {};
  for (const version of KERNEL_VERSIONS) models[version] = await modelOf(version, cache);
  const findings = writeFindings(scenarios);
  const data: SiteData = { version: packageVersion(), compiler, scenarios, findings, models, sources: kept(JSON.stringify(sources)) };
  writeFileSync(join(dataDir, "site.json"), JSON.stringify(data));
  const variants = scenarios.reduce((sum, { variants: all }) => sum + all.length, 0);
  console.log(
    `site: ${scenarios.length} scenarios in ${variants} variants, linked with ${compiler}; the model of ${KERNEL_VERSIONS.length} kernels; ${findings.length} findings`,
  );
}

function writeFindings(scenarios: readonly SiteScenario[]): SiteFinding[] {
  const pages = findingPages((file) => scenarios.find((scenario) => scenario.file === file)?.id);
  for (const { file, html } of pages) {
    mkdirSync(dirname(join(siteDir, file)), { recursive: true });
    writeFileSync(join(siteDir, file), html);
    writeFileSync(join(siteDir, dirname(file), "findings.css"), FINDINGS_STYLE);
  }
  return pages.map(({ href, title }) => ({ href, title }));
}

/** Compressed, in a file that is named after its content; paths of this machine are hidden. */
function kept(text: string): string {
  const shown = text.replaceAll(packageRoot, ROOT);
  const name = `${createHash("sha256").update(shown).digest("hex").slice(0, HASH)}.gzip`;
  // Kernel versions have most files in common.
  if (!existsSync(join(dataDir, name))) writeFileSync(join(dataDir, name), gzipSync(shown, { level: 9 }));
  return name;
}

async function scenarioOf(one: Listed, sources: Record<string, string>, cache: Cache): Promise<SiteScenario> {
  const { group, id, title, about, file, from, variants } = one;
  const text = from === undefined ? readFileSync(join(packageRoot, file), "utf8") : exampleIn(from, file);
  sources[file] = text;
  const folder = dirname(file);
  if (from === undefined)
    for (const name of readdirSync(join(packageRoot, folder)).filter((n) => n.endsWith(".h")))
      sources[`${folder}/${name}`] = readFileSync(join(packageRoot, folder, name), "utf8");
  const cwd = from === undefined ? packageRoot : mkdtempSync(join(tmpdir(), TEMPORARY));
  try {
    if (from !== undefined) writeFileSync(join(cwd, file), text);
    const linked: SiteVariant[] = [];
    let kernel = "";
    let plain: Program | undefined;
    for (const { label, defines } of variants) {
      const settings = settingsFor([file], { define: [...defines] }, cwd);
      const inputs = await compileWith([file], settings, { cwd, cache });
      const built = programOf({ ...inputs, parameters: {} }, cache);
      const program = programOf(inputs, cache);
      // With macros it is another program.
      if (Object.keys(inputs.parameters).length === settings.define.length) plain ??= built;
      kernel = inputs.kernel.version;
      const command = ["shootdown", "check", file, ...defines.map((define) => `-D${define}`)].join(" ");
      linked.push({
        label,
        defines: settings.define,
        program: kept(programText(program).replaceAll(cwd, ROOT)),
        provenance: provenanceOf(inputs, command),
      });
    }
    const program = plain === undefined || !/^SD_PARAM/m.test(text) ? {} : { program: kept(programText(plain).replaceAll(cwd, ROOT)) };
    return { id, group, title, about, file, kernel, variants: linked, ...program };
  } finally {
    if (from !== undefined) rmSync(cwd, { recursive: true, force: true });
  }
}

/** The body of ```c title=NAME in a page. */
function exampleIn(page: string, name: string): string {
  const text = readFileSync(join(packageRoot, page), "utf8");
  const found = [...text.matchAll(/^```c title=(\S+)\n([\s\S]*?)^```$/gm)].find((match) => match[1] === name);
  if (found === undefined) throw new Error(`${page} has no example ${name}`);
  return found[2] ?? "";
}

async function modelOf(version: KernelVersion, cache: Cache): Promise<SiteModel> {
  const compiler = await findCompiler(process.env.SHOOTDOWN_CC, cache);
  const requests = modelRequests({ version, opt: DEFAULT_OPT, defines: [], compiler, cache, shipped: true });
  const results = await compileAll(requests, { read: () => {} });
  const units = requests.map(({ source }, i) => [relative(packageRoot, source), kept(results[i]!.text)] as const);
  return {
    flags: modelFlags(version, DEFAULT_OPT).map((flag) => flag.replaceAll(packageRoot, ROOT)),
    units: Object.fromEntries(units),
    bounds: modelBounds([], undefined),
  };
}

try {
  await writeData();
} catch (error) {
  if (!(error instanceof InputFault)) throw error;
  for (const d of error.diagnostics) console.error(`${d.code}: ${d.message}\n${d.verbatim ?? ""}`);
  process.exitCode = 2;
}
