// SPDX-License-Identifier: Apache-2.0
/*
 * context.c - what a task may do where: sleeping in atomic context is a violation, and interrupts off keep IPIs away.
 *
 * The counts live in the task and are changed by it alone.
 */
#include <shootdown/machine.h>

void __weak might_sleep(void)
{
	struct task_struct *task = current;

	if (task->preempt_count)
		__sd_fail("sleep-in-atomic", "{0:s} may sleep here, but holds a spinlock or has preemption off", (sd_u64)task->comm, 0, 0);
	if (task->irqs_off)
		__sd_fail("sleep-in-atomic", "{0:s} may sleep here, but interrupts are off", (sd_u64)task->comm, 0, 0);
	if (task->rcu_depth)
		__sd_fail("sleep-in-atomic", "{0:s} may sleep here, inside an RCU read section", (sd_u64)task->comm, 0, 0);
	if (task->non_block_count)
		__sd_fail("sleep-in-atomic", "{0:s} may sleep here, in a notifier that was told not to block", (sd_u64)task->comm, 0, 0);
}

/*
 * The CPU's interrupt flag is a lock that an IPI sender looks at: off is "held". It is a flag and no count: turning interrupts on does so however often they were
 * turned off. With them off no other thread of the CPU runs.
 */
void local_irq_disable(void)
{
	struct sd_walker *w = &sd_walkers[smp_processor_id()];

	if (current->irqs_off)
		return;
	sd_hold_cpu();
	sd_atomic_region_begins();
	current->irqs_off = 1;
	__sd_atomic_begin(SD_ACQUIRE | SD_UNFENCED, &w->irqs_off);
	w->irqs_off++;
	__sd_atomic_end();
}

void local_irq_enable(void)
{
	struct sd_walker *w = &sd_walkers[smp_processor_id()];

	if (!current->irqs_off)
		return;
	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, &w->irqs_off);
	w->irqs_off--;
	__sd_atomic_end();
	current->irqs_off = 0;
	sd_atomic_region_ends();
	sd_release_cpu();
}

/* The CPU as a lock: its holder runs alone there (__sd_on_cpu). Only threads that share a CPU need it. */
void sd_take_cpu(void)
{
	const void *cpu = &sd_walkers[smp_processor_id()].taken;

	__sd_atomic_begin(SD_ACQUIRE | SD_UNFENCED, cpu);
	__sd_atomic_end();
}

void sd_give_cpu(void)
{
	const void *cpu = &sd_walkers[smp_processor_id()].taken;

	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, cpu);
	__sd_atomic_end();
}

/* PG_locked by itself. */
int PageLocked(struct page *page)
{
	int locked;

	__sd_atomic_begin(SD_STEP, &page->flags);
	locked = (page->flags & (1UL << PG_locked)) != 0;
	__sd_atomic_end();
	return locked;
}
