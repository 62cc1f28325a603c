// SPDX-License-Identifier: Apache-2.0
/*
 * srcu.c - read-copy-update, sleepable and not.
 *
 * A grace period that begins waits for exactly those tasks that were inside a read section then, which is what defines one: every real
 * grace period is one of these. Entering and leaving touch words of the task's own, so they cost no interleavings where no thread waits.
 *
 * Since 4.20 (the flavours of RCU were made one) a region with preemption or interrupts off is a read section of RCU as well.
 */
#include <linux/rcupdate.h>

struct srcu_struct sd_rcu;

/* Of each task: it has preemption or interrupts off, which from 4.20 on a grace period waits for as well. */
static unsigned long in_region[SD_MAX_TASKS];

int init_srcu_struct(struct srcu_struct *ssp)
{
	(void)ssp;
	return 0;
}

void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	(void)ssp;
}

/* No thread waits for this task any longer. Inside a section. */
static void left(struct srcu_struct *ssp, int me)
{
	int i;

	for (i = 0; i < SD_MAX_TASKS; i++)
		if (ssp->waits[i] & (1UL << me))
			ssp->waits[i] &= ~(1UL << me);
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
	int me = __sd_self() + 1;

	(void)idx;
	__sd_atomic_begin(SD_RELEASE_SHARED, ssp);
	if (!ssp->depth[me])
		__sd_fail("bad-unlock", "an RCU read section of {0:p} ends that was not begun", (sd_u64)ssp, 0, 0);
	if (!--ssp->depth[me])
		left(ssp, me);
	__sd_atomic_end();
}

static void wait_for(struct srcu_struct *ssp, int me)
{
	__sd_atomic_begin(SD_STEP, ssp);
	if (ssp->waits[me])
		__sd_block();
	__sd_atomic_end();
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	int me = __sd_self() + 1, i;

	might_sleep();
	__sd_atomic_begin(SD_STEP, ssp);
	if (ssp->depth[me])
		__sd_fail("deadlock", "a grace period of {0:p} is waited for inside its own read section", (sd_u64)ssp, 0, 0);
	for (i = 0; i < SD_MAX_TASKS; i++)
		if (ssp->depth[i])
			ssp->waits[me] |= 1UL << i;
	__sd_atomic_end();
	wait_for(ssp, me);
}

void rcu_read_lock(void)
{
	if (current->rcu_depth++)
		return;
	__sd_atomic_begin(SD_ACQUIRE_SHARED | SD_UNFENCED, &sd_rcu);
	sd_rcu.depth[__sd_self() + 1] = 1;
	__sd_atomic_end();
}

void rcu_read_unlock(void)
{
	int me = __sd_self() + 1;

	if (!current->rcu_depth)
		__sd_fail("bad-unlock", "an RCU read section ends that was not begun", 0, 0, 0);
	if (--current->rcu_depth)
		return;
	__sd_atomic_begin(SD_RELEASE_SHARED, &sd_rcu);
	sd_rcu.depth[me] = 0;
	if (!in_region[me])
		left(&sd_rcu, me);
	__sd_atomic_end();
}

#if SD_KERNEL >= 500
/*
 * A region begins at once. For a grace period it ends when all stores of the task have left that came before its end, which takes a place in the store
 * buffer. So that does not cost anything where nobody waits for a grace period, that is a guess.
 */
static int waited_for;

static bool untracked(void)
{
	return __sd_store_buffers() && __sd_self() >= 0 && !__sd_refuted(&waited_for);
}

void sd_rcu_region_begins(void)
{
	int me = __sd_self() + 1;

	if (untracked())
		return;
	/* The end of another one waits: that is let out, with all before it. */
	if (__sd_store_buffers() && in_region[me])
		__sd_fence();
	__sd_atomic_begin(SD_LOCAL, &in_region[me]);
	in_region[me] = 1;
	__sd_atomic_end();
}

static void region_left(void *unused)
{
	int me = __sd_self() + 1;

	(void)unused;
	__sd_atomic_begin(SD_LOCAL, &in_region[me]);
	in_region[me] = 0;
	if (!sd_rcu.depth[me])
		left(&sd_rcu, me);
	__sd_atomic_end();
}

void sd_rcu_region_ends(void)
{
	if (!untracked())
		__sd_store_release(region_left, NULL);
}
#endif

void synchronize_rcu(void)
{
	int me = __sd_self() + 1, i;

	might_sleep();
#if SD_KERNEL >= 500
	if (untracked()) {
		__sd_refute(&waited_for);
		/* What readers there are is not known in this pass. */
		__sd_assume(0);
	}
#endif
	__sd_atomic_begin(SD_STEP, &sd_rcu);
	for (i = 0; i < SD_MAX_TASKS; i++)
		if (i != me && (in_region[i] || sd_rcu.depth[i]))
			sd_rcu.waits[me] |= 1UL << i;
	__sd_atomic_end();
	wait_for(&sd_rcu, me);
}
