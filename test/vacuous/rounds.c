// SPDX-License-Identifier: Apache-2.0
/*
 * Threads hand a turn round, each under the lock, until they see that they may
 * stop. Who says so looks at whose turn it is, and with LATE may have missed it:
 * then they go round for ever.
 */
#include <linux/spinlock.h>
#include <shootdown.h>

static DEFINE_SPINLOCK(lock);
static int turn, stop;

static void goes_round(void *arg)
{
	int me = (int)(unsigned long)arg;
	int seen;

	do {
		spin_lock(&lock);
		if (turn == me)
			turn = (me + 1) % 3;
		spin_unlock(&lock);
		spin_lock(&lock);
		seen = stop;
		spin_unlock(&lock);
	} while (!seen);
}

static void stops(void *unused)
{
	int first;

	spin_lock(&lock);
	first = turn == 0 || !LATE;
	spin_unlock(&lock);
	if (!first)
		return;
	spin_lock(&lock);
	stop = 1;
	spin_unlock(&lock);
}

void scenario(void)
{
	__sd_thread("zero", "CPU0", goes_round, (void *)0, 0);
	__sd_thread("one", "CPU1", goes_round, (void *)1, 0);
	__sd_thread("two", "CPU2", goes_round, (void *)2, 0);
	__sd_thread("stops", "CPU3", stops, 0, 0);
}
