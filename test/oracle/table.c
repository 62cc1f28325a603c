// SPDX-License-Identifier: Apache-2.0
/* A page table is freed before the entry that leads to it is cleared, unless -DGOOD. */
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *arg)
{
	sd_user_read(va);
}

static void free_table(void *arg)
{
	pmd_t *pmd = mm_find_pmd(mm, va);
	struct page *table = pmd_page(pmdp_get(pmd));
	pte_t *ptep = pte_offset_kernel(pmd, va), pte;

	/* With mmap_lock held, and the VMA's own lock, no fault can put anything into the table. */
	mmap_write_lock(mm);
	vma_start_write(find_vma(mm, va));
	pte = ptep_clear_flush(find_vma(mm, va), va, ptep);
	atomic_dec(&pte_page(pte)->_mapcount);
	put_page(pte_page(pte));
#ifdef GOOD
	pmd_clear(pmd);
	put_page(table);
#else
	put_page(table);
	pmd_clear(pmd);
#endif
	mmap_write_unlock(mm);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, NULL, "free_table", free_table, NULL);
}
