/**
 * Hostile command lines and sources, made at random: each ends in a documented status, with a sentence, as text, in bounded time and memory, and leaves no
 * file. SAFETY_HOSTILE says how many (`npm run safety -- hostile=500`), SAFETY_SEED which.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { generator, mutated } from "./mutate.js";
import { complaint, foldersOf, run } from "./process.ts";

const COUNT = Number(process.env.SAFETY_HOSTILE ?? 30);
const SEED = Number(process.env.SAFETY_SEED ?? 1);
/** Milliseconds, and bytes: what no run of these may need, given its --timeout and --max-memory. */
const PATIENCE = 40_000;
const ROOM = 1.2e9;

const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const GOOD = `// shootdown: -DFIX=1
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static DEFINE_SPINLOCK(lock);
static struct { long a; int b[4]; char *c; } x = { .b = { 1, 2, 3 } };
static noinline long f(long n, int k) { switch (k) { case 1: return n / 3; case 2: return n << k; default: return n * k; } }
static void run(void *arg) { spin_lock(&lock); x.a += f(x.a, x.b[(long)arg & 3]); spin_unlock(&lock); WRITE_ONCE(x.b[1], FIX); }
void scenario(void) { sd_cpu_run(0, NULL, "a", run, NULL); sd_cpu_run(1, NULL, "b", run, (void *)1); }
`;

const VALUES = [
  "",
  "0",
  "1",
  "-1",
  "2",
  "3",
  "9",
  "64",
  "1e3",
  "1e300",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "NaN",
  "Infinity",
  "0x10",
  "1K",
  "64M",
  "4G",
  "1s",
  "0.001",
  "99999h",
  "full",
  "none",
  "marked",
  "4.4",
  "6.6",
  "6.1",
  "bundled",
  "/dev/zero",
  "/dev/full",
  "/dev/null",
  "/proc/self/mem",
  "/proc/self/fd/0",
  "/",
  ".",
  "..",
  "~",
  "nothing",
  "folder",
  "a b",
  "@args",
  "-",
  "--",
  "\u202e",
  "\x1b[31m",
  "\x07",
  "\n",
  "\ud800",
  "%s",
  "$(touch ran)",
  "x".repeat(5000),
  "FIX=0",
  "FIX",
  "FIX=\n#error x",
  'FIX="',
  "FIX=(",
  "A=A",
  "NCPU=0",
  "NCPU=99",
  "SD_MAX_MM=100000",
  "SD_MAX_MM=-1",
  "if=else",
  "__STDC__=2",
  "int=long",
  "run=walk",
];
const OPTIONS = [
  "-D",
  "--define",
  "-I",
  "--include",
  "--kernel",
  "-O",
  "--opt",
  "--cc",
  "--tree",
  "--headers",
  "--cpus",
  "--preemptions",
  "--max-states",
  "--max-memory",
  "--merge",
  "--engine",
  "--json",
  "--full",
  "--width",
  "--mail",
  "--no-color",
  "-q",
  "--quiet",
  "--help",
  "-V",
  "--version",
  "--nonsense",
  "-Dx",
  "-O2",
  "-Ifolder",
  "--no-full",
  "--timeout",
];
const FILES = [
  "good.c",
  "broken.c",
  "good.ll",
  "@args",
  "-x.c",
  "folder",
  "folder.c",
  "nothing.c",
  "/dev/null",
  "good.c good.c",
  "x\x1b[2J.c",
  "\u202ec.c",
];
const COMMANDS = ["check", "check", "check", "check", "check", "explain", "report", "chekc", "help", "", "--", "check check"];

/** Pieces of C that are hard on somebody. */
const PIECES = [
  "for (;;) ;",
  "for (long i = 0; i < 1L << 40; i++) x.a += i;",
  "while (READ_ONCE(x.a)) ;",
  "run(arg);",
  "return run(0);",
  "*(volatile int *)8 = 1;",
  "*(volatile long *)-1 = 1;",
  "__sd_fail(0, 0, 0, 0, 0);",
  "__sd_fail((char *)1, (char *)-1, 0, 0, 0);",
  '__sd_fail("{0:s}", "{9:z}{0:s}{1:x}{", (sd_u64)-1, 0, 0);',
  "__sd_assume(0);",
  "__sd_choose(-1);",
  "__sd_choose(0);",
  "for (int i = 0; i < 99; i++) __sd_choose(3);",
  "__sd_live((void *)-1, -1, 0);",
  "__sd_dead((void *)x.b, 1UL << 40);",
  "__sd_dead(0, 0);",
  "__sd_watch((void *)-1, 0);",
  "__sd_segment(0, -1, 0);",
  "__sd_atomic_begin(0, 0);",
  "__sd_atomic_end();",
  "__sd_atomic_begin(77, (void *)-1);",
  "__sd_block();",
  "__sd_thread(0, 0, 0, 0, 0);",
  '__sd_thread("a", "b", run, arg, -1);',
  "__sd_took((void *)-1, 7);",
  "__sd_busy(-1); __sd_busy_any();",
  "__sd_on_cpu(99, (void *)-1);",
  "__sd_uninit((void *)-1, -1);",
  "__sd_atomic_begin(6, (void *)-1); __sd_live(&x, 16, (char *)-1); __sd_atomic_end();",
  "__sd_atomic_begin(0, 0); __sd_dead((void *)x.b, -8); __sd_atomic_end();",
  "__sd_event((char *)x.b, 0, 0, 0, 0);",
  "char big[5000]; __builtin_memset(big, 1, sizeof big);",
  "char big[1 << 20]; ((volatile char *)big)[7] = 1;",
  "((void (*)(int, int))arg)(1, 2);",
  "((void (*)(void))16)();",
  "__builtin_memcpy(&x, (void *)&x + 1, 1UL << 33);",
  'asm volatile("hlt");',
  'asm volatile(".incbin \\"/etc/passwd\\"");',
  "float q = x.a; x.a = q * 2;",
  "__builtin_trap();",
  "__builtin_unreachable();",
  "goto *arg;",
  "int v[x.a]; v[0] = 1; x.b[0] = v[0];",
  "x.a /= x.b[3];",
  "x.b[x.a] = 1;",
  "spin_lock(&lock);",
  "spin_unlock(&lock);",
  "spin_lock((void *)-8);",
  "sd_user_read(5);",
  "sd_cpu_run(-1, NULL, 0, 0, 0);",
  '#line 5 "/dev/zero"\n',
  '#include "/etc/passwd"\n',
  "#include __FILE__\n",
  "#pragma clang module import x\n",
  "#error \x1b[31m\n",
  '_Static_assert(0, "\x1b]0;x\x07");',
  "\u202e",
  "\0",
  "??=",
  "/*",
  '"',
  "#if 0\n",
  "__extension__ ({ ",
  '_Pragma("x")',
  `${"(".repeat(3000)}`,
  `x.a = ${"1+".repeat(3000)}1;`,
];

function source(random: (below: number) => number, seed: number): string {
  switch (random(4)) {
    case 0:
      return mutated(GOOD, seed);
    case 1:
      return `// shootdown: ${line(random).join(" ")}\n${GOOD}`;
    default: {
      const pieces = Array.from({ length: 1 + random(3) }, () => PIECES[random(PIECES.length)]).join(" ");
      return GOOD.replace(random(5) === 0 ? 'sd_cpu_run(0, NULL, "a"' : "WRITE_ONCE(x.b[1], FIX);", (all) => `${pieces} ${all}`);
    }
  }
}

function line(random: (below: number) => number): string[] {
  const args: string[] = [];
  for (let n = random(5); n > 0; n--) {
    args.push(OPTIONS[random(OPTIONS.length)]!);
    if (random(4) > 0) args.push(VALUES[random(VALUES.length)]!);
  }
  return args;
}

it(`${COUNT} hostile command lines and sources end well`, { timeout: 60_000 + PATIENCE * COUNT }, async () => {
  mkdirSync(join(dir, "folder"));
  mkdirSync(join(dir, "folder.c"));
  writeFileSync(join(dir, "args"), "-fplugin=./evil.so\n");
  writeFileSync(join(dir, "good.ll"), readFileSync(join(packageRoot, "test/safety/thread.ll")));
  const wrong: string[] = [];
  const ends = new Map<string, number>();
  const outputs = new Set<string>();
  let slowest = 0;
  let largest = 0;
  for (let n = 0; n < COUNT; n++) {
    const seed = SEED * 1_000_003 + n;
    const random = generator(seed);
    writeFileSync(join(dir, "good.c"), GOOD);
    writeFileSync(join(dir, "broken.c"), source(random, seed));
    for (const name of ["@args", "-x.c", "x\x1b[2J.c", "\u202ec.c"]) writeFileSync(join(dir, name), GOOD);
    const ofSource = random(2) === 0;
    const files = ofSource ? ["broken.c"] : Array.from({ length: random(3) }, () => FILES[random(FILES.length)]!);
    const command = ofSource ? ["check"] : COMMANDS[random(COMMANDS.length)]!.split(" ");
    const bounds = ["--timeout", "4", "--max-memory", "600M", "--max-states", "20000"];
    const given = ofSource ? [] : line(random);
    // What is written where the user says is his: only names of this folder are given.
    for (const [at, value] of given.entries()) if (given[at - 1] === "--json") outputs.add(value);
    const args = [...command, ...given, ...(command[0] === "check" ? bounds : []), ...(random(6) === 0 ? ["--"] : []), ...files].map(
      (arg) => arg.replaceAll("\0", ""),
    );
    const ended = await run(args, { cwd: dir, env: { SHOOTDOWN_CACHE: join(dir, "cache") }, patience: PATIENCE });
    if (n % 100 === 99) process.stderr.write(`${n + 1} of ${COUNT}, ${wrong.length} wrong\n`);
    const what = `seed ${seed}: ${JSON.stringify(args).slice(0, 300)}`;
    const problem = complaint(ended);
    const stated = command[0] === "check" ? problem : problem.startsWith("status 2 without") ? "" : problem;
    if (stated !== "") wrong.push(`${what}: ${stated}`);
    if (ended.peak > ROOM) wrong.push(`${what}: ${ended.peak} bytes`);
    if (foldersOf(ended.pid).length > 0) wrong.push(`${what}: a folder is left`);
    if (readdirSync(dir).includes("ran")) wrong.push(`${what}: a program ran`);
    slowest = Math.max(slowest, ended.ms);
    largest = Math.max(largest, ended.peak);
    ends.set(String(ended.status), (ends.get(String(ended.status)) ?? 0) + 1);
  }
  console.log(
    `${COUNT}, slowest ${Math.round(slowest)} ms, largest ${Math.round(largest / 2 ** 20)} MiB:`,
    Object.fromEntries([...ends].sort()),
  );
  expect(wrong).toEqual([]);
});
