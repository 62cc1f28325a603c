// SPDX-License-Identifier: Apache-2.0
/*
 * memory.c - page tables and faults; ordinary pages.
 *
 * Upper levels are filled under the mm's page_table_lock and never freed here. An ordinary PTE changes under the lock of its table.
 * Shared file pages come from the page cache under the page lock, anonymous pages are new and zero.
 */
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/rmap.h>
#include <shootdown/machine.h>

#if SD_KERNEL >= 605
unsigned int sd_tables_mapped[SD_MAX_TASKS];	/* each a word of its task: how many pte_offset_map() without pte_unmap() */
#endif

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	might_sleep_if(gfp & __GFP_DIRECT_RECLAIM);
	return sd_frame_alloc(SD_FRAME_DATA, order);
}

/* The last reference went. */
void __weak __put_page(struct page *page)
{
	sd_frame_free(page);
}

/* A word at a time, so that a store to the source may fall between two. */
void __weak copy_highpage(struct page *to, struct page *from)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++) {
		__sd_atomic_begin(SD_STEP, NULL);
		sd_data_copy(to, from, word);
		__sd_event("copy", "copies {0:p} to {1:p}", (sd_u64)from, (sd_u64)to, 0);
		__sd_atomic_end();
	}
}

static void *alloc_table(void)
{
	return page_address(sd_frame_alloc(SD_FRAME_TABLE, 0));
}

static void free_table(void *table)
{
	put_page(virt_to_page(table));
}

pud_t * __weak pud_alloc(struct mm_struct *mm, p4d_t *p4d, unsigned long address)
{
	if (pgd_none(pgdp_get(p4d))) {
		void *table = alloc_table();

		spin_lock(&mm->page_table_lock);
		if (pgd_none(pgdp_get(p4d))) {
			pgd_populate(mm, p4d, table);
			table = NULL;
		}
		spin_unlock(&mm->page_table_lock);
		if (table)
			free_table(table);
	}
	return pud_offset(p4d, address);
}

pmd_t * __weak pmd_alloc(struct mm_struct *mm, pud_t *pud, unsigned long address)
{
	pud_t val = pudp_get(pud);

	if (pud_none(val)) {
		void *table = alloc_table();

		spin_lock(&mm->page_table_lock);
		if (pud_none(pudp_get(pud))) {
			mm_inc_nr_pmds(mm);
			pud_populate(mm, pud, table);
			table = NULL;
		}
		spin_unlock(&mm->page_table_lock);
		if (table)
			free_table(table);
		val = pudp_get(pud);
	}
	return (pmd_t *)pud_page_vaddr(val) + pmd_index(address);
}

static pmd_t *pmd_of(struct mm_struct *mm, unsigned long address)
{
	return pmd_alloc(mm, pud_alloc(mm, p4d_offset(pgd_offset(mm, address), address), address), address);
}

pte_t *sd_pte_alloc(struct mm_struct *mm, unsigned long address)
{
	pmd_t *pmd = pmd_of(mm, address), was;

	if (pmd_none(pmdp_get(pmd))) {
		void *table = alloc_table();
		spinlock_t *ptl = &virt_to_page(pmd)->ptl;

		spin_lock(ptl);
		if (pmd_none(pmdp_get(pmd))) {
			mm_inc_nr_ptes(mm);
			pmd_populate(mm, pmd, virt_to_page(table));
			table = NULL;
		}
		spin_unlock(ptl);
		if (table)
			free_table(table);
	}
	was = pmdp_get(pmd);
	/* A huge page came or went under our hands: the caller tries again. */
	if (pmd_huge(was) || pmd_none(was))
		return NULL;
	return (pte_t *)pmd_page_vaddr(was) + pte_index(address);
}

pmd_t * __weak mm_find_pmd(struct mm_struct *mm, unsigned long address)
{
	pgd_t pgd = pgdp_get(pgd_offset(mm, address));
	pud_t pud;
	pmd_t *pmd;

	if (pgd_none(pgd))
		return NULL;
	pud = pudp_get((pud_t *)pgd_page_vaddr(pgd) + pud_index(address));
	if (!pud_present(pud))
		return NULL;
	pmd = (pmd_t *)pud_page_vaddr(pud) + pmd_index(address);
	return pmd_none(pmdp_get(pmd)) || pmd_huge(pmdp_get(pmd)) ? NULL : pmd;
}

#if SD_KERNEL >= 605
static pte_t *map_table(pmd_t *pmd, unsigned long address, pmd_t *was)
{
	rcu_read_lock();
	*was = pmdp_get(pmd);
	if (!pmd_none(*was) && !pmd_huge(*was))
		return (pte_t *)pmd_page_vaddr(*was) + pte_index(address);
	rcu_read_unlock();
	return NULL;
}

pte_t * __weak pte_offset_map(pmd_t *pmd, unsigned long address)
{
	pmd_t was;
	pte_t *pte = map_table(pmd, address, &was);

	if (pte)
		sd_tables_mapped[__sd_self() + 1]++;
	return pte;
}

void __weak pte_unmap(pte_t *pte)
{
	(void)pte;
	if (sd_tables_mapped[__sd_self() + 1])
		sd_tables_mapped[__sd_self() + 1]--;
	rcu_read_unlock();
}

pte_t * __weak pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long address, spinlock_t **ptlp)
{
	(void)mm;
	for (;;) {
		pmd_t was;
		pte_t *pte = map_table(pmd, address, &was);

		if (!pte)
			return NULL;
		*ptlp = &pmd_page(was)->ptl;
		spin_lock(*ptlp);
		if (pmd_val(pmdp_get(pmd)) == pmd_val(was)) {
			sd_tables_mapped[__sd_self() + 1]++;
			return pte;
		}
		spin_unlock(*ptlp);
		rcu_read_unlock();
	}
}
#endif

struct vm_area_struct * __weak find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = mm->mmap;

	while (vma && vma->vm_end <= addr)
		vma = vma->vm_next;
	return vma;
}

#if SD_KERNEL >= 604
/*
 * The VMA with its lock, or NULL if mmap_lock has to be taken: the VMA is being changed, or its faults are not handled like this: those of files
 * before 6.7, of hugetlb before 6.10, and the first of anonymous memory, which makes its anon_vma. (0bff0aaea03e: x86 tries this first, 6.4.)
 */
struct vm_area_struct * __weak lock_vma_under_rcu(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;

	__sd_atomic_begin(SD_STEP, NULL);
	vma = find_vma(mm, address);
	if (vma && (address < vma->vm_start || (vma->vm_file ? SD_KERNEL < (is_vm_hugetlb_page(vma) ? 610 : 607) : !vma->anon_vma) ||
		    !vma_start_read(vma)))
		vma = NULL;
	__sd_atomic_end();
	return vma;
}
#endif

/* Waits until the page that this entry stands for is unlocked. No reference can be had while it is frozen: then simply fault again. */
static void wait_for_migration(pte_t *ptep, spinlock_t *ptl)
{
	struct page *page = NULL;
	pte_t pte;

	spin_lock(ptl);
	pte = ptep_get(ptep);
	if (is_swap_pte(pte) && is_migration_entry(pte_to_swp_entry(pte))) {
		page = migration_entry_to_page(pte_to_swp_entry(pte));
		if (!get_page_unless_zero(page))
			page = NULL;
	}
	spin_unlock(ptl);
	if (!page)
		return;
	wait_on_page_locked(page);
	put_page(page);
}

void __weak migration_entry_wait(struct mm_struct *mm, pmd_t *pmd, unsigned long address)
{
	(void)mm;
	wait_for_migration(pte_offset_kernel(pmd, address), &pmd_page(pmdp_get(pmd))->ptl);
}

void __weak migration_entry_wait_huge(struct vm_area_struct *vma, struct mm_struct *mm, pte_t *pte)
{
	wait_for_migration(pte, huge_pte_lockptr(hstate_vma(vma), mm, pte));
}

/* The page that belongs at this address, with a reference and its lock held; a new one in the file if it has none yet. */
static struct page *file_page(struct vm_area_struct *vma, unsigned long address)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	pgoff_t index = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	struct page *page;

	for (;;) {
		page = find_lock_page(mapping, index);
		if (page)
			return page;
		page = alloc_page(GFP_HIGHUSER_MOVABLE);
		if (!add_to_page_cache(page, mapping, index))
			return page;
		put_page(page);
	}
}

/* No other thread knows the page yet. It is not locked, so that once it is mapped any thread may free it. */
static struct page *anon_page(struct vm_area_struct *vma, unsigned long address)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	page->mapping = (struct address_space *)((unsigned long)vma | 1);
	page->index = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
#if SD_KERNEL >= 604
	if (!READ_ONCE(vma->anon_vma))
		WRITE_ONCE(vma->anon_vma, 1);
#endif
	return page;
}

static vm_fault_t do_no_page(struct vm_area_struct *vma, unsigned long address, pte_t *ptep, spinlock_t *ptl)
{
	struct page *page = vma->vm_file ? file_page(vma, address) : anon_page(vma, address);

	/* It failed before it was mapped here, so there is no entry that says so. */
	if (vma->vm_file && PageHWPoison(page)) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_HWPOISON;
	}
	spin_lock(ptl);
	if (!pte_none(ptep_get(ptep))) {
		spin_unlock(ptl);
		if (vma->vm_file)
			unlock_page(page);
		put_page(page);
		return VM_FAULT_NOPAGE;
	}
	/* Of several concurrent faults, the one that makes the entry provides the memory. */
	if (!vma->vm_file)
		sd_data_bind(page, sd_upages[sd_find_upage(vma->vm_mm, address)].location);
	atomic_inc(&page->_mapcount);
	set_pte_at(vma->vm_mm, address, ptep, pte_mkyoung(pte_mkdirty(mk_pte(page, vma->vm_page_prot))));
	spin_unlock(ptl);
	if (vma->vm_file)
		unlock_page(page);
	return VM_FAULT_NOPAGE;
}

/* A thread that faults is a user of the mm, so the mm does not end meanwhile; unless the thread forgot to become one (mmget_not_zero). */
static bool mm_has_ended(struct mm_struct *mm)
{
	bool ended = true;

	__sd_atomic_begin(SD_LOCAL, mm);
	if (mm)
		ended = !mm->mm_users.counter;
	__sd_atomic_end();
	return ended;
}

vm_fault_t __weak handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	struct mm_struct *mm = vma->vm_mm;
	spinlock_t *ptl;
	pte_t *ptep, entry;

	if (mm_has_ended(mm))
		__sd_fail("use-after-free", "{0:s} faults at {1:x} in an address space whose last user is gone", (sd_u64)current->comm, address, 0);
	if (is_vm_hugetlb_page(vma))
		return hugetlb_fault(mm, vma, address, flags);
#if SD_KERNEL < 405
	if (vma->sd_thp) {
		pmd_t *pmdp = pmd_of(mm, address), pmd = pmdp_get(pmdp);

		if (pmd_huge(pmd))
			return sd_huge_pmd_fault(vma, address, pmdp, pmd, flags);
	}
#endif
	ptep = sd_pte_alloc(mm, address);
	if (!ptep)
		return 0;
	ptl = &virt_to_page(ptep)->ptl;
	entry = ptep_get(ptep);
	if (pte_none(entry))
		return do_no_page(vma, address & PAGE_MASK, ptep, ptl);
	if (!pte_present(entry)) {
		if (!non_swap_entry(pte_to_swp_entry(entry)))
			return do_swap_page(vma, address & PAGE_MASK, ptep, ptl, entry);
		if (!is_migration_entry(pte_to_swp_entry(entry)))
			return VM_FAULT_HWPOISON;
		wait_for_migration(ptep, ptl);
		return 0;
	}
	spin_lock(ptl);
	if (pte_same(ptep_get(ptep), entry)) {
		if (pte_protnone(entry)) {
			/* NUMA hinting: accessible again, as the VMA allows. Whether the page should be on another node is not asked. */
			unsigned long prot = pgprot_val(vma->vm_page_prot);

			if (!pte_write(entry))
				prot &= ~_PAGE_RW;
			set_pte_at(mm, address, ptep, pte_mkyoung(__pte((pte_val(entry) & ~_PAGE_PROTNONE) | prot)));
			goto out;
		}
		if (flags & FAULT_FLAG_WRITE) {
			if (!pte_write(entry))
				entry = pte_mkwrite(entry);	/* shared: write notification only */
			entry = pte_mkdirty(entry);
		}
		ptep_set_access_flags(vma, address, ptep, pte_mkyoung(entry), flags & FAULT_FLAG_WRITE);
	}
out:
	spin_unlock(ptl);
	return 0;
}

/* One page, by the slow way: with mmap_sem held, and the table locked while the reference is taken. */
long __weak get_user_pages(unsigned long start, unsigned long nr_pages, unsigned int gup_flags, struct page **pages)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	long ret = -EFAULT;

	(void)nr_pages;
	if (!mm)
		__sd_fail("scenario", "{0:s} calls get_user_pages for {1:x} and has no address space: give it one where it is created",
			  (sd_u64)current->comm, start, 0);
	vma = find_vma(mm, start);
	if (vma && start >= vma->vm_start) {
		if (is_vm_hugetlb_page(vma))
			return follow_hugetlb_page(mm, vma, start, pages, gup_flags);
		for (;;) {
			pte_t *ptep, pte;
			spinlock_t *ptl;
			vm_fault_t fault;

#if SD_KERNEL < 405
			if (vma->sd_thp) {
				pmd_t *pmdp = pmd_of(mm, start);

				if (pmd_huge(pmdp_get(pmdp))) {
					ret = sd_follow_huge_pmd(vma, start, pmdp, pages, gup_flags);
					if (ret)
						break;
					goto fault;
				}
			}
#endif
			ptep = sd_pte_alloc(mm, start);
			if (!ptep)
				continue;
			ptl = &virt_to_page(ptep)->ptl;
			spin_lock(ptl);
			pte = ptep_get(ptep);
			if (pte_present(pte) && !pte_protnone(pte) && (pte_write(pte) || !(gup_flags & FOLL_WRITE))) {
				*pages = pte_page(pte);
				get_page(*pages);
				/* The caller is going to write without using the entry (FOLL_TOUCH). */
				if ((gup_flags & FOLL_WRITE) && !pte_dirty(pte))
					set_page_dirty(*pages);
				spin_unlock(ptl);
				ret = 1;
				break;
			}
			spin_unlock(ptl);
fault:
			fault = handle_mm_fault(vma, start, gup_flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0);
			if (fault & VM_FAULT_ERROR) {
				ret = sd_fault_errno(fault);
				break;
			}
		}
	}
	return ret;
}

long __weak get_user_pages_unlocked(unsigned long start, unsigned long nr_pages, struct page **pages, unsigned int gup_flags)
{
	struct mm_struct *mm = current->mm;
	long ret;

	if (mm)
		down_read(sd_mmap_sem(mm));
	ret = get_user_pages(start, nr_pages, gup_flags, pages);
	if (mm)
		up_read(sd_mmap_sem(mm));
	return ret;
}
