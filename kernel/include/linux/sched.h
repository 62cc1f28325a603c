/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks. Each thread of the scenario is one task, on one CPU for good. What a task holds is counted here:
 * these words belong to their own thread only, so they never cause a scheduling point.
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/kernel.h>

#ifndef SD_MAX_TASKS
#define SD_MAX_TASKS 24		/* bound: threads */
#endif
#ifndef SD_MAX_READS
#define SD_MAX_READS 6
#endif

struct mm_struct;

struct task_struct {
	const char *comm;
	struct mm_struct *mm;
	void (*sd_fn)(void *arg);
	void *sd_arg;
	int cpu;
	unsigned long preempt_count;	/* spinlocks held, preempt_disable() */
	unsigned long irqs_off;
	int rcu_depth;
	int non_block_count;	/* inside a callback that must not block */
	int locks_held;		/* of every kind */
	int notifier_depth;	/* range starts not yet ended */
	bool sd_shares_cpu;	/* with another thread */
	bool sd_daemon;
	const void *reads[SD_MAX_READS];	/* reader-writer locks held for reading */
};

/* [0] is the setup and the final check, [i + 1] thread i. */
extern struct task_struct sd_tasks[SD_MAX_TASKS];

#define current (&sd_tasks[__sd_self() + 1])

#define smp_processor_id() (current->cpu)
#define raw_smp_processor_id() (current->cpu)
#define get_cpu() ({ preempt_disable(); smp_processor_id(); })
#define put_cpu() preempt_enable()
#define cond_resched() might_sleep()
#define schedule() might_sleep()

void sd_take_cpu(void);
void sd_give_cpu(void);

/* Nothing else runs on a CPU while its interrupts or preemption are off. */
static __always_inline void sd_hold_cpu(void)
{
	if (unlikely(current->sd_shares_cpu) && !current->preempt_count && !current->irqs_off)
		sd_take_cpu();
}

static __always_inline void sd_release_cpu(void)
{
	if (unlikely(current->sd_shares_cpu) && !current->preempt_count && !current->irqs_off)
		sd_give_cpu();
}

/* From 4.20 on such a region is a read section of RCU too (locking/srcu.c). */
#if SD_KERNEL >= 500
void sd_rcu_region_begins(void);
void sd_rcu_region_ends(void);
#else
#define sd_rcu_region_begins() do { } while (0)
#define sd_rcu_region_ends() do { } while (0)
#endif

static __always_inline void sd_atomic_region_begins(void)
{
	if (!current->preempt_count && !current->irqs_off)
		sd_rcu_region_begins();
}

static __always_inline void sd_atomic_region_ends(void)
{
	if (!current->preempt_count && !current->irqs_off)
		sd_rcu_region_ends();
}

static __always_inline void preempt_disable(void)
{
	sd_hold_cpu();
	sd_atomic_region_begins();
	current->preempt_count++;
}

static __always_inline void preempt_enable(void)
{
	current->preempt_count--;
	sd_atomic_region_ends();
	sd_release_cpu();
}

/* A thread that loops is in a system call, a fault, or a driver's work: it has to be able to go on. */
static __always_inline void sd_enter_kernel(void)
{
	__sd_busy(1);
}

static __always_inline void sd_leave_kernel(void)
{
	__sd_busy(0);
}

/* Which locks a task reads under is known to it alone. */
static __always_inline void sd_reads_add(const void *lock)
{
	int i;

	for (i = 0; i < SD_MAX_READS; i++) {
		if (!current->reads[i]) {
			current->reads[i] = lock;
			return;
		}
	}
	__sd_fail("model-limit", "more than {0:d} locks are held for reading at once: raise SD_MAX_READS", SD_MAX_READS, 0, 0);
}

static __always_inline bool sd_reads_under(const void *lock)
{
	int i;

	for (i = 0; i < SD_MAX_READS; i++)
		if (current->reads[i] == lock)
			return true;
	return false;
}

static __always_inline bool sd_reads_remove(const void *lock)
{
	int i;

	for (i = 0; i < SD_MAX_READS; i++) {
		if (current->reads[i] == lock) {
			current->reads[i] = NULL;
			return true;
		}
	}
	return false;
}

static inline bool in_atomic(void)
{
	return current->preempt_count || current->irqs_off;
}

#define non_block_start() (current->non_block_count++)
#define non_block_end() (current->non_block_count--)

/* Interrupts off on this CPU: a flush IPI waits (machine/tlb.c). */
void local_irq_disable(void);
void local_irq_enable(void);
#define local_irq_save(flags) ((flags) = current->irqs_off, local_irq_disable())
#define local_irq_restore(flags)							\
	do {										\
		if (!(flags))								\
			local_irq_enable();						\
	} while (0)
#define irqs_disabled() (current->irqs_off != 0)

struct mm_struct *get_task_mm(struct task_struct *task);

#endif
