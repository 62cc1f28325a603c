// SPDX-License-Identifier: Apache-2.0
/*
 * work.c - workqueues of the real runtime: one worker, which runs what is queued in that order, at any time later.
 *
 * A work item is queued at most once at a time, and may be queued again while it runs. A delay is any time: delayed work is queued at once. Real workqueues
 * may run different items side by side, which one worker does not. All queues are one; to flush one is to wait for all.
 * A scenario that queues work makes the worker: sd_kworker(). Without it there is nobody to run it, and the run ends with that.
 * All of it is weak, so that a harness may have its own.
 */
#include <linux/workqueue.h>

#include "real.h"

#define SD_WORKS 6
static struct work_struct *sd_queue[SD_WORKS];
static unsigned long sd_flushers[SD_WORKS];	/* threads that wait for the item at this place in a flush of the queue, a bit for each */
static unsigned long sd_queued;
static struct work_struct *sd_running;
static unsigned long sd_running_flushers;
static unsigned long sd_workers;

static bool is_queued(const struct work_struct *work)
{
	unsigned long i;

	for (i = 0; i < sd_queued && sd_queue[i] != work; i++)
		;
	return i < sd_queued;
}

static struct work_struct *taken_out(unsigned long i)
{
	struct work_struct *work = sd_queue[i];

	sd_queued--;
	for (; i < sd_queued; i++) {
		sd_queue[i] = sd_queue[i + 1];
		sd_flushers[i] = sd_flushers[i + 1];
	}
	sd_queue[sd_queued] = NULL;
	sd_flushers[sd_queued] = 0;
	return work;
}

static bool queue(struct work_struct *work)
{
	bool new;

	__sd_atomic_begin(SD_STEP, sd_queue);
	if (!sd_workers)
		__sd_fail("model-limit", "work is queued, and the scenario has no worker: call sd_kworker(cpu) in scenario()", 0, 0, 0);
	new = !is_queued(work);
	if (new && sd_queued == SD_WORKS)
		__sd_fail("model-limit", "the real runtime has room for {0:d} work items", SD_WORKS, 0, 0);
	if (new)
		sd_queue[sd_queued++] = work;
	__sd_event("work", new ? "queues work {0:p}" : "work {0:p} is queued already", (sd_u64)work, 0, 0);
	__sd_atomic_end();
	return new;
}

void sd_have_worker(void)
{
	sd_workers++;
}

void sd_work_once(void *unused)
{
	struct work_struct *work;

	__sd_atomic_begin(SD_STEP, sd_queue);
	if (!sd_queued)
		__sd_block();
	sd_running_flushers = sd_flushers[0];
	work = taken_out(0);
	sd_running = work;
	__sd_event("work", "begins work {0:p}", (sd_u64)work, 0, 0);
	__sd_atomic_end();
	__sd_busy(1);
	work->func(work);
	__sd_busy(0);
	__sd_atomic_begin(SD_STEP, sd_queue);
	sd_running = NULL;
	sd_running_flushers = 0;
	__sd_event("minor", "the work is done", 0, 0, 0);
	__sd_atomic_end();
}

void sd_work_daemon(void *unused)
{
	for (;;)
		sd_work_once(NULL);
}

/* ---- the kernel's names for it ---- */

__weak bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	return queue(work);
}

__weak bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return queue(&dwork->work);
}

__weak bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return !queue(&dwork->work);
}

#ifdef SD_HAS_WORK_TIMER_LIST
/* What sets up delayed work sets up its timer, too. There are no timers: to start one ends the run. */
__weak void init_timer_key(struct timer_list *timer, void (*function)(struct timer_list *), unsigned int flags, const char *name,
			   struct lock_class_key *key)
{
	timer->function = function;
	timer->flags = flags;
}
#endif

__weak bool flush_work(struct work_struct *work)
{
	bool waited;

	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, sd_queue);
	waited = is_queued(work) || sd_running == work;
	__sd_atomic_end();
	__sd_atomic_begin(SD_STEP, sd_queue);
	if (is_queued(work) || sd_running == work)
		__sd_block();
	__sd_atomic_end();
	return waited;
}

/* Waits for what is queued or runs now, not for what is queued while it waits. */
void __flush_workqueue(struct workqueue_struct *wq);
__weak void __flush_workqueue(struct workqueue_struct *wq)
{
	unsigned long me = 1UL << sd_me(), awaited, i;

	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, sd_queue);
	for (i = 0; i < sd_queued; i++)
		sd_flushers[i] |= me;
	if (sd_running)
		sd_running_flushers |= me;
	__sd_atomic_end();
	__sd_atomic_begin(SD_STEP, sd_queue);
	awaited = sd_running_flushers;
	for (i = 0; i < sd_queued; i++)
		awaited |= sd_flushers[i];
	if (awaited & me)
		__sd_block();
	__sd_event("minor", "the queue is flushed", 0, 0, 0);
	__sd_atomic_end();
}

__weak bool cancel_work_sync(struct work_struct *work)
{
	bool pending = false;
	unsigned long i;

	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, sd_queue);
	for (i = 0; i < sd_queued && !pending; i++) {
		if (sd_queue[i] == work) {
			taken_out(i);
			pending = true;
		}
	}
	__sd_atomic_end();
	__sd_atomic_begin(SD_STEP, sd_queue);
	if (sd_running == work)
		__sd_block();
	__sd_atomic_end();
	return pending;
}

__weak bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	return cancel_work_sync(&dwork->work);
}
