// SPDX-License-Identifier: Apache-2.0
/* A guess that nothing refutes stays a guess in every pass, whatever else is learnt. */
#include <shootdown/scenario.h>
static long turn, guess;
static void writer(void *u) { WRITE_ONCE(turn, 1); if (__sd_refuted(&guess)) __sd_fail("seen", "the guess is refuted", 0, 0, 0); WRITE_ONCE(turn, 2); }
static void reader(void *u) { if (READ_ONCE(turn) == 3) __sd_refute(&guess); }
void scenario(void) { sd_cpu_run(0, NULL, "writer", writer, NULL); sd_cpu_run(1, NULL, "reader", reader, NULL); }
void sd_final(void) {}
