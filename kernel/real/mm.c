// SPDX-License-Identifier: Apache-2.0
/*
 * mm.c - the few functions of mm/ and kernel/fork.c that notifier code needs, for the real runtime.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

#include "real.h"

/*
 * In the kernel these take the i_mmap and anon_vma locks of every VMA, so that no thread is between start and end of an
 * invalidation. An mm without VMAs, as scenarios have it, leaves the mutex that serialises the callers. A scenario in which the first
 * registration runs beside invalidations must hold mmap_lock around these.
 */
static DEFINE_MUTEX(sd_mm_all_locks);

int mm_take_all_locks(struct mm_struct *mm)
{
	mutex_lock(&sd_mm_all_locks);
	return 0;
}

void mm_drop_all_locks(struct mm_struct *mm)
{
	mutex_unlock(&sd_mm_all_locks);
}

/* Where the headers' arithmetic on addresses, frames and struct pages begins: as without KASLR, with four levels. */
unsigned long phys_base;
#ifdef CONFIG_DYNAMIC_MEMORY_LAYOUT
unsigned long page_offset_base = __PAGE_OFFSET_BASE_L4;
unsigned long vmalloc_base = __VMALLOC_BASE_L4;
unsigned long vmemmap_base = __VMEMMAP_BASE_L4;
#endif

/* The last reference is gone. */
void __mmdrop(struct mm_struct *mm)
{
	mmu_notifier_subscriptions_destroy(mm);
	__sd_dead(mm, sizeof(*mm));
}
