// SPDX-License-Identifier: Apache-2.0
/* A thread waits until another is ready. HOW the other wakes it: 0 rightly, 1 too early, 2 and 3 if it looks as if anybody waited, with a barrier and without, 4 never. */
#include <linux/wait.h>
#include <shootdown/scenario.h>

SD_PARAM(int, HOW, 0);
static int ready;
static DECLARE_WAIT_QUEUE_HEAD(wq);

static void waiter(void *unused)
{
	wait_event(wq, READ_ONCE(ready));
}

static void waker(void *unused)
{
	if (HOW == 1)
		wake_up(&wq);
	WRITE_ONCE(ready, 1);
	if (HOW == 0)
		wake_up(&wq);
	if (HOW == 2)
		smp_mb();
	if ((HOW == 2 || HOW == 3) && waitqueue_active(&wq))
		wake_up(&wq);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "waiter", waiter, NULL);
	sd_cpu_run(1, NULL, "waker", waker, NULL);
}
