// SPDX-License-Identifier: Apache-2.0
/*
 * exit.c - the end of an address space: its memory is freed with the last user, the structure with the last reference.
 *
 * With the last user (mm_users), notifiers are released; each page is unmapped, and freed after a flush; the VMAs are removed from their
 * files; then the page tables are freed. No fault is possible any more: no thread of the process is left. With the last reference
 * (mm_count) the structure is dead memory. What guests and devices of the model do when their process ends is not modelled.
 */
#include <linux/hugetlb.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>
#include <linux/slab.h>
#include <shootdown/machine.h>

/* The entry goes, and what it mapped: the page, of which one reference is left to be given back, or NULL. */
static struct page *zap_entry(struct sd_upage *up, pte_t *ptep)
{
	struct page *page = NULL;
	pte_t pte;

	__sd_atomic_begin(SD_STEP, NULL);
	pte = ptep_get_and_clear(up->mm, up->va, ptep);
	if (pte_present(pte)) {
		page = pte_page(pte);
		if (!up->mapping)
			sd_data_drop(page);
	}
	__sd_atomic_end();
	if (page && up->mapping && pte_dirty(pte))
		set_page_dirty(page);
	if (page)
		page_remove_rmap(page, PageHuge(page));
	else if (is_swap_pte(pte) && !non_swap_entry(pte_to_swp_entry(pte)))
		free_swap_and_cache(pte_to_swp_entry(pte));
	return page;
}

static struct page *zap_page(struct sd_upage *up)
{
	struct page *page;
	spinlock_t *ptl;
	pte_t *ptep;

	if (up->size == PAGE_SIZE) {
		pmd_t *pmd = mm_find_pmd(up->mm, up->va);

		if (!pmd)
			return NULL;
		ptep = pte_offset_kernel(pmd, up->va);
	} else {
		ptep = huge_pte_offset(up->mm, up->va, HPAGE_SIZE);
		if (!ptep)
			return NULL;
	}
	ptl = &virt_to_page(ptep)->ptl;
	spin_lock(ptl);
	if (up->size != PAGE_SIZE) {
		unsigned long last = up->va;

		/* A shared table stays with the others: this mm has no entry for the whole gigabyte any more. */
		if (huge_pmd_unshare(up->mm, &last, ptep)) {
			spin_unlock(ptl);
			return NULL;
		}
	}
	page = zap_entry(up, ptep);
	spin_unlock(ptl);
	return page;
}

static void unmap_pages(struct mm_struct *mm)
{
	struct page *pages[SD_NR_UPAGES];
	int i, nr = 0;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		bool huge = up->size != PAGE_SIZE;

		if (up->mm != mm)
			continue;
		if (huge)
			i_mmap_lock_write(up->mapping);
		pages[nr] = zap_page(up);
		if (huge)
			i_mmap_unlock_write(up->mapping);
		if (pages[nr])
			nr++;
	}
	flush_tlb_mm(mm);
	while (nr--)
		put_page(pages[nr]);
}

/* From here on no file and no page leads to the mm. */
static void unlink_vmas(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (vma->vm_file) {
			i_mmap_lock_write(vma->vm_file->f_mapping);
			vma_interval_tree_remove(vma, &vma->vm_file->f_mapping->i_mmap);
			i_mmap_unlock_write(vma->vm_file->f_mapping);
		} else {
			down_write(&vma->sd_anon_rwsem);
			vma->vm_mm = NULL;
			up_write(&vma->sd_anon_rwsem);
		}
	}
	mm->mmap = NULL;
}

/* The tables to which entries of this level lead, from below; the slot of an entry of the table's size is the entry. */
static void free_tables(struct mm_struct *mm, unsigned long size)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		u64 *slot = sd_upages[i].mm == mm ? sd_leaf_slot(mm, sd_upages[i].va, size) : NULL;
		u64 entry = slot ? READ_ONCE(*slot) : 0;

		if (!(entry & _PAGE_PRESENT) || (entry & _PAGE_PSE))
			continue;
		WRITE_ONCE(*slot, 0);
		put_page(pfn_to_page((entry & PTE_PFN_MASK) >> PAGE_SHIFT));
	}
}

void __weak exit_mmap(struct mm_struct *mm)
{
	int i;

	__mmu_notifier_release(mm);
	unmap_pages(mm);
	/* As the kernel does since 5.17. Before, no user was left to exclude; a fault that happens all the same is reported (handle_mm_fault). */
	down_write(sd_mmap_sem(mm));
	unlink_vmas(mm);
	free_tables(mm, PMD_SIZE);
	free_tables(mm, PUD_SIZE);
	free_tables(mm, PGDIR_SIZE);
	up_write(sd_mmap_sem(mm));
	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].mm == mm) {
			sd_upages[i].ended = mm;
			sd_upages[i].mm = NULL;
		}
	__sd_atomic_end();
}

void __weak __mmput(struct mm_struct *mm)
{
	if (mm->sd_mirrored)
		__sd_fail("scenario", "the last user of {0:s} goes, and a guest or device of the model mirrors it: what those do then is not modelled",
			  (sd_u64)mm->sd_name, 0, 0);
	__sd_event("exit", "the last user of {0:s} goes", (sd_u64)mm->sd_name, 0, 0);
	exit_mmap(mm);
	mmdrop(mm);
}

void __weak __mmdrop(struct mm_struct *mm)
{
	put_page(virt_to_page(mm->pgd));
	kfree(mm->mmu_notifier_mm);
	__sd_atomic_begin(SD_STEP, NULL);
	__sd_event("exit", "the structure of {0:s} is freed", (sd_u64)mm->sd_name, 0, 0);
	__sd_dead(mm, sizeof(*mm));
	__sd_atomic_end();
}
