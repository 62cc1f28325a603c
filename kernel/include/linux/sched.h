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

struct mm_struct;

struct task_struct {
	const char *comm;
	struct mm_struct *mm;
	void (*sd_fn)(void *arg);
	void *sd_arg;
	int cpu;
	int preempt_count;	/* spinlocks held, preempt_disable() */
	int irqs_off;
	int rcu_depth;
	int non_block_count;	/* inside a callback that must not block */
	int locks_held;		/* of every kind */
	int notifier_depth;	/* range starts not yet ended */
	bool sd_in_kernel;	/* a user thread: in a system call or a fault */
	bool sd_daemon;
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

static inline void preempt_disable(void)
{
	current->preempt_count++;
}

static inline void preempt_enable(void)
{
	current->preempt_count--;
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
#define local_irq_restore(flags) ((void)(flags), local_irq_enable())
#define irqs_disabled() (current->irqs_off != 0)

struct mm_struct *get_task_mm(struct task_struct *task);

#endif
