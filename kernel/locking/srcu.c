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
#if SD_KERNEL >= 500
	if (!current->preempt_count && !current->irqs_off)
#endif
		left(&sd_rcu, me);
	__sd_atomic_end();
}

#if SD_KERNEL >= 500
/* The last region of this task has ended that a grace period may wait for. */
void sd_rcu_quiescent(void)
{
	__sd_atomic_begin(SD_LOCAL, &sd_rcu.waits);
	left(&sd_rcu, __sd_self() + 1);
	__sd_atomic_end();
}
#endif

static bool reads(int task)
{
#if SD_KERNEL >= 500
	if (sd_tasks[task].preempt_count || sd_tasks[task].irqs_off)
		return true;
#endif
	return sd_rcu.depth[task];
}

void synchronize_rcu(void)
{
	int me = __sd_self() + 1, i;

	might_sleep();
	__sd_atomic_begin(SD_STEP, &sd_rcu);
	for (i = 0; i < SD_MAX_TASKS; i++)
		if (i != me && reads(i))
			sd_rcu.waits[me] |= 1UL << i;
	__sd_atomic_end();
	wait_for(&sd_rcu, me);
}
