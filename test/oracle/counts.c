// SPDX-License-Identifier: Apache-2.0
/* Counts that are wrong: -DWRONG=1 one reference too many is given back, 2 a mapping is not counted, 3 an entry stays a migration entry. */
#include <linux/swapops.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void run(void *arg)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	pte_t *ptep = sd_pte_alloc(mm, va), pte;
	spinlock_t *ptl = &virt_to_page(ptep)->ptl;
	struct page *page;

	spin_lock(ptl);
	pte = ptep_clear_flush(vma, va, ptep);
	page = pte_page(pte);
	if (WRONG == 3)
		set_pte_at(mm, va, ptep, swp_entry_to_pte(make_migration_entry(page, 1)));
	if (WRONG != 2)
		atomic_dec(&page->_mapcount);
	spin_unlock(ptl);
	if (WRONG != 3)
		put_page(page);
	if (WRONG == 1)
		put_page(page);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, NULL, "run", run, NULL);
}
