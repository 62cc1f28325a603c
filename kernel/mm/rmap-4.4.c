// SPDX-License-Identifier: Apache-2.0
/*
 * rmap-4.4.c - taking entries away as 4.4 did: invalidate_page after the table lock is dropped.
 *
 * There is no range start or end around an ordinary page; while the page is locked and referenced by the caller nothing can
 * be freed before the callback. sd_fix_017b1660df89 (mm/rmap.c) chooses the stage of the backport:
 *   0  before it     1  as in 4.4.167: start and end too if sharing is possible     2  without them
 */
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>

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
		if (!pmd)
			return NULL;
		pte = pte_offset_map(pmd, address);
		if (!sync && !pte_present(ptep_get(pte)))
			return NULL;
		ptl = pte_lockptr(mm, pmd);
	}
	spin_lock(ptl);
	entry = ptep_get(pte);
	if (pte_present(entry) && pte_page(entry) == page) {
		*ptlp = ptl;
		return pte;
	}
	spin_unlock(ptl);
	return NULL;
}

bool __weak try_to_unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long address, void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	enum ttu_flags flags = (enum ttu_flags)(unsigned long)arg;
	unsigned long start = address, end = address + (PAGE_SIZE << compound_order(page));
	unsigned long last = address;
	bool sharing_possible = false, unshared = false;
	pte_t *pte, pteval, swp_pte;
	spinlock_t *ptl;

	if (PageHuge(page) && sd_fix_017b1660df89) {
		adjust_range_if_pmd_sharing_possible(vma, &start, &end);
		sharing_possible = end - start > HPAGE_SIZE && sd_fix_017b1660df89 == 1;
	}
	if (sharing_possible)
		mmu_notifier_invalidate_range_start(mm, start, end);
	pte = page_check_address(page, mm, address, &ptl, 0);
	if (!pte)
		goto out;
	if (PageHuge(page) && sd_fix_017b1660df89 && huge_pmd_unshare(mm, &last, pte)) {
		flush_cache_range(vma, start, end);
		flush_tlb_range(vma, start, end);
		unshared = true;
	}
	if (!unshared) {
		flush_cache_page(vma, address, page_to_pfn(page));
		pteval = ptep_clear_flush(vma, address, pte);
		if (pte_dirty(pteval))
			set_page_dirty(page);
		if (flags & TTU_MIGRATION) {
			swp_pte = swp_entry_to_pte(make_migration_entry(page, pte_write(pteval)));
			if (pte_soft_dirty(pteval))
				swp_pte = pte_swp_mksoft_dirty(swp_pte);
			set_pte_at(mm, address, pte, swp_pte);
		}
		page_remove_rmap(page, PageHuge(page));
		put_page(page);
	}
	pte_unmap_unlock(pte, ptl);
	/* Late, but the page lock and the caller's reference hold the page until here. */
	if (!(flags & TTU_MUNLOCK))
		mmu_notifier_invalidate_page(mm, address);
out:
	if (sharing_possible)
		mmu_notifier_invalidate_range_end(mm, start, end);
	return true;
}
#endif
