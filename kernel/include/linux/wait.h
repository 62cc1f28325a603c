/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait queues. A thread that finds its condition false joins the queue in the same operation, and sleeps until wake_up(): then it looks again. So a
 * wake-up that comes too early, or not at all, leaves a thread that sleeps for ever, which is a deadlock. As in the kernel it may have been asleep without need,
 * and is woken by anybody who wakes its queue.
 * A queue at address NULL is none: there the condition alone is waited for, whoever makes it true.
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/spinlock.h>

/* A bit for each task that sleeps. */
struct wait_queue_head {
	unsigned long sleepers;
};

typedef struct wait_queue_head wait_queue_head_t;

#define init_waitqueue_head(wq) ((wq)->sleepers = 0)
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define waitqueue_active(wq) (READ_ONCE((wq)->sleepers) != 0)

static inline void wake_up_all(wait_queue_head_t *wq)
{
	__sd_atomic_begin(SD_STEP, wq);
	__sd_event("wake", wq->sleepers ? "wakes all who sleep on {0:m}" : "wakes nobody: none sleeps on {0:m}", (sd_u64)wq, 0, 0);
	wq->sleepers = 0;
	__sd_atomic_end();
}

/* No waiter here is exclusive: all are woken. */
#define wake_up(wq) wake_up_all(wq)

static inline void sd_sleep_on(wait_queue_head_t *wq)
{
	__sd_atomic_begin(SD_STEP, wq);
	if (wq->sleepers & (1UL << (__sd_self() + 1)))
		__sd_block();
	__sd_atomic_end();
}

#define wait_event(wq, condition)							\
	do {										\
		wait_queue_head_t *__wq = &(wq);					\
		bool __holds;								\
											\
		might_sleep();								\
		do {									\
			__sd_atomic_begin(SD_STEP, __wq);				\
			__holds = (condition);						\
			if (!__holds && !__wq)						\
				__sd_block();						\
			if (!__holds) {							\
				__wq->sleepers |= 1UL << (__sd_self() + 1);		\
				__sd_event("sleep", "{0:t} finds " #condition " false, and sleeps on {1:m}", \
					   (sd_u64)__sd_self(), (sd_u64)__wq, 0);	\
			}								\
			__sd_atomic_end();						\
			if (!__holds)							\
				sd_sleep_on(__wq);					\
		} while (!__holds);							\
	} while (0)

#endif
