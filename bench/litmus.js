// The table of classical tests in docs/memory-order.md, a row at a time, and the C that a row stands for.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bin/prepare.js";

const ROW = /^\| ([\w+]+) \| (`.*`) \| ([^|]+) \| (yes|no) \| (yes|no) \|$/gm;

/** `threads` are what each does, in the table's abbreviations; `sc` and `tso` say whether the outcome can be seen. */
export function litmusRows() {
  const page = readFileSync(join(root, "docs/memory-order.md"), "utf8");
  return [...page.matchAll(ROW)].map(([, name, threads, outcome, sc, tso]) => ({
    name,
    threads: [...threads.matchAll(/`([^`]+)`/g)].map((m) => m[1]),
    outcome: outcome.trim(),
    sc,
    tso,
  }));
}

/** A scenario that fails with class "seen" if the outcome is seen. */
export const litmusC = ({ threads, outcome }) => `#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static long x, y, r0, r1, r2, r3;
static spinlock_t locks[4];
#define W(place, value) WRITE_ONCE(place, value)
#define R(place) READ_ONCE(place)
#define X(place, value) xchg(&place, value)
#define S(place, value) __atomic_store_n(&place, value, __ATOMIC_SEQ_CST)
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
