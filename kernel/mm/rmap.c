// SPDX-License-Identifier: Apache-2.0
/*
 * rmap.c - from a page to the entries that map it, and unmapping (as in 4.14 to 5.8; later kernels differ in more than is here).
 *
 * The VMAs of a file are walked under i_mmap_rwsem in read mode, with the page locked by the caller. Each VMA's entry is changed under
 * its table lock. An entry that is removed for migration becomes a migration entry: a fault on it waits for the page lock.
 *
 * sd_fix_017b1660df89 says which stage of "fix migration of huge PMD shared pages" (4.19) this kernel has; a scenario may set it:
 *   0  before it     1  as merged (the default)     2  without its range start and end     3  start and end, not widened
 * sd_fix_c0d0381ade79 is 1 if i_mmap_rwsem orders users of shared tables ("use i_mmap_rwsem for more pmd sharing synchronization",
 * 5.7): unsharing holds it in write mode, faults hold it in read mode while they use an entry.
 */
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>

int sd_fix_017b1660df89 = 1;
int sd_fix_c0d0381ade79 = SD_KERNEL >= 507;

unsigned long __weak vma_address(struct page *page, struct vm_area_struct *vma)
{
	return vma->vm_start + ((page_to_pgoff(page) - vma->vm_pgoff) << PAGE_SHIFT);
}

void __weak page_add_file_rmap(struct page *page, bool compound)
{
	(void)compound;
	atomic_inc(&page->_mapcount);
}

void __weak page_remove_rmap(struct page *page, bool compound)
{
	(void)compound;
	VM_BUG_ON_PAGE(atomic_dec_return(&page->_mapcount) < -1, page);
}

/* Under the table lock: is this the entry of the page (or its migration entry, if that is what is looked for)? */
static bool check_pte(struct page_vma_mapped_walk *pvmw)
{
	pte_t pte = ptep_get(pvmw->pte);

	if (pvmw->flags & PVMW_MIGRATION)
		return is_swap_pte(pte) && is_migration_entry(pte_to_swp_entry(pte)) &&
		       migration_entry_to_page(pte_to_swp_entry(pte)) == pvmw->page;
	return pte_present(pte) && pte_page(pte) == pvmw->page;
}

/* Finds the entry in this VMA and locks its table. Called again it finds no more: a page is mapped once in a VMA. */
bool __weak page_vma_mapped_walk(struct page_vma_mapped_walk *pvmw)
{
	struct mm_struct *mm = pvmw->vma->vm_mm;

	if (pvmw->pte) {
		page_vma_mapped_walk_done(pvmw);
		return false;
	}
	if (PageHuge(pvmw->page)) {
		pvmw->pte = huge_pte_offset(mm, pvmw->address, HPAGE_SIZE);
		if (!pvmw->pte)
			return false;
		pvmw->ptl = huge_pte_lockptr(page_hstate(pvmw->page), mm, pvmw->pte);
	} else {
		pvmw->pmd = mm_find_pmd(mm, pvmw->address);
		if (!pvmw->pmd)
			return false;
#if SD_KERNEL >= 605
		pvmw->pte = pte_offset_map_lock(mm, pvmw->pmd, pvmw->address, &pvmw->ptl);
		if (!pvmw->pte)
			return false;
		goto locked;
#else
		pvmw->pte = pte_offset_map(pvmw->pmd, pvmw->address);
		pvmw->ptl = pte_lockptr(mm, pvmw->pmd);
#endif
	}
	spin_lock(pvmw->ptl);
#if SD_KERNEL >= 605
locked:
#endif
	if (check_pte(pvmw))
		return true;
	page_vma_mapped_walk_done(pvmw);
	return false;
}

static void rmap_walk_file(struct page *page, struct rmap_walk_control *rwc, bool locked)
{
	struct address_space *mapping = page_mapping(page);
	struct vm_area_struct *vma;
	pgoff_t first, last;

	if (!mapping)
		return;
	first = page_to_pgoff(page);
	last = first + hpage_nr_pages(page) - 1;
	if (!locked)
		i_mmap_lock_read(mapping);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, first, last) {
		cond_resched();
		if (!rwc->rmap_one(page, vma, vma_address(page, vma), rwc->arg))
			break;
		if (rwc->done && rwc->done(page)) {
			__sd_event("rmap", "{0:p} unmapped, walk ends at VMA of {1:s}", (sd_u64)page, (sd_u64)vma->vm_mm->sd_name, 0);
			break;
		}
	}
	if (!locked)
		i_mmap_unlock_read(mapping);
}

/* An anonymous page knows its only VMA. */
static void rmap_walk_anon(struct page *page, struct rmap_walk_control *rwc)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)((unsigned long)page->mapping - 1);

	down_read(&vma->sd_anon_rwsem);
	if (vma->vm_mm)		/* the process may have ended */
		rwc->rmap_one(page, vma, vma_address(page, vma), rwc->arg);
	up_read(&vma->sd_anon_rwsem);
}

void __weak rmap_walk(struct page *page, struct rmap_walk_control *rwc)
{
	if (PageAnon(page))
		rmap_walk_anon(page, rwc);
	else
		rmap_walk_file(page, rwc, false);
}

void __weak rmap_walk_locked(struct page *page, struct rmap_walk_control *rwc)
{
	if (PageAnon(page))
		rmap_walk_anon(page, rwc);
	else
		rmap_walk_file(page, rwc, true);
}

#if SD_KERNEL >= 413
/* Devices that walk the tables of this mm: from 6.6 on the flush of its CPUs has told them already. */
static void flush_devices(struct mm_struct *mm, unsigned long start, unsigned long end)
{
#if SD_KERNEL < 606
	mmu_notifier_invalidate_range(mm, start, end);
#else
	(void)mm, (void)start, (void)end;
#endif
}

/* This mm gave up its share of the table. It is not known which of its entries are cached, so all of them are flushed. */
static void flush_unshared(struct vm_area_struct *vma, unsigned long address)
{
	unsigned long start = address, end = address + HPAGE_SIZE;

	adjust_range_if_pmd_sharing_possible(vma, &start, &end);
	flush_cache_range(vma, start, end);
	flush_tlb_range(vma, start, end);
	flush_devices(vma->vm_mm, start, end);
}

bool __weak try_to_unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long address, void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	enum ttu_flags flags = (enum ttu_flags)(unsigned long)arg;
	struct page_vma_mapped_walk pvmw = { .page = page, .vma = vma, .address = address };
	unsigned long start = address;
	unsigned long end = min(vma->vm_end, start + (PAGE_SIZE << compound_order(page)));
	unsigned long last = address;
	struct sd_range range;
	pte_t pteval, swp_pte;

	/* The table may turn out to be shared, and then the whole gigabyte goes from this mm. */
	if (PageHuge(page) && sd_fix_017b1660df89 == 1)
		adjust_range_if_pmd_sharing_possible(vma, &start, &end);
	sd_range_init(&range, vma, start, end);
	if (sd_fix_017b1660df89 != 2)
		sd_notify_start(&range);
	while (page_vma_mapped_walk(&pvmw)) {
		if (PageHuge(page) && sd_fix_017b1660df89 && huge_pmd_unshare(mm, &last, pvmw.pte)) {
			/* The page stays mapped by the others: no migration entry, mapcount as it was. */
			flush_unshared(vma, address);
			page_vma_mapped_walk_done(&pvmw);
			break;
		}
		flush_cache_page(vma, pvmw.address, page_to_pfn(page));
		pteval = ptep_clear_flush(vma, pvmw.address, pvmw.pte);
		if (pte_dirty(pteval))
			set_page_dirty(page);
		if (PageHWPoison(page) && !(flags & TTU_IGNORE_HWPOISON)) {
			set_pte_at(mm, pvmw.address, pvmw.pte, swp_entry_to_pte(make_hwpoison_entry(page)));
		} else if (flags & TTU_MIGRATION) {
			swp_pte = swp_entry_to_pte(make_migration_entry(page, pte_write(pteval)));
			if (pte_soft_dirty(pteval))
				swp_pte = pte_swp_mksoft_dirty(swp_pte);
			if (PageHuge(page))
				set_huge_pte_at(mm, pvmw.address, pvmw.pte, swp_pte);
			else
				set_pte_at(mm, pvmw.address, pvmw.pte, swp_pte);
			/* No flush of device TLBs here: faults wait on the migration entry, and range end does it. */
		} else if (PageAnon(page)) {
			set_pte_at(mm, pvmw.address, pvmw.pte, swp_entry_to_pte(swp_entry(0, sd_swap_slot(page))));
			flush_devices(mm, pvmw.address, pvmw.address + PAGE_SIZE);
		}
		page_remove_rmap(page, PageHuge(page));
		put_page(page);
	}
	if (sd_fix_017b1660df89 != 2)
		sd_notify_end(&range, false);
	return true;
}
#endif

static int page_not_mapped(struct page *page)
{
	return !page_mapped(page);
}

/* True if no entry maps the page any more. The walk ends as soon as that is so. */
bool __weak try_to_unmap(struct page *page, enum ttu_flags flags)
{
	struct rmap_walk_control rwc = {
		.rmap_one = try_to_unmap_one,
		.arg = (void *)(unsigned long)flags,
		.done = page_not_mapped,
	};

#if SD_KERNEL >= 509
	/* 5.14 has a function of its own for migration, and 6.1 another lock for what unshares a table. */
	__sd_event("bound", "migration and reclaim as in 5.8", 0, 0, 0);
#endif
	if (flags & TTU_RMAP_LOCKED)
		rmap_walk_locked(page, &rwc);
	else
		rmap_walk(page, &rwc);
	return !page_mapped(page);
}
