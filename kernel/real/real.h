/* SPDX-License-Identifier: Apache-2.0 */
/*
 * real.h - what the files of the real runtime share.
 *
 * The real runtime stands in for the parts of the kernel that a real file calls and that are not linked: locks, wait queues, RCU,
 * the allocator. It is compiled with the headers of the tree under test, so every structure has its real layout; inside
 * a lock or wait queue the model uses one word of its own choosing. One file for each part of the kernel:
 *
 *   locks.c   spinlocks, mutexes, rw semaphores; sleeping in atomic context
 *   rwlocks.c spinning readers and writers
 *   wait.c    wait queues, schedule(), waking
 *   rcu.c     RCU and SRCU: readers, grace periods, callbacks
 *   percpu.c  per-CPU variables; preemption; current
 *   slab.c    kmalloc, kfree
 *   mm.c      the few functions of mm/ and kernel/fork.c that notifiers lean on
 *   work.c    workqueues
 *   device.c  DMA addresses, messages about a device, copies from and to the process
 *   bug.c     BUG, WARN, printk; tracepoints that are off
 *
 * Include this after the kernel's own headers. What a tree has is asked by name (features.txt), never by version.
 */
#ifndef SHOOTDOWN_REAL_H
#define SHOOTDOWN_REAL_H

#include <linux/gfp.h>
#include <linux/sched.h>
#include <shootdown/has.h>

#include "shootdown.h"

/* Threads of a scenario, and one more: setup and the final check run as number 0. */
#define SD_MAX_TASKS 8
#define SD_MAX_READS 6

/* What the model keeps for a thread beside its task_struct. */
struct sd_task {
	unsigned long atomic; /* spinlocks held and preemption disabled: it must not sleep */
	unsigned long non_block; /* depth of sd_non_block_start(): the same, for calls that must go on whatever others hold */
	unsigned long held;   /* mutexes, and rw semaphores for writing */
	unsigned long rcu;    /* readers of RCU and SRCU that it is inside: for the check when it ends */
	const void *reads[SD_MAX_READS]; /* rw semaphores and rwlocks held for reading */
};

extern struct sd_task sd_tasks[SD_MAX_TASKS];
extern struct task_struct sd_task_structs[SD_MAX_TASKS];

static __always_inline int sd_me(void)
{
	return __sd_self() + 1;
}

/* failures.c */
#ifndef SD_FAILURES
#define SD_FAILURES 0 /* bound: failures of allocations and trylocks */
#endif
bool sd_fails_now(const char *what);
static __always_inline bool sd_fails(const char *what)
{
	return SD_FAILURES && sd_fails_now(what);
}
static __always_inline bool sd_allocation_fails(gfp_t flags)
{
	return !(flags & __GFP_NOFAIL) && sd_fails("an allocation");
}

/* Called where the kernel may sleep. */
void sd_might_sleep(void);

/* locks.c: this thread begins to hold something for reading; it ends, and did it hold it? */
void sd_read_begins(const void *lock);
bool sd_read_ends(const void *lock);
/* Whether this thread holds any lock; rcu.c: whether it is in a read section. */
bool sd_holds_lock(void);
bool sd_reads_rcu(void);

/* work.c: one item, when there is one; and over and over. */
void sd_have_worker(void);
void sd_work_once(void *unused);
void sd_work_daemon(void *unused);

/* The daemon that runs call_rcu and call_srcu callbacks: a scenario that needs them creates one thread of it. */
void sd_rcu_daemon(void *unused);

#endif
