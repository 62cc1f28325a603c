// SPDX-License-Identifier: Apache-2.0
/* What a program leaves out as long as nobody looks at it, somebody looks at in the end. */
#include <shootdown/scenario.h>
static long turn, kept, guess;
static void writer(void *u) { WRITE_ONCE(turn, 1); if (__sd_refuted(&guess)) WRITE_ONCE(kept, 1); WRITE_ONCE(turn, 2); }
static void reader(void *u) {
	if (READ_ONCE(turn) != 1) return;
	__sd_refute(&guess);
	if (READ_ONCE(kept) == 1) __sd_fail("seen", "kept is 1", 0, 0, 0);
}
void scenario(void) { sd_cpu_run(0, NULL, "writer", writer, NULL); sd_cpu_run(1, NULL, "reader", reader, NULL); }
void sd_final(void) {}
