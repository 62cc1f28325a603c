// SPDX-License-Identifier: Apache-2.0
/*
 * A page of anonymous memory is taken away from a process that goes on using it.
 *   HOW	0 as zap_pte_range() does: on purpose	1 freed before anybody can see that the entry is gone	2 the page is locked, as by who
 *		writes it out, and written nowhere	3 out of the rmap too late
 *   ORDER	1: the page is freed after the flush, 0: before
 */
// shootdown: --kernel 6.1 -DHOW=0 -DORDER=1
#include <shootdown/scenario.h>

static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

static void take(void *arg)
{
	struct mm_struct *mm = arg;
	struct page *page;
	spinlock_t *ptl;
	pte_t *ptep;

	mmap_read_lock(mm);
	ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl);
	page = pte_page(ptep_get(ptep));
	if (HOW == 2 && !trylock_page(page)) {
		pte_unmap_unlock(ptep, ptl);
		goto out;
	}
	ptep_get_and_clear(mm, va, ptep);
	if (HOW != 3)
		page_remove_rmap(page, false);
	if (HOW == 1) {
		flush_tlb_mm(mm);
		put_page(page);
	}
	pte_unmap_unlock(ptep, ptl);
	if (HOW == 1)
		goto out;
	if (HOW == 2)
		unlock_page(page);
	if (ORDER)
		flush_tlb_mm(mm);
	if (HOW == 3)
		page_remove_rmap(page, false);
	put_page(page);
	if (!ORDER)
		flush_tlb_mm(mm);
out:
	mmap_read_unlock(mm);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "take", take, mm);
}
