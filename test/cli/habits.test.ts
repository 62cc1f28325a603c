/** What a command line is expected to have: a manual page, completion, places that editors jump to, data for clangd. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { AFTER, commandLine } from "../../src/cli/commands.ts";
import { SHELLS } from "../../src/cli/completion.ts";
import { manPage } from "../../src/cli/man.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-habits-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

const output = { write: () => {}, isTTY: false, columns: undefined };
const io = { stdout: output, stderr: output, cwd: dir, env: {}, onInterrupt: () => () => {} };

describe("the manual page", () => {
  it("is man/shootdown.1", async () => {
    await expect(
      manPage(
        commandLine([], io, true, () => {}),
        { after: AFTER },
      ),
    ).toMatchFileSnapshot("../../man/shootdown.1");
  });
});

describe("completion", () => {
  it.each(SHELLS)("of %s is made, and another shell is refused", async (shell) => {
    const { status, out } = await run(["completion", shell]);
    expect(status).toBe(0);
    for (const word of ["check", "explain", "6.12", "lost-write", "4.4-invalidate"]) expect(out).toContain(word);
    expect((await run(["completion", "tcsh"])).status).toBe(2);
  });

  it.each(SHELLS.filter(has))("of %s is a script that it can read", async (shell) => {
    const { out } = await run(["completion", shell]);
    writeFileSync(join(dir, `completion.${shell}`), out);
    expect(spawnSync(shell, ["-n", join(dir, `completion.${shell}`)], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it.skipIf(!has("bash"))("of bash completes commands, options, choices and files", async () => {
    const { out } = await run(["completion", "bash"]);
    writeFileSync(join(dir, "a.c"), "");
    const complete = (...words: readonly string[]): string[] => {
      const script = `${out}\nCOMP_WORDS=(${words.map((w) => `'${w}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _shootdown; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", script], { cwd: dir, encoding: "utf8" })
        .split("\n")
        .filter((l) => l !== "");
    };
    expect(complete("shootdown", "ch")).toEqual(["check"]);
    expect(complete("shootdown", "check", "--kernel", "6.")).toEqual(["6.1", "6.6", "6.12"]);
    expect(complete("shootdown", "check", "--pre")).toEqual(["--preemptions"]);
    expect(complete("shootdown", "check", "a")).toEqual(["a.c"]);
    expect(complete("shootdown", "explain", "lost")).toEqual(["lost-write"]);
  });
});

describe("places", () => {
  it("are written as compilers write them: of faults, violations and races", async () => {
    const { out } = await run(["check", "test/stories/two-values.c"]);
    expect(out).toMatch(/^test\/stories\/two-values\.c:15: seen in look\(\)$/m);
    expect(out).toMatch(/^test\/stories\/two-values\.c:9: order = 0;$/m);
    expect((await run(["check", "test/stories/no-mm.c"])).err).toMatch(/^test\/stories\/no-mm\.c:\d+: error\[SD304\]/m);
  });
});

describe("compile-commands", () => {
  it.skipIf(!has("clang-19"))("are such that clang takes the file with them", async () => {
    mkdirSync(join(dir, "sub"), { recursive: true });
    writeFileSync(
      join(dir, "sub/s.c"),
      "// shootdown: --kernel 6.1 -DFIX=1\n#include <shootdown/scenario.h>\n#if SD_KERNEL != 601\n#error version\n#endif\nint x = FIX;\nvoid scenario(void) { }\n",
    );
    const { out } = await run(["compile-commands", "sub/s.c"], dir);
    const [command] = JSON.parse(out) as { directory: string; file: string; arguments: string[] }[];
    expect(command).toMatchObject({ directory: dir, file: join(dir, "sub/s.c") });
    const [, ...args] = command!.arguments;
    expect(spawnSync("clang-19", [...args, "-fsyntax-only"], { cwd: command!.directory, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});

describe("git bisect run", () => {
  const shootdown = join(packageRoot, "bin/shootdown.js");
  it.skipIf(!has("git"))("finds the commit that broke it, past one that does not compile", { timeout: 120_000 }, () => {
    const repo = join(dir, "repo");
    mkdirSync(repo);
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
        cwd: repo,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    git("init", "-q");
    const body = (check: string): string =>
      `#include <shootdown/scenario.h>\nstatic int x;\nstatic void a(void *u) { int v = READ_ONCE(x); ${check} WRITE_ONCE(x, v + 1); }\n` +
      'void scenario(void) { sd_cpu_run(0, NULL, "a", a, NULL); sd_cpu_run(1, NULL, "b", a, NULL); }\n';
    const bug = 'if (v) __sd_fail("seen", "x is {0:d}", v, 0, 0);';
    for (const [n, text] of ["", "/* 1 */", "nonsense;", "/* 3 */", bug, `${bug} /* 5 */`, `${bug} /* 6 */`].entries()) {
      writeFileSync(join(repo, "scenario.c"), body(text));
      git("add", "-A");
      git("commit", "-q", "-m", `commit ${n}`);
    }
    // The recipe of docs/command-line.md.
    const recipe = `${process.execPath} ${shootdown} check -q scenario.c; s=$?; [ $s -gt 1 ] && exit 125; exit $s`;
    git("bisect", "start", "HEAD", "HEAD~6");
    const told = git("bisect", "run", "sh", "-c", recipe);
    expect(told).toMatch(/is the first bad commit[\s\S]*commit 4/);
  });
});
