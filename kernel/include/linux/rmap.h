/* SPDX-License-Identifier: Apache-2.0 */
/* From a page to its page-table entries: the walk over the VMAs of its file, and what is done at each. */
#ifndef _LINUX_RMAP_H
#define _LINUX_RMAP_H

#include <linux/interval_tree.h>
#include <linux/mm.h>

enum ttu_flags {
	TTU_MIGRATION = 0x1,
	TTU_MUNLOCK = 0x2,
	TTU_IGNORE_MLOCK = 0x8,
	TTU_IGNORE_ACCESS = 0x10,
	TTU_IGNORE_HWPOISON = 0x20,
	TTU_BATCH_FLUSH = 0x40,
	TTU_RMAP_LOCKED = 0x80,
};

/* How a 4.4 walk goes on; later kernels return bool. */
#define SWAP_SUCCESS 0
#define SWAP_AGAIN 1
#define SWAP_FAIL 2

/* rmap_one returns whether to go on; done ends the walk early. rmap_walk_locked: the caller holds i_mmap_rwsem. */
struct rmap_walk_control {
	void *arg;
	bool (*rmap_one)(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg);
	int (*done)(struct page *page);
};

void rmap_walk(struct page *page, struct rmap_walk_control *rwc);
void rmap_walk_locked(struct page *page, struct rmap_walk_control *rwc);
bool try_to_unmap(struct page *page, enum ttu_flags flags);
bool try_to_unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long address, void *arg);
void page_add_file_rmap(struct page *page, bool compound);
void page_remove_rmap(struct page *page, bool compound);

static inline void page_dup_rmap(struct page *page, bool compound)
{
	(void)compound;
	atomic_inc(&page->_mapcount);
}

/* Looks in one VMA for the entry that maps the page; entry found: true, and its table lock is held. */
#define PVMW_SYNC 1
#define PVMW_MIGRATION 2	/* look for its migration entry */

struct page_vma_mapped_walk {
	struct page *page;
	struct vm_area_struct *vma;
	unsigned long address;
	unsigned int flags;
	/* Found: */
	pmd_t *pmd;
	pte_t *pte;
	spinlock_t *ptl;
};

bool page_vma_mapped_walk(struct page_vma_mapped_walk *pvmw);

static inline void page_vma_mapped_walk_done(struct page_vma_mapped_walk *pvmw)
{
	if (pvmw->ptl)
		spin_unlock(pvmw->ptl);
#if SD_KERNEL >= 605
	if (pvmw->ptl && pvmw->pmd)
		pte_unmap(pvmw->pte);
#endif
	pvmw->ptl = NULL;
}

/* Which fixes of shared PMD tables this kernel has: see mm/rmap.c. A scenario may set them. */
extern int sd_fix_017b1660df89, sd_fix_c0d0381ade79;

unsigned long vma_address(struct page *page, struct vm_area_struct *vma);
pte_t *page_check_address(struct page *page, struct mm_struct *mm, unsigned long address, spinlock_t **ptlp, int sync);

#endif
