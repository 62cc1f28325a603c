/* SPDX-License-Identifier: Apache-2.0 */
/* Transparent huge pages as 4.4 has them (mm/huge_memory.c): splitting one, and what a scenario sets up and runs. */
#ifndef _LINUX_HUGE_MM_H
#define _LINUX_HUGE_MM_H

#include <linux/mm.h>

#if SD_KERNEL < 405
#ifndef SD_THP_PAGES
#define SD_THP_PAGES 2		/* of the 512 pages of a transparent huge page, those that there are */
#endif

#define _PAGE_SPLITTING (1UL << 10)

static inline int pmd_trans_splitting(pmd_t pmd)
{
	return (pmd_val(pmd) & _PAGE_SPLITTING) != 0;
}

static inline int pmd_protnone(pmd_t pmd)
{
	return (pmd_val(pmd) & (_PAGE_PROTNONE | _PAGE_PRESENT)) == _PAGE_PROTNONE;
}

static inline int pmd_same(pmd_t a, pmd_t b)
{
	return pmd_val(a) == pmd_val(b);
}

/* 0: its pages are ordinary pages now. The caller has a reference of the page. */
int split_huge_page(struct page *page);

/* Setting up: the first 2 MiB of an anonymous mapping of SD_THP_PAGES pages may be a huge page; and that it is one. */
void sd_thp_mapping(struct mm_struct *mm, unsigned long va);
void sd_populate_thp(struct mm_struct *mm, unsigned long va);

/* What threads do with it: madvise(MADV_DONTNEED); NUMA balancing that finds the page on the wrong node; khugepaged. */
void sd_zap_thp(struct mm_struct *mm, unsigned long va);
void sd_numa_balance_thp(struct mm_struct *mm, unsigned long va);
void sd_collapse_thp(struct mm_struct *mm, unsigned long va);

/* Parts of mm/memory.c. A fault at an entry that is huge; get_user_pages() there: 1, or 0 if there is nothing to be had without a fault. */
vm_fault_t sd_huge_pmd_fault(struct vm_area_struct *vma, unsigned long address, pmd_t *pmdp, pmd_t entry, unsigned int flags);
int sd_follow_huge_pmd(struct vm_area_struct *vma, unsigned long address, pmd_t *pmdp, struct page **page, unsigned int gup_flags);
#endif

#endif
