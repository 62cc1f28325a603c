/** C to IR with each clang there is: results, faults, and a cache that is never stale. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { type CompileRequest, compileAll, parseDeps } from "../../src/clang/compile.ts";
import { type Compiler, findCompiler } from "../../src/clang/compiler.ts";
import { modelFlags } from "../../src/clang/flags.ts";
import { openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";

const unread = { read: () => {} };
const compileC = async (request: CompileRequest) => (await compileAll([request], unread))[0]!;

const store = mkdtempSync(join(tmpdir(), "shootdown-test-"));
const none = { PATH: "" };
const system = await findCompiler(undefined, openCache(store), process.env);
const compilers: [string, Compiler][] = [["bundled", await findCompiler("bundled", openCache(store), none)]];
if (system.kind === "system") compilers.push(["system", system]);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(join(dir, name, ".."), { recursive: true });
  writeFileSync(join(dir, name), text);
}

async function faultOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof InputFault)) throw error ?? new Error("no fault");
  return error.diagnostics;
}

describe.each(compilers)("with the %s clang", (_, compiler) => {
  // Loading the bundled one takes seconds, once.
  beforeAll(async () => {
    const warm = mkdtempSync(join(tmpdir(), "shootdown-test-"));
    writeFileSync(join(warm, "a.c"), "int a;");
    await compileC({ ...requestIn(warm, "a.c"), compiler });
  }, 60_000);

  const request = (source: string, more: Partial<CompileRequest> = {}): CompileRequest => ({
    ...requestIn(dir, source),
    compiler,
    ...more,
  });

  it("makes IR that names the files as they were given", async () => {
    put("sub/a.c", '#include "shootdown.h"\nint f(void) { return __sd_choose(3); }\nconst char *file(void) { return __FILE__; }');
    const { text, warnings } = await compileC(request("sub/a.c"));
    expect(text).toContain("declare");
    expect(text).toContain("@__sd_choose");
    expect(text).toContain(`!DIFile(filename: "sub/a.c", directory: "${dir}"`);
    expect(text).toContain(`"${packageRoot}/kernel/include/shootdown.h"`);
    expect(text).toContain('c"sub/a.c\\00"');
    expect(text).not.toMatch(/@host|@shootdown@/);
    expect(warnings).toBe("");
  });

  it("passes macros, folders and levels on", async () => {
    put("a.c", '#include "h.h"\nint f(void) { return A + B + H + SD_KERNEL; }');
    put("inc/h.h", "#define H 1000\n");
    const { text } = await compileC(request("a.c", { defines: ["A", "B=20"], includes: ["inc"] }));
    expect(text).toContain(`ret i32 ${1 + 20 + 1000 + 419}`);
  });

  it("finds headers above, by full path and by macro", async () => {
    put(
      "x/y/a.c",
      `#include "../up.h"\n#include "${dir}/full.h"\n#define NAME "named.h"\n#include NAME\nint f(void) { return UP + FULL + NAMED; }`,
    );
    put("x/up.h", '#include "y/../../other.h"\n#define UP OTHER\n');
    put("other.h", "#define OTHER 1\n");
    put("up.h", "#error the wrong one\n");
    put("full.h", "#define FULL 20\n");
    put("x/y/named.h", "#define NAMED 300\n");
    const { text } = await compileC(request("x/y/a.c"));
    expect(text).toContain("ret i32 321");
  });

  it("shows clang's own words for an error", async () => {
    put("a.c", "int f(void) {\n  return x;\n}\n");
    const [d] = await faultOf(compileC(request("a.c")));
    expect(d).toMatchObject({ code: "SD101", file: "a.c", line: 2, column: 10 });
    expect(d?.message).toContain("undeclared identifier 'x'");
    expect(d?.verbatim).toMatch(/a\.c:2:10: error: .*\n.*return x;\n.*\^/);
  });

  it("says which source is missing or no file", async () => {
    expect(await faultOf(compileC(request("gone.c")))).toMatchObject([
      { code: "SD102", message: "cannot read gone.c: there is no such file" },
    ]);
    expect(await faultOf(compileC(request(".")))).toMatchObject([{ code: "SD102" }]);
  });

  it("reports a flag that clang does not know, and a header that does not exist", async () => {
    put("a.c", '#include "gone.h"\n');
    expect(await faultOf(compileC(request("a.c")))).toMatchObject([{ code: "SD101", file: "a.c", line: 1 }]);
    put("b.c", "int b;");
    expect(await faultOf(compileC(request("b.c", { flags: ["--no-such-flag"] })))).toMatchObject([{ code: "SD101" }]);
  });

  it("keeps warnings with the result", async () => {
    put("a.c", "#warning mind this\nint a;");
    const first = await compileC(request("a.c"));
    const second = await compileC(request("a.c"));
    expect(first.warnings).toContain("mind this");
    expect(second).toEqual({ ...first, cached: true });
  });

  it("recompiles when anything that went in has changed, and only then", async () => {
    put("a.c", '#include "h.h"\n#include <sys.h>\nint f(void) { return H + S; }');
    put("h.h", '#include "deep.h"\n#define H DEEP\n');
    put("deep.h", "#define DEEP 1\n");
    put("inc/sys.h", "#define S 10\n");
    const build = async (more: Partial<CompileRequest> = {}) => {
      const r = await compileC(request("a.c", { includes: ["first", "inc"], ...more }));
      return [/ret i32 (\d+)/.exec(r.text)?.[1], r.cached];
    };
    expect(await build()).toEqual(["11", false]);
    expect(await build()).toEqual(["11", true]);
    put("deep.h", "#define DEEP 2\n");
    expect(await build()).toEqual(["12", false]);
    expect(await build()).toEqual(["12", true]);
    put("first/sys.h", "#define S 50\n"); // now found before the other
    expect(await build()).toEqual(["52", false]);
    rmSync(join(dir, "first/sys.h"));
    expect(await build()).toEqual(["12", false]);
    expect((await build({ defines: ["X"] }))[1]).toBe(false);
    expect((await build({ flags: modelFlags("6.1", "1") }))[1]).toBe(false);
    put("a.c", '#include "h.h"\nint f(void) { return H + 100; }');
    expect(await build()).toEqual(["102", false]);
  });

  it("reports the faults of all files together", async () => {
    put("a.c", "int f(void) { return x; }");
    put("b.c", "int b;");
    put("c.c", "y z;");
    const found = await faultOf(
      compileAll(
        ["a.c", "b.c", "c.c"].map((f) => request(f)),
        unread,
      ),
    );
    expect(found.map((d) => d.file).sort()).toEqual(["a.c", "c.c"]);
  });

  it("says a mistake in a header once", async () => {
    put("h.h", "x y;\n");
    for (const name of ["a.c", "b.c", "c.c"]) put(name, '#include "h.h"\n');
    const found = await faultOf(
      compileAll(
        ["a.c", "b.c", "c.c"].map((f) => request(f)),
        unread,
      ),
    );
    expect(found).toMatchObject([{ file: "./h.h", line: 1, notes: ["the same for 2 other files"] }]);
  });
});

function requestIn(cwd: string, source: string): CompileRequest {
  const cache = openCache(join(cwd, "cache"));
  return { source, flags: modelFlags("4.19", "1"), defines: [], includes: [], cwd, cache, compiler: compilers[0]![1] };
}

describe("finding clang", () => {
  it("takes the bundled one when PATH has none", async () => {
    expect(await findCompiler(undefined, openCache(store), none)).toMatchObject({ kind: "bundled" });
  });

  it("refuses what is not there and what is not clang", async () => {
    expect(await faultOf(findCompiler("/no/such/clang", openCache(store)))).toMatchObject([{ code: "SD103" }]);
    expect(await faultOf(findCompiler("no-such-clang", openCache(store)))).toMatchObject([{ code: "SD103" }]);
    expect(await faultOf(findCompiler("/bin/sh", openCache(store)))).toMatchObject([{ code: "SD103" }]);
  });

  it("refuses one that is too old", async () => {
    put("clang", "#!/bin/sh\necho Debian clang version 14.0.6\n");
    const { chmodSync } = await import("node:fs");
    chmodSync(join(dir, "clang"), 0o755);
    expect(await faultOf(findCompiler(join(dir, "clang"), openCache(store)))).toMatchObject([
      { code: "SD103", message: expect.stringContaining("too old") },
    ]);
    expect(await findCompiler(undefined, openCache(store), { PATH: dir })).toMatchObject({ kind: "bundled" });
  });
});

it("reads the dependency rules that clang writes", () => {
  expect(parseDeps("x: a.c \\\n  dir/b.h c\\ d.h \\\n  e$$f.h\n")).toEqual(["a.c", "dir/b.h", "c d.h", "e$f.h"]);
});
