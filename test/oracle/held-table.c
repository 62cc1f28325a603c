// SPDX-License-Identifier: Apache-2.0
/* A page table is freed by who holds its lock, which is inside it; before that is given up, unless -DGOOD. */
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void run(void *arg)
{
	pmd_t *pmd = mm_find_pmd(mm, va);
	struct page *table = pmd_page(pmdp_get(pmd));
	pte_t pte;

	spin_lock(&table->ptl);
	pte = ptep_clear_flush(find_vma(mm, va), va, pte_offset_kernel(pmd, va));
	atomic_dec(&pte_page(pte)->_mapcount);
	put_page(pte_page(pte));
	pmd_clear(pmd);
#ifdef GOOD
	spin_unlock(&table->ptl);
	put_page(table);
#else
	put_page(table);
	spin_unlock(&table->ptl);
#endif
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, NULL, "run", run, NULL);
}
