// SPDX-License-Identifier: Apache-2.0
/*
 * srcu.c - read-copy-update, sleepable and not.
 *
 * A grace period that begins waits for exactly those tasks that were inside a read section then. Entering is
 * a right mover: entered later, right before what is read, it only makes grace periods shorter, so nothing is lost; leaving is a left mover
 * for the same reason.
 */
#include <linux/rcupdate.h>

struct srcu_struct sd_rcu;

int init_srcu_struct(struct srcu_struct *ssp)
{
	(void)ssp;
	return 0;
}

void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	(void)ssp;
}

int srcu_read_lock(struct srcu_struct *ssp)
{
	__sd_atomic_begin(SD_ACQUIRE_SHARED, ssp);
	ssp->depth[__sd_self() + 1]++;
	__sd_atomic_end();
	return 0;
}

void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	int me = __sd_self() + 1, i;

	(void)idx;
	__sd_atomic_begin(SD_RELEASE_SHARED, ssp);
	if (!ssp->depth[me])
		__sd_fail("bad-unlock", "an RCU read section of {0:p} ends that was not begun", (sd_u64)ssp, 0, 0);
	if (!--ssp->depth[me])
		for (i = 0; i < SD_MAX_TASKS; i++)
			if (ssp->waits[i])
				ssp->waits[i] &= ~(1U << me);
	__sd_atomic_end();
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	int me = __sd_self() + 1, i;

	might_sleep();
	if (ssp->depth[me])
		__sd_fail("deadlock", "a grace period of {0:p} is waited for inside its own read section", (sd_u64)ssp, 0, 0);
	__sd_atomic_begin(SD_STEP, ssp);
	for (i = 0; i < SD_MAX_TASKS; i++)
		if (ssp->depth[i])
			ssp->waits[me] |= 1U << i;
	__sd_atomic_end();
	__sd_atomic_begin(SD_STEP, ssp);
	if (ssp->waits[me])
		__sd_block();
	__sd_atomic_end();
}
