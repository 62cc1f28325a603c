/** A report for tests of the command: threads that count, with and without a lock. */

/** Threads that each add 1 to x: updates get lost unless LOCKED makes it one step; SEED takes that away again. */
export const COUNTERS = `#include <shootdown.h>
volatile int x;
static void add(void *unused)
{
#if LOCKED && !SEED
	__sd_atomic_begin(SD_STEP, 0);
	x = x + 1;
	__sd_atomic_end();
#else
	x = x + 1;
#endif
}
void scenario(void)
{
	for (int i = 0; i < THREADS; i++)
		__sd_thread("T", "CPU0", add, 0, 0);
}
void sd_final(void)
{
	if (!SILENT && x != THREADS)
		__sd_fail("lost-update", "x is {0:d}", x, 0, 0);
}
`;

/** For COUNTERS in counters.c, beside it. */
export const COUNTERS_TABLE = {
  name: "counters",
  title: "Counters",
  file: "counters.c",
  defines: { SILENT: 0, SEED: 0 },
  seed: { SEED: 1 },
  rows: [
    { id: "two", defines: { THREADS: 2 } },
    { id: "three", defines: { THREADS: 3 } },
    // The same program as "two".
    { id: "pair", defines: { THREADS: "(1+1)" } },
  ],
  columns: [
    { id: "plain", label: "plain", group: "memory", defines: { LOCKED: 0 } },
    { id: "locked", label: "locked", group: "memory", defines: { LOCKED: 1 } },
  ],
  groups: [{ id: "memory", label: "memory" }],
  bounds: { timeout: 60 },
  answer: [{ about: "it", say: [{ if: [{ all: { design: "locked" }, are: "ok" }], text: "Locks help." }] }],
};
