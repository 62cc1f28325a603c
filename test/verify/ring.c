// SPDX-License-Identifier: Apache-2.0
/*
 * Threads hand a turn round a ring for ever. It may begin on either side, so that
 * of two searches each can meet one half of the ring.
 */
#include <linux/compiler.h>
#include <shootdown.h>

#define RING 6

static int turn = -1;

static void goes_round(void *arg)
{
	int me = (int)(unsigned long)arg;

	for (;;) {
		__sd_atomic_begin(SD_STEP, NULL);
		if (READ_ONCE(turn) != me)
			__sd_block();
		WRITE_ONCE(turn, (me + 1) % RING);
		__sd_atomic_end();
	}
}

static void begins(void *unused)
{
	WRITE_ONCE(turn, __sd_choose(2) ? RING / 2 : 0);
}

void scenario(void)
{
	__sd_thread("begins", "CPU0", begins, NULL, 0);
	for (unsigned long i = 0; i < RING; i++)
		__sd_thread("one of the ring", "CPU1", goes_round, (void *)i, 0);
}
