/** The table of docs/memory-order.md: each row is made into C, and both memories say what the row says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programOf } from "../../src/check/prepared.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { checked, inputsFrom } from "../scenario.ts";

const page = readFileSync(join(packageRoot, "docs/memory-order.md"), "utf8");
const rows = [...page.matchAll(/^\| ([\w+]+) \| (`.*`) \| ([^|]+) \| (yes|no) \| (yes|no) \|$/gm)].map(
  ([, name, threads, outcome, sc, tso]) => ({
    name: name!,
    threads: [...threads!.matchAll(/`([^`]+)`/g)].map((m) => m[1]!),
    outcome: outcome!.trim(),
    sc: sc!,
    tso: tso!,
  }),
);

const folder = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = openCache(defaultCacheDir());

const asC = ({ threads, outcome }: (typeof rows)[number]): string => `#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static long x, y, r0, r1, r2, r3;
static spinlock_t locks[4];
#define W(place, value) WRITE_ONCE(place, value)
#define R(place) READ_ONCE(place)
#define X(place, value) xchg(&place, value)
#define rel(place, value) smp_store_release(&place, value)
#define acq(place) smp_load_acquire(&place)
#define mb smp_mb()
#define wmb smp_wmb()
#define rmb smp_rmb()
#define lock spin_lock(&locks[(long)me])
#define unlock spin_unlock(&locks[(long)me])
${threads.map((text, n) => `static void thread${n}(void *me) { (void)me; ${text}; }\n`).join("")}
void sd_final(void) { if (${outcome}) __sd_fail("seen", "it was seen", 0, 0, 0); }
void scenario(void) { ${threads.map((_, n) => `sd_cpu_run(${n}, NULL, "thread${n}", thread${n}, (void *)${n}L);`).join(" ")} }
`;

describe.each(rows)("$name", (row) => {
  it.each(["sc", "tso"] as const)("%s", async (memory) => {
    const file = join(folder, `${row.name}.c`);
    writeFileSync(file, asC(row));
    const program = programOf(await inputsFrom([file], {}), cache, memory);
    for (const engine of ["compiled", "interpreter"] as const) {
      const { outcome } = await checked(program, { engine });
      const klass = outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind;
      expect(klass, engine).toBe(row[memory] === "yes" ? "seen" : "none");
    }
  });
});

it("has the classical tests", () => {
  expect(rows.length).toBeGreaterThan(15);
});
