// SPDX-License-Identifier: Apache-2.0
/*
 * rcu.c - RCU and SRCU of the real runtime.
 *
 * A domain (RCU itself, or one srcu_struct) knows which threads are inside a reader. synchronize notes the readers that are
 * inside when it starts and is enabled again when each of them has left, which is the definition of a grace period
 * and no more: every real grace period is one of these.
 * Callbacks run in a daemon thread of their own, after a grace period each.
 */
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "real.h"

struct sd_domain {
	const void *key;                      /* the srcu_struct; NULL is RCU itself */
	unsigned long depth[SD_MAX_TASKS];    /* nesting, of each thread: a word that no other thread reads unless one synchronizes */
	unsigned long awaited[SD_MAX_TASKS];  /* for a thread in synchronize: the readers it still waits for */
};

#define SD_DOMAINS 5
static struct sd_domain sd_domains[SD_DOMAINS];

#define SD_CALLBACKS 12
static struct {
	struct rcu_head *head;
	rcu_callback_t func;
	struct sd_domain *domain;
} sd_callbacks[SD_CALLBACKS];
static unsigned long sd_callbacks_queued;

static struct sd_domain *sd_domain(const void *key)
{
	int i;

	if (!key)
		return &sd_domains[0];
	for (i = 1; i < SD_DOMAINS; i++)
		if (READ_ONCE(sd_domains[i].key) == key)
			return &sd_domains[i];
	/* The first that is met of a domain gives it its place. */
	__sd_atomic_begin(SD_STEP, sd_domains);
	for (i = 1; i < SD_DOMAINS && sd_domains[i].key && sd_domains[i].key != key; i++)
		;
	if (i < SD_DOMAINS)
		sd_domains[i].key = key;
	__sd_atomic_end();
	if (i < SD_DOMAINS)
		return &sd_domains[i];
	__sd_fail("model-limit", "the real runtime has room for {0:d} srcu_structs", SD_DOMAINS - 1, 0, 0);
}

/* Only the outermost reader of a thread is an operation that others may see. */
static void sd_reader_enter(const void *key)
{
	struct sd_domain *domain = sd_domain(key);
	unsigned long depth = READ_ONCE(domain->depth[sd_me()]);

	sd_tasks[sd_me()].rcu++;
	if (depth) {
		WRITE_ONCE(domain->depth[sd_me()], depth + 1);
		return;
	}
	__sd_atomic_begin(SD_ACQUIRE_SHARED, domain);
	domain->depth[sd_me()] = 1;
	__sd_atomic_end();
}

bool sd_reads_rcu(void)
{
	return sd_tasks[sd_me()].rcu;
}

static void sd_reader_leave(const void *key)
{
	struct sd_domain *domain = sd_domain(key);
	unsigned long depth = READ_ONCE(domain->depth[sd_me()]);
	int i;

	if (!depth)
		__sd_fail("bad-unlock", "a read section of {0:p} ends that was not begun", (sd_u64)key, 0, 0);
	sd_tasks[sd_me()].rcu--;
	if (depth > 1) {
		WRITE_ONCE(domain->depth[sd_me()], depth - 1);
		return;
	}
	__sd_atomic_begin(SD_RELEASE_SHARED, domain);
	domain->depth[sd_me()] = 0;
	for (i = 0; i < SD_MAX_TASKS; i++)
		if (domain->awaited[i] & (1UL << sd_me()))
			domain->awaited[i] &= ~(1UL << sd_me());
	__sd_atomic_end();
}

static void sd_grace_period(struct sd_domain *domain)
{
	int i;

	__sd_atomic_begin(SD_STEP, domain);
	for (i = 0; i < SD_MAX_TASKS; i++)
		if (domain->depth[i])
			domain->awaited[sd_me()] |= 1UL << i;
	__sd_event("minor", "a grace period begins", 0, 0, 0);
	__sd_atomic_end();
	__sd_atomic_begin(SD_STEP, domain);
	if (domain->awaited[sd_me()])
		__sd_block();
	__sd_event("minor", "the grace period is over", 0, 0, 0);
	__sd_atomic_end();
}

static void sd_call(struct sd_domain *domain, struct rcu_head *head, rcu_callback_t func)
{
	__sd_atomic_begin(SD_STEP, sd_callbacks);
	if (sd_callbacks_queued == SD_CALLBACKS)
		__sd_fail("model-limit", "the real runtime has room for {0:d} RCU callbacks", SD_CALLBACKS, 0, 0);
	sd_callbacks[sd_callbacks_queued].head = head;
	sd_callbacks[sd_callbacks_queued].func = func;
	sd_callbacks[sd_callbacks_queued].domain = domain;
	sd_callbacks_queued++;
	__sd_event("minor", "a callback for {0:p} is queued, to run after a grace period", (sd_u64)head, 0, 0);
	__sd_atomic_end();
}

void sd_rcu_daemon(void *unused)
{
	for (;;) {
		struct rcu_head *head;
		rcu_callback_t func;
		struct sd_domain *domain;
		unsigned long i;

		__sd_atomic_begin(SD_STEP, sd_callbacks);
		if (!sd_callbacks_queued)
			__sd_block();
		head = sd_callbacks[0].head;
		func = sd_callbacks[0].func;
		domain = sd_callbacks[0].domain;
		sd_callbacks_queued--;
		for (i = 0; i < sd_callbacks_queued; i++)
			sd_callbacks[i] = sd_callbacks[i + 1];
		sd_callbacks[sd_callbacks_queued].head = NULL;
		sd_callbacks[sd_callbacks_queued].func = NULL;
		sd_callbacks[sd_callbacks_queued].domain = NULL;
		__sd_event("minor", "the callback for {0:p} is next", (sd_u64)head, 0, 0);
		__sd_atomic_end();
		sd_grace_period(domain);
		func(head);
	}
}

/* ---- the kernel's names for it ---- */

void __rcu_read_lock(void)
{
	sd_reader_enter(NULL);
}

void __rcu_read_unlock(void)
{
	sd_reader_leave(NULL);
}

void synchronize_rcu(void)
{
	sd_might_sleep();
	sd_grace_period(sd_domain(NULL));
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	sd_call(sd_domain(NULL), head, func);
}

#ifndef init_srcu_struct	/* with lockdep it is a macro */
__weak int init_srcu_struct(struct srcu_struct *ssp)
{
	return 0;
}
#endif

int __srcu_read_lock(struct srcu_struct *ssp)
{
	sd_reader_enter(ssp);
	return 0;
}

void __srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	sd_reader_leave(ssp);
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	sd_might_sleep();
	sd_grace_period(sd_domain(ssp));
}

__weak void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	synchronize_srcu(ssp);
}

void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, rcu_callback_t func)
{
	sd_call(sd_domain(ssp), head, func);
}

/* DEFINE_SRCU() puts this function's address in its work item, which never runs here. */
#ifdef SD_HAS_WORK_TIMER_LIST
void delayed_work_timer_fn(struct timer_list *timer)
#else
void delayed_work_timer_fn(unsigned long data)
#endif
{
	__sd_fail("model-limit", "delayed work is not modelled", 0, 0, 0);
}
