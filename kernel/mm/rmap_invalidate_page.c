// SPDX-License-Identifier: Apache-2.0
/*
 * rmap_invalidate_page.c - unmapping as 4.4 did, or could have done: invalidate_page after the table lock is dropped.
 *
 * There is no range start or end around an ordinary page; while the page is locked and referenced by the caller nothing can
 * be freed before the callback. sd_design (shootdown/mirror.h) chooses how notifiers are called; it is derived
 * from sd_fix_017b1660df89 (mm/rmap.c) if no scenario sets it: 0 released, 1 shipped, 2 the fix with no notifier change.
 */
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>
#include <linux/swapops.h>
#include <shootdown/mirror.h>

enum sd_design sd_design;
int sd_recheck_table;

#if SD_KERNEL < 413
/* The entry of the page in this mm with its table locked, or NULL. */
pte_t * __weak page_check_address(struct page *page, struct mm_struct *mm, unsigned long address, spinlock_t **ptlp, int sync)
{
	spinlock_t *ptl;
	pte_t *pte, entry;
	pmd_t *pmd;

	if (PageHuge(page)) {
		pte = huge_pte_offset(mm, address, HPAGE_SIZE);
		if (!pte)
			return NULL;
		ptl = huge_pte_lockptr(page_hstate(page), mm, pte);
	} else {
		pmd = mm_find_pmd(mm, address);
		pte = pmd ? pte_offset_map(pmd, address) : NULL;
		if (!pte)
			return NULL;
		if (!sync && !pte_present(ptep_get(pte)))
			return NULL;
		ptl = pte_lockptr(mm, pmd);
	}
	spin_lock(ptl);
	entry = ptep_get(pte);
	if (sd_recheck_table && PageHuge(page) && huge_pte_offset(mm, address, HPAGE_SIZE) != pte)
		entry = __pte(0);
	if (pte_present(entry) && pte_page(entry) == page) {
		*ptlp = ptl;
		return pte;
	}
	spin_unlock(ptl);
	return NULL;
}

static enum sd_design chosen_design(void)
{
	static const enum sd_design by_fix[] = { SD_DESIGN_RELEASED, SD_DESIGN_SHIPPED, SD_DESIGN_FIX_ONLY, SD_DESIGN_SHIPPED };

	return sd_design == SD_DESIGN_BY_FIX ? by_fix[sd_fix_017b1660df89 & 3] : sd_design;
}

bool __weak try_to_unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long address, void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	enum ttu_flags flags = (enum ttu_flags)(unsigned long)arg;
	enum sd_design design = chosen_design();
	unsigned long size = PAGE_SIZE << compound_order(page);
	unsigned long start = address, end = address + size;	/* what may go from this mm */
	unsigned long last = address;
	bool fixed = PageHuge(page) && design != SD_DESIGN_RELEASED;
	bool bracket, unshared = false;
	pte_t *pte, pteval;
	spinlock_t *ptl;

	/* Only under the table lock does it show whether the table is shared, and start must come before: so prepare for it. */
	if (fixed)
		adjust_range_if_pmd_sharing_possible(vma, &start, &end);
	bracket = design == SD_DESIGN_CONVERT_ALL || design == SD_DESIGN_START_END ||
		  (design == SD_DESIGN_SHIPPED && end - start != size) || (design == SD_DESIGN_HUGE && PageHuge(page));
	if (bracket)
		mmu_notifier_invalidate_range_start(mm, start, end);
	pte = page_check_address(page, mm, address, &ptl, 0);
	if (!pte)
		goto out;
	if (fixed && huge_pmd_unshare(mm, &last, pte)) {
		/* The page stays mapped by the others: no migration entry, mapcount as it was. */
		unshared = true;
		flush_cache_range(vma, start, end);
		flush_tlb_range(vma, start, end);
		if (design == SD_DESIGN_CONVERT_ALL)
			mmu_notifier_invalidate_range(mm, start, end);
	} else {
		flush_cache_page(vma, address, page_to_pfn(page));
		pteval = ptep_clear_flush(vma, address, pte);
		if (design == SD_DESIGN_CONVERT_ALL)
			mmu_notifier_invalidate_range(mm, address, address + size);
		if (pte_dirty(pteval))
			set_page_dirty(page);
		if (PageHWPoison(page) && !(flags & TTU_IGNORE_HWPOISON)) {
			set_pte_at(mm, address, pte, swp_entry_to_pte(make_hwpoison_entry(page)));
		} else if (flags & TTU_MIGRATION) {
			pte_t moving = swp_entry_to_pte(make_migration_entry(page, pte_write(pteval)));

			set_pte_at(mm, address, pte, pte_soft_dirty(pteval) ? pte_swp_mksoft_dirty(moving) : moving);
		} else if (PageAnon(page)) {
			set_pte_at(mm, address, pte, swp_entry_to_pte(swp_entry(0, sd_swap_slot(page))));
		}
		page_remove_rmap(page, PageHuge(page));
		put_page(page);
	}
	pte_unmap_unlock(pte, ptl);
	/* Late, but the page lock and the caller's reference hold the page until here. */
	if (design == SD_DESIGN_PASS_SIZE)
		sd_notify_page_size(mm, unshared ? start : address, unshared ? end - start : size);
	else if (design != SD_DESIGN_CONVERT_ALL && !(flags & TTU_MUNLOCK))
		mmu_notifier_invalidate_page(mm, address);
out:
	if (bracket)
		mmu_notifier_invalidate_range_end(mm, start, end);
	return true;
}
#endif
