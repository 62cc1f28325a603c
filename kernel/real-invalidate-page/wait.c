// SPDX-License-Identifier: Apache-2.0
/*
 * wait.c - wait queues, schedule(), waking and completions, for files of a 4.4 tree; the same model as kernel/real/wait.c.
 *
 * Each operation on a queue is one section: the queue's own lock would add steps and no behaviour.
 * Not modelled: signals, timeouts, wake-ups without a waker.
 */
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "../real/real.h"

static __always_inline struct task_struct *sd_current(void)
{
	return &sd_task_structs[sd_me()];
}

int _cond_resched(void)
{
	sd_might_sleep();
	return 0;
}

void __init_waitqueue_head(wait_queue_head_t *q, const char *name, struct lock_class_key *key)
{
	INIT_LIST_HEAD(&q->task_list);
}

static void queue_and_set(wait_queue_head_t *q, wait_queue_t *wait, int state)
{
	__sd_atomic_begin(SD_STEP, q);
	if (list_empty(&wait->task_list)) {
		if (wait->flags & WQ_FLAG_EXCLUSIVE)
			list_add_tail(&wait->task_list, &q->task_list);
		else
			list_add(&wait->task_list, &q->task_list);
	}
	sd_current()->state = state;
	__sd_atomic_end();
}

void prepare_to_wait(wait_queue_head_t *q, wait_queue_t *wait, int state)
{
	wait->flags &= ~WQ_FLAG_EXCLUSIVE;
	queue_and_set(q, wait, state);
}

long prepare_to_wait_event(wait_queue_head_t *q, wait_queue_t *wait, int state)
{
	wait->private = sd_current();
	wait->func = autoremove_wake_function;
	queue_and_set(q, wait, state);
	return 0;
}

void finish_wait(wait_queue_head_t *q, wait_queue_t *wait)
{
	__sd_atomic_begin(SD_STEP, q);
	sd_current()->state = TASK_RUNNING;
	if (!list_empty(&wait->task_list))
		list_del_init(&wait->task_list);
	__sd_atomic_end();
}

void schedule(void)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, sd_current());
	if (sd_current()->state != TASK_RUNNING)
		__sd_block();
	__sd_atomic_end();
}

int default_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	struct task_struct *task = wait->private;

	if (!(task->state & mode))
		return 0;
	task->state = TASK_RUNNING;
	return 1;
}

int autoremove_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	int woken = default_wake_function(wait, mode, flags, key);

	if (woken)
		list_del_init(&wait->task_list);
	return woken;
}

void __wake_up(wait_queue_head_t *q, unsigned int mode, int exclusive, void *key)
{
	wait_queue_t *wait, *next;

	__sd_atomic_begin(SD_STEP, q);
	list_for_each_entry_safe(wait, next, &q->task_list, task_list) {
		unsigned int flags = wait->flags;

		if (wait->func(wait, mode, 0, key) && (flags & WQ_FLAG_EXCLUSIVE) && !--exclusive)
			break;
	}
	__sd_atomic_end();
}

/* ---- completions: the counter alone ---- */

void complete(struct completion *x)
{
	__sd_atomic_begin(SD_STEP, x);
	x->done++;
	__sd_atomic_end();
}

void complete_all(struct completion *x)
{
	__sd_atomic_begin(SD_STEP, x);
	x->done += UINT_MAX / 2;
	__sd_atomic_end();
}

void wait_for_completion(struct completion *x)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, x);
	if (!x->done)
		__sd_block();
	x->done--;
	__sd_atomic_end();
}
