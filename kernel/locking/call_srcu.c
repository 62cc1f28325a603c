// SPDX-License-Identifier: Apache-2.0
/*
 * call_srcu.c - callbacks that another thread runs after a grace period.
 *
 * A thread of its own takes what was queued last, waits for a grace period and runs it; it must not sleep. The thread is there only if something
 * that may use it was set up in scenario() (mmu_notifier_get), since threads cannot be made later.
 */
#include <shootdown/scenario.h>

static struct rcu_head *queued;
static struct srcu_struct *domain;	/* of all of them */
static bool have_worker;

static void worker(void *unused)
{
	struct rcu_head *head;

	(void)unused;
	__sd_atomic_begin(SD_STEP, NULL);
	head = queued;
	if (!head)
		__sd_block();
	queued = head->next;
	__sd_atomic_end();
	sd_enter_kernel();
	synchronize_srcu(domain);
	preempt_disable();
	head->func(head);
	preempt_enable();
	sd_leave_kernel();
}

void sd_call_srcu_worker(void)
{
	if (!have_worker && __sd_self() < 0) {
		have_worker = true;
		sd_loop_thread(0, "SRCU", NULL, worker, NULL);
	}
}

void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	if (!have_worker || (domain && domain != ssp))
		__sd_fail("model-limit", "no thread runs these SRCU callbacks: call sd_call_srcu_worker() in scenario()", 0, 0, 0);
	head->func = func;
	__sd_atomic_begin(SD_STEP, NULL);
	domain = ssp;
	head->next = queued;
	queued = head;
	__sd_atomic_end();
}
