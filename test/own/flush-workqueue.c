// SPDX-License-Identifier: Apache-2.0
/*
 * flush_workqueue() waits for what was queued before it began. CASE: 1 another thread queues the work, perhaps later; 2 the work queues itself again, for ever,
 * and is waited for once; 3 the worker flushes its own queue.
 */
#include <linux/workqueue.h>
#include <shootdown/scenario.h>

static void run(struct work_struct *work);
static DECLARE_WORK(work, run);
static struct workqueue_struct *queue;
static unsigned long runs;

static void run(struct work_struct *work)
{
	if (CASE == 3)
		flush_workqueue(queue);
	WRITE_ONCE(runs, 1);
	if (CASE == 2)
		queue_work(queue, work);
}

static void flush(void *unused)
{
	if (CASE != 1)
		queue_work(queue, &work);
	flush_workqueue(queue);
	if (!READ_ONCE(runs))
		__sd_fail("early", "the queue is flushed, and the work has not run", 0, 0, 0);
}

static void other(void *unused)
{
	queue_work(queue, &work);
}

void scenario(void)
{
	sd_kworker(2);
	sd_cpu_run(0, NULL, "flush", flush, NULL);
	if (CASE == 1)
		sd_cpu_run(1, NULL, "other", other, NULL);
}
