/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait queues. Waiting is a guarded section: the thread goes on when the condition holds. Whether any thread calls wake_up is not
 * checked here, so a lost wake-up is not found.
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/spinlock.h>

struct wait_queue_head {
	unsigned long unused;
};

typedef struct wait_queue_head wait_queue_head_t;

#define init_waitqueue_head(wq) ((void)(wq))
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define wake_up(wq) ((void)(wq))
#define wake_up_all(wq) ((void)(wq))
#define waitqueue_active(wq) true

#define wait_event(wq, condition)							\
	do {										\
		might_sleep();								\
		__sd_atomic_begin(SD_STEP, NULL);					\
		if (!(condition))							\
			__sd_block();							\
		__sd_atomic_end();							\
	} while (0)

#endif
