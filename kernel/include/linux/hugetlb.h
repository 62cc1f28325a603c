/* SPDX-License-Identifier: Apache-2.0 */
/* hugetlbfs: huge pages in files, faults on them, and PMD tables shared between address spaces that map the same gigabyte. */
#ifndef _LINUX_HUGETLB_H
#define _LINUX_HUGETLB_H

#include <linux/interval_tree.h>
#include <linux/mm.h>
#include <linux/swapops.h>

struct hstate {
	unsigned int order;
	unsigned long mask;
};

extern struct hstate default_hstate;
extern struct mutex hugetlb_fault_mutex_table[SD_FILE_PAGES];

#define hstate_vma(vma) ((void)(vma), &default_hstate)
#define hstate_file(file) ((void)(file), &default_hstate)
#define page_hstate(page) ((void)(page), &default_hstate)
#define huge_page_mask(h) ((h)->mask)
#define huge_page_order(h) ((h)->order)
#define huge_page_shift(h) ((h)->order + PAGE_SHIFT)
#define huge_page_size(h) (PAGE_SIZE << (h)->order)
#define is_vm_hugetlb_page(vma) (((vma)->vm_flags & VM_HUGETLB) != 0)

/* The entry is the PMD entry itself. Its lock is that of the PMD table: one lock for all address spaces that share the table. */
#define huge_ptep_get(ptep) ptep_get(ptep)
#define set_huge_pte_at(mm, addr, ptep, pte) set_pte_at(mm, addr, ptep, pte)
#define huge_pte_none(pte) pte_none(pte)
#define huge_pte_write(pte) pte_write(pte)
#define huge_pte_dirty(pte) pte_dirty(pte)
#define huge_pte_mkwrite(pte) pte_mkwrite(pte)
#define huge_pte_mkdirty(pte) pte_mkdirty(pte)
#define huge_ptep_get_and_clear(mm, addr, ptep) ptep_get_and_clear(mm, addr, ptep)
#define huge_ptep_clear_flush(vma, addr, ptep) huge_ptep_get_and_clear_flush(vma, addr, ptep)

pte_t huge_ptep_get_and_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep);
int huge_ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t pte, int dirty);

static inline spinlock_t *huge_pte_lockptr(struct hstate *h, struct mm_struct *mm, pte_t *pte)
{
	(void)h, (void)mm;
	return &virt_to_page(pte)->ptl;
}

static __always_inline spinlock_t *huge_pte_lock(struct hstate *h, struct mm_struct *mm, pte_t *pte)
{
	spinlock_t *ptl = huge_pte_lockptr(h, mm, pte);

	spin_lock(ptl);
	return ptl;
}

pte_t *huge_pte_offset(struct mm_struct *mm, unsigned long addr, unsigned long sz);
pte_t *huge_pte_alloc(struct mm_struct *mm, unsigned long addr, unsigned long sz);
pte_t *huge_pmd_share(struct mm_struct *mm, unsigned long addr, pud_t *pud);
int huge_pmd_unshare(struct mm_struct *mm, unsigned long *addr, pte_t *ptep);
void adjust_range_if_pmd_sharing_possible(struct vm_area_struct *vma, unsigned long *start, unsigned long *end);
vm_fault_t hugetlb_fault(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags);
long follow_hugetlb_page(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long address,
			 struct page **page, unsigned int gup_flags);
void unmap_hugepage_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
struct page *alloc_huge_page(struct vm_area_struct *vma, unsigned long addr, int avoid_reserve);
bool isolate_huge_page(struct page *page, struct list_head *list);
void putback_active_hugepage(struct page *page);
int is_hugetlb_entry_migration(pte_t pte);

#define vma_hugecache_offset(h, vma, address)						\
	((((address) - (vma)->vm_start) >> huge_page_shift(h)) + ((vma)->vm_pgoff >> huge_page_order(h)))

#endif
