/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness.h - what harnesses for files of a tree have in common: an mm, threads of its process, and ranges of an invalidation, by
 * one name on every tree. What else a tree has or has not is asked with <shootdown/has.h>.
 */
#ifndef SHOOTDOWN_HARNESS_H
#define SHOOTDOWN_HARNESS_H

#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/sched.h>
#include <shootdown/has.h>

#include "shootdown.h"

extern struct task_struct sd_task_structs[];

/* An address space without VMAs, with one user. */
static __always_inline void sd_mm_init(struct mm_struct *mm)
{
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	mmap_init_lock(mm);
}

/* A thread in a column of its own. @mm is its current->mm; NULL for a kernel thread. */
static __always_inline int sd_run(const char *name, struct mm_struct *mm, void (*fn)(void *arg), void *arg)
{
	int thread = __sd_thread(name, name, fn, arg, 0);

	sd_task_structs[thread + 1].mm = mm;
	return thread;
}

static __always_inline void sd_range_init(struct mmu_notifier_range *range, enum mmu_notifier_event event, struct mm_struct *mm,
					  unsigned long start, unsigned long end)
{
#ifdef SD_HAS_RANGE_VMA
	mmu_notifier_range_init(range, event, 0, NULL, mm, start, end);
#else
	mmu_notifier_range_init(range, event, 0, mm, start, end);
#endif
}

/* During setup: a thread that runs what is queued on workqueues. */
void sd_have_worker(void);
void sd_work_daemon(void *unused);
static __always_inline void sd_kworker(void)
{
	sd_have_worker();
	__sd_thread("kworker", "kworker", sd_work_daemon, NULL, SD_DAEMON);
}

/* During setup: this is memory of the process, from and to which the kernel copies. An address elsewhere is refused as one of the kernel's. */
void sd_user_memory(void *p, unsigned long size);

/*
 * Begins and ends what may not sleep, as the OOM reaper's calls of notifiers: sleeping in between is a violation. Where the kernel is built to find such
 * (CONFIG_DEBUG_ATOMIC_SLEEP), it says so with non_block_start() and non_block_end(), for the older notifiers; these say it for all.
 */
void sd_non_block_start(void);
void sd_non_block_end(void);

#endif
