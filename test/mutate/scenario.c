// SPDX-License-Identifier: Apache-2.0
/* A page moves under its user's hands, as in README.md; with code that is never reached, and code that changes nothing. */
#include <linux/highmem.h>
#include <shootdown/scenario.h>
#include "steps.h"

static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void move_page(void *arg)
{
	struct mm_struct *mm = arg;
	struct page *old, *new = alloc_page(GFP_KERNEL);
	struct vm_area_struct *vma;
	spinlock_t *ptl;
	pte_t *ptep;

	mmap_read_lock(mm);
	vma = find_vma(mm, va);
	ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl);
	old = pte_page(ptep_get_and_clear(mm, va, ptep));
	step_flush(vma, va);
	copy_highpage(new, old);
	atomic_inc(&new->_mapcount);
	set_pte_at(mm, va, ptep, pte_mkdirty(mk_pte(new, vma->vm_page_prot)));
	pte_unmap_unlock(ptep, ptl);
	page_remove_rmap(old, false);
	put_page(old);
	mmap_read_unlock(mm);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "writer", user, NULL);
	sd_cpu_run(1, NULL, "move", move_page, mm);
}
