// SPDX-License-Identifier: Apache-2.0
/* A page whose last reference goes is allocated again at once. */

// shootdown: -DCHECK=0
#include <shootdown/scenario.h>

static unsigned long va;

static void gup(void *arg)
{
	struct mm_struct *mm = arg;
	struct page *page = NULL;
	pte_t *ptep, pte;

	local_irq_disable();
	ptep = pte_offset_map(mm_find_pmd(mm, va), va);
	pte = ptep_get(ptep);
	if (pte_present(pte)) {
		page = pte_page(pte);
		if (!CHECK) {
			get_page(page);
		} else if (!get_page_unless_zero(page)) {
			page = NULL;
		} else if (!pte_same(ptep_get(ptep), pte)) {
			put_page(page);
			page = NULL;
		}
	}
	local_irq_enable();
	if (page)
		put_page(page);
}

static void unmap(void *arg)
{
	struct mm_struct *mm = arg;
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl);
	struct page *page = pte_page(ptep_clear_flush(find_vma(mm, va), va, ptep));

	pte_unmap_unlock(ptep, ptl);
	page_remove_rmap(page, false);
	put_page(page);
	alloc_page(GFP_KERNEL);	/* the next one */
}


void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "gup", gup, mm);
	sd_cpu_run(1, mm, "unmap", unmap, mm);
}

void sd_final(void){}
