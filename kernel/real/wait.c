// SPDX-License-Identifier: Apache-2.0
/*
 * wait.c - wait queues, schedule() and waking of the real runtime.
 *
 * wait_event() is inline in the kernel's headers: prepare_to_wait_event, the condition, schedule, again. Here schedule() is
 * a thread that is not enabled until its state is set to running, so a wait that no thread ends is a deadlock
 * and a wake-up that comes between the check of the condition and schedule() is not lost, as in the kernel.
 * Each operation on a queue is one section: the queue's own lock would add steps and no behaviour.
 * Not modelled: signals, timeouts, wake-ups without a waker.
 */
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "real.h"

#ifdef SD_HAS_RCUWAIT_WOKEN
#include <linux/rcuwait.h>
#endif

static __always_inline struct task_struct *sd_current(void)
{
	return &sd_task_structs[sd_me()];
}

void __init_waitqueue_head(struct wait_queue_head *wq_head, const char *name, struct lock_class_key *key)
{
	INIT_LIST_HEAD(&wq_head->head);
}

void init_wait_entry(struct wait_queue_entry *wq_entry, int flags)
{
	wq_entry->flags = flags;
	wq_entry->private = sd_current();
	wq_entry->func = autoremove_wake_function;
	INIT_LIST_HEAD(&wq_entry->entry);
}

long prepare_to_wait_event(struct wait_queue_head *wq_head, struct wait_queue_entry *wq_entry, int state)
{
	__sd_atomic_begin(SD_STEP, wq_head);
	if (list_empty(&wq_entry->entry)) {
		if (wq_entry->flags & WQ_FLAG_EXCLUSIVE)
			list_add_tail(&wq_entry->entry, &wq_head->head);
		else
			list_add(&wq_entry->entry, &wq_head->head);
	}
	sd_current()->__state = state;
	__sd_atomic_end();
	return 0;
}

void finish_wait(struct wait_queue_head *wq_head, struct wait_queue_entry *wq_entry)
{
	__sd_atomic_begin(SD_STEP, wq_head);
	sd_current()->__state = TASK_RUNNING;
	if (!list_empty(&wq_entry->entry))
		list_del_init(&wq_entry->entry);
	__sd_atomic_end();
}

void schedule(void)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, sd_current());
	if (sd_current()->__state != TASK_RUNNING)
		__sd_block();
	__sd_atomic_end();
}

int wake_up_state(struct task_struct *task, unsigned int state)
{
	int woken = 0;

	__sd_atomic_begin(SD_STEP, task);
	if (task->__state & state) {
		task->__state = TASK_RUNNING;
		woken = 1;
	}
	__sd_atomic_end();
	return woken;
}

int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL);
}

int default_wake_function(struct wait_queue_entry *wq_entry, unsigned int mode, int flags, void *key)
{
	return wake_up_state(wq_entry->private, mode);
}

int autoremove_wake_function(struct wait_queue_entry *wq_entry, unsigned int mode, int flags, void *key)
{
	int woken = default_wake_function(wq_entry, mode, flags, key);

	if (woken)
		list_del_init(&wq_entry->entry);
	return woken;
}

int __wake_up(struct wait_queue_head *wq_head, unsigned int mode, int exclusive, void *key)
{
	struct wait_queue_entry *entry, *next;
	int left = exclusive;

	__sd_atomic_begin(SD_STEP, wq_head);
	list_for_each_entry_safe(entry, next, &wq_head->head, entry) {
		int queued_exclusive = entry->flags & WQ_FLAG_EXCLUSIVE;
		int woken = entry->func(entry, mode, 0, key);

		if (woken && queued_exclusive && !--left)
			break;
	}
	__sd_atomic_end();
	return exclusive - left;
}

#ifdef SD_HAS_RCUWAIT_WOKEN
/* A thread that waits for one other, which finds it through a pointer. */
__weak int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *waiter;
	int woken;

	smp_mb();	/* what the waiter waits for comes before the look at who waits */
	rcu_read_lock();
	waiter = rcu_dereference(w->task);
	woken = waiter ? wake_up_process(waiter) : 0;
	rcu_read_unlock();
	return woken;
}

__weak void finish_rcuwait(struct rcuwait *w)
{
	rcu_assign_pointer(w->task, NULL);
	__set_current_state(TASK_RUNNING);
}
#endif
