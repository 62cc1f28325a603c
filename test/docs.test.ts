/**
 * Holds the documentation to the program: every example is run and its output compared, every file, option, function, macro and
 * diagnostic that is named exists, and the other way round where a page claims to list them all.
 *
 * In the pages, ```c title=NAME is a file of the reader's, and ```console holds `$ shootdown ...` commands with what they print.
 * `UPDATE_DOCS=1 npx vitest run test/docs.test.ts` writes the output of today into the pages. What varies from run to run is not compared.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CATALOGUE } from "../src/base/catalogue.ts";
import { CLASSES } from "../src/base/classes.ts";
import { KERNEL_VERSIONS, type KernelVersion } from "../src/clang/flags.ts";
import { findKernelTree } from "../src/clang/kernel-tree.ts";
import type { Io } from "../src/cli/io.ts";
import { main } from "../src/cli/main.ts";
import { defaultCacheDir } from "../src/host/cache.ts";
import { packageRoot } from "../src/host/paths.ts";
import { commandsOf, fences, steady } from "./pages.ts";

const UPDATE = process.env.UPDATE_DOCS !== undefined;

const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "kernel/README.md", ...list("docs").map((name) => `docs/${name}`)].filter(
  (page) => page.endsWith(".md") && existsSync(join(packageRoot, page)),
);

const dir = mkdtempSync(join(tmpdir(), "shootdown-docs-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
for (const name of ["corpus", "kernel"]) symlinkSync(join(packageRoot, name), join(dir, name));

function list(folder: string): string[] {
  return readdirSync(join(packageRoot, folder)).sort();
}

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

const prose = (text: string): string => text.replace(/^```[\s\S]*?^```[ \t]*$/gm, "");

async function run(argv: readonly string[]): Promise<{ status: number; text: string }> {
  let text = "";
  const output = {
    write: (t: string) => {
      text += t;
    },
    isTTY: false,
    columns: undefined,
  };
  const io: Io = {
    stdout: output,
    stderr: output,
    cwd: dir,
    // The reader's own cache: without it the model kernel is compiled again.
    env: { ...process.env, SHOOTDOWN_CACHE: defaultCacheDir() },
    onInterrupt: () => () => {},
  };
  const status = await main(argv, io);
  return { status, text };
}

/** Runs the commands of a block; the block as it ought to be. */
async function rerun(body: string): Promise<string> {
  let out = "";
  let last = 0;
  for (const { line, output } of commandsOf(body)) {
    let now: string;
    if (line === "echo $?") {
      now = `${last}\n`;
    } else {
      const [program, ...argv] = line.split(/\s+/);
      expect(program, `only shootdown is run in a console block: ${line}`).toBe("shootdown");
      const result = await run(argv);
      last = result.status;
      now = result.text;
      if (out !== "") out += "\n";
    }
    const kept = steady(now) === steady(output) ? output : now;
    out += `$ ${line}\n${kept.trimEnd()}\n`;
  }
  return out;
}

const titles = new Map<string, string>();
for (const page of pages) {
  for (const { title, body } of fences(read(page))) {
    if (title === undefined) continue;
    if (titles.has(title) && titles.get(title) !== body)
      throw new Error(`two different files are called ${title}; the second is in ${page}`);
    titles.set(title, body);
    writeFileSync(join(dir, title), body);
  }
}

function treeInstalled(version: KernelVersion): boolean {
  try {
    findKernelTree(version);
    return true;
  } catch {
    return false;
  }
}

/** Commands that need a tree which is not installed are left out. */
function canRun(body: string): boolean {
  const name = /--tree (\d+\.\d+)\b/.exec(body)?.[1];
  const tree = KERNEL_VERSIONS.find((version) => version === name);
  return tree === undefined || treeInstalled(tree);
}

describe("examples", () => {
  const withExamples = pages.filter((page) => fences(read(page)).some((f) => f.language === "console"));

  it("are there", () => {
    expect(withExamples).toEqual(expect.arrayContaining(["README.md", "docs/scenarios.md", "docs/verdicts.md", "docs/command-line.md"]));
  });

  it.each(withExamples)("of %s print what the page shows", { timeout: 300_000 }, async (page) => {
    let text = read(page);
    const blocks = fences(text).filter((f) => f.language === "console" && canRun(f.body));
    // From the end, so that places stay true while blocks change.
    for (const block of blocks.reverse()) {
      const now = await rerun(block.body);
      if (UPDATE) text = text.slice(0, block.at) + now + text.slice(block.at + block.body.length);
      else expect(steady(now), `${page} is stale: UPDATE_DOCS=1 npx vitest run test/docs.test.ts`).toBe(steady(block.body));
    }
    if (UPDATE) writeFileSync(join(packageRoot, page), text);
  });

  it("use every file that the pages have the reader write", () => {
    const commands = pages.flatMap((page) => fences(read(page)).filter((f) => f.language === "console")).map((f) => f.body);
    for (const title of titles.keys()) expect(commands.some((c) => c.includes(title))).toBe(true);
  });
});

/** Of a heading, as GitHub makes it. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const ROOMS = /^(?:src|docs|kernel|corpus|test|bench|bin|\.ci)\/[\w./-]*$/;

describe("what the pages name", () => {
  it.each(pages)("exists as a file, if %s links to it or spells its path", (page) => {
    const missing: string[] = [];
    const text = prose(read(page));
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", fragment] = target.split("#");
      const file = path === "" ? page : relative(packageRoot, join(packageRoot, dirname(page), path));
      if (!existsSync(join(packageRoot, file))) missing.push(target);
      else if (fragment !== undefined) {
        const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map((m) => anchor(m[1] ?? ""));
        if (!headings.includes(fragment)) missing.push(target);
      }
    }
    for (const [, code = ""] of text.matchAll(/`([^`\n]+)`/g)) {
      const path = code.replace(/:\d+$/, "");
      if (ROOMS.test(path) && !existsSync(join(packageRoot, path))) missing.push(code);
    }
    expect(missing).toEqual([]);
  });

  it("exists as a diagnostic", () => {
    for (const page of pages) {
      for (const [code] of read(page).matchAll(/\bSD\d{3}\b/g)) expect(CATALOGUE, page).toHaveProperty(code);
    }
  });

  it("exists as a function or macro", () => {
    const known = words("kernel", "corpus", "src", "test");
    for (const page of pages) {
      for (const [name] of read(page).matchAll(/\b(?:__)?sd_\w+|\b(?:SD|SHOOTDOWN)_[A-Z]\w*/g)) {
        expect(known.has(name), `${page} names ${name}`).toBe(true);
      }
    }
  });

  it("is a class of violation that the C or the engine has", () => {
    const code = ["kernel", "src/interpret", "src/explore", "src/engine", "src/compile"].map(textOf).join("\n");
    const table = read("docs/verdicts.md").split("## Classes of violations")[1]?.split("\n## ")[0] ?? "";
    const named = [...table.matchAll(/^\| ([a-z, -]+) \|/gm)].flatMap((m) => m[1]!.split(", ")).filter((name) => name !== "class");
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !code.includes(`"${name}"`))).toEqual([]);
    // SD303 and SD304 stand for these two.
    const raised = [...textOf("kernel").matchAll(/__sd_fail\(\s*"([a-z-]+)"/g)].map((m) => m[1]!);
    expect([...new Set(raised)].filter((name) => !named.includes(name) && name !== "model-limit" && name !== "scenario")).toEqual([]);
    // `shootdown explain CLASS` knows as many.
    expect(Object.keys(CLASSES).sort()).toEqual([...named].sort());
  });
});

function textOf(folder: string): string {
  return readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(c|h|ts)$/.test(name) && !/^real/.test(name))
    .map((name) => read(join(folder, name)))
    .join("\n");
}

function words(...folders: string[]): Set<string> {
  const found = new Set<string>();
  for (const folder of folders) {
    for (const name of readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" })) {
      if (!/\.(c|h|ts)$/.test(name) || name.includes("docs.test")) continue;
      for (const [word] of read(join(folder, name)).matchAll(/\w+/g)) found.add(word);
    }
  }
  // Made from a version: SHOOTDOWN_TREE_6_1.
  for (const version of ["4_4", "4_19", "6_1"]) for (const what of ["TREE", "HEADERS"]) found.add(`SHOOTDOWN_${what}_${version}`);
  return found;
}

describe("options", async () => {
  const commands = [...(await run(["--help"])).text.matchAll(/^ {2}([a-z-]+) [[<]/gm)].map((m) => m[1]!).filter((name) => name !== "help");
  const helps = new Map<string, string>();
  helps.set("", (await run(["--help"])).text);
  for (const name of commands) helps.set(name, (await run([name, "--help"])).text);
  const offered = new Set([...helps.values()].flatMap((help) => [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((m) => m[1]!)));

  /** Of npm, vitest, git and biome. */
  /** Options of other commands: vitest, biome, the bench, SPIN. */
  const FOREIGN = new Set([
    "--update",
    // Of sbatch, scancel and GNU parallel.
    "--array",
    "--batch",
    "--signal",
    "--joblog",
    "--resume-failed",
    "--sshlogin",
    "--write",
    "--only",
    "--runs",
    "--quick",
    "--fresh",
    "--interrupt-budget",
    "--wasm-tiering-budget",
    "--minutes",
    "--seed",
    "--from",
    "--most",
    "--out",
    "--count",
    "--fault",
  ]);

  it("that the pages name exist", () => {
    for (const page of pages) {
      for (const [name] of read(page).matchAll(/(?<![\w-])--[a-z][a-z-]+/g)) {
        if (!FOREIGN.has(name)) expect(offered.has(name), `${page} names ${name}`).toBe(true);
      }
    }
  });

  it("and commands are all on the page of the command line", () => {
    const page = read("docs/command-line.md");
    const wanted = [...commands.map((name) => `$ shootdown ${name} --help`), ...offered];
    expect(wanted.filter((text) => !page.includes(text))).toEqual([]);
  });
});

describe("lists that claim to be whole", () => {
  it("have every function that a scenario may call", () => {
    const page = read("docs/scenarios.md");
    const declared = ["kernel/include/shootdown.h", "kernel/include/shootdown/scenario.h"].flatMap((header) => {
      const code = read(header).replace(/\/\*[\s\S]*?\*\//g, "");
      return [...code.matchAll(/^[a-z][\w *]*?\b((?:__)?sd_\w+)\(/gm)].map((m) => m[1]!);
    });
    expect(declared.length).toBeGreaterThan(30);
    expect(declared.filter((name) => !page.includes(`${name}(`))).toEqual([]);
  });

  it("have every exit status", () => {
    const statuses = [...read("src/cli/exit.ts").matchAll(/^export const \w+ = (\d+);/gm)].map((m) => m[1]!);
    expect(statuses.length).toBeGreaterThan(3);
    for (const page of ["README.md", "docs/verdicts.md"]) {
      const rows = [...read(page).matchAll(/^\| (\d+) \|/gm)].map((m) => m[1]!);
      expect(rows, page).toEqual(statuses);
    }
  });

  it("have the glossary in order, and every term that an entry points to", () => {
    const entries = [...read("docs/glossary.md").matchAll(/^- \*\*(.+?)\*\*(.*)$/gm)].map(([, term = "", text = ""]) => ({ term, text }));
    const terms = entries.map(({ term }) => term.toLowerCase());
    expect(terms.length).toBeGreaterThan(100);
    expect(terms).toEqual([...new Set(terms)].sort());
    const pointed = entries.flatMap(({ text }) =>
      [...text.replace(/`[^`]*`/g, "").matchAll(/\*([^*]+)\*/g)].map((m) => m[1]!.toLowerCase()),
    );
    expect(pointed.filter((term) => !terms.includes(term))).toEqual([]);
  });

  it("have every room of the tree", () => {
    const page = read("docs/architecture.md");
    const rooms = [...foldersOf("src"), ...foldersOf("kernel"), "corpus", "test", "bin"].filter((room) =>
      existsSync(join(packageRoot, room)),
    );
    expect(rooms.filter((room) => !page.includes(`\`${room}/\``))).toEqual([]);
  });
});

function foldersOf(top: string): string[] {
  return readdirSync(join(packageRoot, top), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${top}/${entry.name}`);
}
