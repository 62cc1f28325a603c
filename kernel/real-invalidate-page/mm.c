// SPDX-License-Identifier: Apache-2.0
/*
 * mm.c - the functions of mm/ and kernel/fork.c that the files under test lean on, for a 4.4 tree. All weak: a file of the tree
 * that is linked brings its own.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/vmstat.h>

#include "../real/real.h"

/* As in kernel/real/mm.c: what is left for an address space whose VMAs do not change. */
static DEFINE_MUTEX(sd_mm_all_locks);

int __weak mm_take_all_locks(struct mm_struct *mm)
{
	mutex_lock(&sd_mm_all_locks);
	return 0;
}

void __weak mm_drop_all_locks(struct mm_struct *mm)
{
	mutex_unlock(&sd_mm_all_locks);
}

void __weak __mmdrop(struct mm_struct *mm)
{
	mmu_notifier_mm_destroy(mm);
	__sd_atomic_begin(SD_STEP, mm);
	__sd_dead(mm, sizeof(*mm));
	__sd_atomic_end();
}

int init_srcu_struct(struct srcu_struct *sp)
{
	sp->per_cpu_ref = (void *)sp;	/* the kernel asks whether it is there */
	return 0;
}

/* VMAs are a list here, sorted by address; there is no tree and no cache. */
struct vm_area_struct *__weak find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = mm->mmap;

	while (vma && vma->vm_end <= addr)
		vma = vma->vm_next;
	return vma;
}

/* Statistics are not modelled. */
void __weak __mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
}

void __weak __inc_zone_page_state(struct page *page, enum zone_stat_item item)
{
}

void __weak __dec_zone_page_state(struct page *page, enum zone_stat_item item)
{
}

void __weak __inc_zone_state(struct zone *zone, enum zone_stat_item item)
{
}

void __weak __dec_zone_state(struct zone *zone, enum zone_stat_item item)
{
}

void __weak mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
}

void __weak inc_zone_page_state(struct page *page, enum zone_stat_item item)
{
}

void __weak dec_zone_page_state(struct page *page, enum zone_stat_item item)
{
}
