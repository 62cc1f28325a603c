// SPDX-License-Identifier: Apache-2.0
/*
 * A flush waits for another CPU to take the interrupt, and that CPU waits with interrupts off for a lock which the flusher holds.
 * -DGOOD: the lock is given up first. -DSELF: the flusher itself has interrupts off.
 */
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static DEFINE_SPINLOCK(lock);
static struct mm_struct *mm;
static unsigned long va;

static void flusher(void *arg)
{
#ifdef SELF
	local_irq_disable();
	flush_tlb_mm_range(mm, va, va + PAGE_SIZE);
	local_irq_enable();
#else
	spin_lock(&lock);
#ifdef GOOD
	spin_unlock(&lock);
#endif
	flush_tlb_mm_range(mm, va, va + PAGE_SIZE);
#ifndef GOOD
	spin_unlock(&lock);
#endif
#endif
}

static void taker(void *arg)
{
	spin_lock_irq(&lock);
	spin_unlock_irq(&lock);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_cpu_run(0, NULL, "flusher", flusher, NULL);
	sd_cpu_run(1, mm, "taker", taker, NULL);
}
