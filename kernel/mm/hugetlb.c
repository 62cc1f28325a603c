// SPDX-License-Identifier: Apache-2.0
/*
 * hugetlb.c - huge pages of files: faults, and PMD tables shared between address spaces.
 *
 * Address spaces that map the same aligned gigabyte of a file, shared, use one PMD table: each PUD entry that points to it
 * holds one reference of the table page, and its entries change under the table's own lock. A huge page is mapped once in such a
 * table, so its mapcount is 1 however many address spaces use it.
 * Order of locks: mmap_sem, fault mutex, page lock, i_mmap_rwsem, table lock (this is the order before 5.7).
 */
#include <linux/err.h>
#include <linux/hugetlb.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>
#include <shootdown/machine.h>

struct hstate default_hstate = { HPAGE_PMD_ORDER, HPAGE_MASK };
struct mutex hugetlb_fault_mutex_table[SD_FILE_PAGES];
static DEFINE_SPINLOCK(hugetlb_lock);

int is_hugetlb_entry_migration(pte_t pte)
{
	return is_swap_pte(pte) && is_migration_entry(pte_to_swp_entry(pte));
}

/* Each upper entry is read once: a thread that unshares the table may clear it at any time. */
pte_t * __weak huge_pte_offset(struct mm_struct *mm, unsigned long addr, unsigned long sz)
{
	pgd_t pgd = pgdp_get(pgd_offset(mm, addr));
	pud_t pud;

	(void)sz;
	if (pgd_none(pgd))
		return NULL;
	pud = pudp_get((pud_t *)pgd_page_vaddr(pgd) + pud_index(addr));
	if (!pud_present(pud))
		return NULL;
	return (pte_t *)((pmd_t *)pud_page_vaddr(pud) + pmd_index(addr));
}

static bool vma_shareable(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long base = addr & PUD_MASK;

	return (vma->vm_flags & VM_MAYSHARE) && vma->vm_start <= base && base + PUD_SIZE <= vma->vm_end;
}

/* Where svma maps the same page of the file, if the table there may be shared with vma; else 0. */
static unsigned long page_table_shareable(struct vm_area_struct *svma, struct vm_area_struct *vma, unsigned long addr, pgoff_t idx)
{
	unsigned long saddr = ((idx - svma->vm_pgoff) << PAGE_SHIFT) + svma->vm_start;

	if (pmd_index(addr) != pmd_index(saddr))
		return 0;
	if ((vma->vm_flags & VM_LOCKED_CLEAR_MASK) != (svma->vm_flags & VM_LOCKED_CLEAR_MASK))
		return 0;
	return vma_shareable(svma, saddr) ? saddr : 0;
}

pte_t * __weak huge_pmd_share(struct mm_struct *mm, unsigned long addr, pud_t *pud)
{
	struct vm_area_struct *vma = find_vma(mm, addr), *svma;
	struct address_space *mapping = vma->vm_file->f_mapping;
	pgoff_t idx = ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	pte_t *spte = NULL, *pte = NULL;
	spinlock_t *ptl;

	if (!vma_shareable(vma, addr))
		return (pte_t *)pmd_alloc(mm, pud, addr);
	if (!sd_fix_c0d0381ade79)
		i_mmap_lock_write(mapping);
	vma_interval_tree_foreach(svma, &mapping->i_mmap, idx, idx) {
		unsigned long saddr;

		if (svma == vma)
			continue;
		saddr = page_table_shareable(svma, vma, addr, idx);
		if (!saddr)
			continue;
		spte = huge_pte_offset(svma->vm_mm, saddr, HPAGE_SIZE);
		if (spte) {
			get_page(virt_to_page(spte));
			break;
		}
	}
	if (spte) {
		ptl = huge_pte_lock(hstate_vma(vma), mm, spte);
		if (pud_none(pudp_get(pud))) {
			pud_populate(mm, pud, (unsigned long)spte & PAGE_MASK);
			mm_inc_nr_pmds(mm);
			pte = spte;
		} else {
			put_page(virt_to_page(spte));
		}
		spin_unlock(ptl);
	}
	/* The entry just made cannot go while i_mmap_rwsem is held: no need to read it again. */
	if (!pte)
		pte = (pte_t *)pmd_alloc(mm, pud, addr);
	if (!sd_fix_c0d0381ade79)
		i_mmap_unlock_write(mapping);
	return pte;
}

/*
 * The table of *addr is shared: this mm gives up its part and has no entry for the whole gigabyte any more; 1 is returned.
 * The caller must then flush the whole gigabyte, holding the table lock.
 */
int __weak huge_pmd_unshare(struct mm_struct *mm, unsigned long *addr, pte_t *ptep)
{
	pud_t *pud = pud_offset(p4d_offset(pgd_offset(mm, *addr), *addr), *addr);
	struct page *table = virt_to_page(ptep);
	int sharers = page_count(table);

	BUG_ON(sharers == 0);
	if (sharers == 1)
		return 0;
	pud_clear(pud);
	__sd_event("unshare", "{0:s} gives up its share of {1:p}", (sd_u64)mm->sd_name, (sd_u64)table, 0);
	put_page(table);
	mm_dec_nr_pmds(mm);
	*addr = ALIGN(*addr + 1, PUD_SIZE) - HPAGE_SIZE;
	return 1;
}

/* Whether a table is shared shows only under its lock; a notifier range must be known before: so prepare for it. */
void __weak adjust_range_if_pmd_sharing_possible(struct vm_area_struct *vma, unsigned long *start, unsigned long *end)
{
	unsigned long addr;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return;
	for (addr = *start & PUD_MASK; addr < *end; addr += PUD_SIZE) {
		if (!vma_shareable(vma, addr))
			continue;
		*start = min(*start, addr);
		*end = max(*end, addr + PUD_SIZE);
	}
}

pte_t * __weak huge_pte_alloc(struct mm_struct *mm, unsigned long addr, unsigned long sz)
{
	pud_t *pud = pud_alloc(mm, p4d_offset(pgd_offset(mm, addr), addr), addr);

	/* The kernel looks first whether there is a table by now; huge_pmd_share looks again anyway, under the lock. */
	(void)sz;
	return huge_pmd_share(mm, addr, pud);
}

pte_t __weak huge_ptep_get_and_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	return ptep_clear_flush(vma, addr, ptep);
}

int __weak huge_ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t pte, int dirty)
{
	return ptep_set_access_flags(vma, addr, ptep, pte, dirty);
}

struct page * __weak alloc_huge_page(struct vm_area_struct *vma, unsigned long addr, int avoid_reserve)
{
	(void)vma, (void)addr, (void)avoid_reserve;
	return alloc_pages(GFP_KERNEL, HPAGE_PMD_ORDER);
}

/* The entry is empty: the page comes from the file, or is new. */
static vm_fault_t hugetlb_no_page(struct mm_struct *mm, struct vm_area_struct *vma, struct address_space *mapping, pgoff_t idx,
				  unsigned long address, pte_t *ptep)
{
	struct hstate *h = hstate_vma(vma);
	struct page *page;
	spinlock_t *ptl;

	for (;;) {
		page = find_lock_page(mapping, idx);
		if (page)
			break;
		page = alloc_huge_page(vma, address, 0);
		if (!add_to_page_cache(page, mapping, idx))
			break;
		put_page(page);
	}
	/* It failed, and stays in the file; this mm has no entry that says so. */
	if (PageHWPoison(page)) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_HWPOISON;
	}
	ptl = huge_pte_lock(h, mm, ptep);
	if (huge_pte_none(huge_ptep_get(ptep))) {
		page_dup_rmap(page, true);
		set_huge_pte_at(mm, address, ptep,
				pte_mkyoung(pte_mkhuge(huge_pte_mkdirty(huge_pte_mkwrite(mk_pte(page, vma->vm_page_prot))))));
		spin_unlock(ptl);
		unlock_page(page);
		return 0;
	}
	spin_unlock(ptl);
	unlock_page(page);
	put_page(page);
	return 0;
}

vm_fault_t __weak hugetlb_fault(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	struct hstate *h = hstate_vma(vma);
	struct address_space *mapping = vma->vm_file->f_mapping;
	unsigned long haddr = address & huge_page_mask(h);
	pgoff_t idx = vma_hugecache_offset(h, vma, haddr);
	pte_t *ptep = huge_pte_offset(mm, haddr, huge_page_size(h)), entry;
	vm_fault_t ret = 0;
	spinlock_t *ptl;

	if (ptep) {
		entry = huge_ptep_get(ptep);
		if (is_hugetlb_entry_migration(entry)) {
			migration_entry_wait_huge(vma, mm, ptep);
			return 0;
		}
		if (is_swap_pte(entry) && is_hwpoison_entry(pte_to_swp_entry(entry)))
			return VM_FAULT_HWPOISON;
	}
	/* From here on the table must not be unshared under our hands. */
	if (sd_fix_c0d0381ade79)
		i_mmap_lock_read(mapping);
	if (!ptep || sd_fix_c0d0381ade79)
		ptep = huge_pte_alloc(mm, haddr, huge_page_size(h));

	/* Two faults on the same page of the file must not both make one. */
	mutex_lock(&hugetlb_fault_mutex_table[idx % SD_FILE_PAGES]);
	entry = huge_ptep_get(ptep);
	if (huge_pte_none(entry)) {
		ret = hugetlb_no_page(mm, vma, mapping, idx, haddr, ptep);
	} else if (pte_present(entry)) {
		/* Another fault was faster. Shared mappings are always writable, so copy-on-write and the page lock that it needs do not occur. */
		ptl = huge_pte_lock(h, mm, ptep);
		if (pte_same(entry, huge_ptep_get(ptep))) {
			if (flags & FAULT_FLAG_WRITE)
				entry = huge_pte_mkdirty(entry);
			huge_ptep_set_access_flags(vma, haddr, ptep, pte_mkyoung(entry), flags & FAULT_FLAG_WRITE);
		}
		spin_unlock(ptl);
	}
	mutex_unlock(&hugetlb_fault_mutex_table[idx % SD_FILE_PAGES]);
	if (sd_fix_c0d0381ade79)
		i_mmap_unlock_read(mapping);
	return ret;
}

/* The page at this address with a reference, faulted in if need be: 1, or an error. */
long __weak follow_hugetlb_page(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long address, struct page **page,
				unsigned int gup_flags)
{
	struct hstate *h = hstate_vma(vma);
	unsigned int fault_flags = gup_flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0;

	for (;;) {
		pte_t *pte = huge_pte_offset(mm, address & huge_page_mask(h), huge_page_size(h));
		vm_fault_t fault;

		if (pte) {
			spinlock_t *ptl = huge_pte_lock(h, mm, pte);
			pte_t entry = huge_ptep_get(pte);

			if (pte_present(entry) && (huge_pte_write(entry) || !(gup_flags & FOLL_WRITE))) {
				*page = pte_page(entry);
				get_page(*page);
				spin_unlock(ptl);
				return 1;
			}
			spin_unlock(ptl);
			if (sd_fault_waits(&sd_upages[sd_find_upage(mm, address)]))
				continue;
		}
		fault = hugetlb_fault(mm, vma, address, fault_flags);
		if (fault & VM_FAULT_ERROR)
			return sd_fault_errno(fault);
	}
}

/* A page that is isolated already (the kernel: not active) cannot be isolated again. */
bool __weak isolate_huge_page(struct page *page, struct list_head *list)
{
	bool isolated;

	spin_lock(&hugetlb_lock);
	isolated = !page->lru.next && get_page_unless_zero(page);
	if (isolated)
		list_add_tail(&page->lru, list);
	spin_unlock(&hugetlb_lock);
	return isolated;
}

/* Back to where huge pages in use belong, and the reference of the isolation goes. */
void __weak putback_active_hugepage(struct page *page)
{
	spin_lock(&hugetlb_lock);
	if (page->lru.next)
		list_del(&page->lru);
	spin_unlock(&hugetlb_lock);
	put_page(page);
}
