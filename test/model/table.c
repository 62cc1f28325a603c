// SPDX-License-Identifier: Apache-2.0
/*
 * A page table is taken away from under somebody who looks at it (khugepaged, 6.5 and later). WAIT=0: it is freed before the grace period.
 * LOOK=0: he does not look whether there is one.
 */
// shootdown: --kernel 6.6 -DWAIT=1 -DLOOK=1
#include <shootdown/scenario.h>

static unsigned long va;

static pmd_t *pmd_of(struct mm_struct *mm)
{
	return pmd_offset(pud_offset(pgd_offset(mm, va), va), va);
}

static void zap(void *arg)
{
	struct mm_struct *mm = arg;
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(mm, pmd_of(mm), va, &ptl);

	if (LOOK && !pte)
		return;
	BUG_ON(!pte_none(ptep_get(pte)));
	pte_unmap_unlock(pte, ptl);
}

static void look(void *arg)
{
	struct mm_struct *mm = arg;
	pte_t *pte = pte_offset_map(pmd_of(mm), va);

	if (LOOK && !pte)
		return;
	BUG_ON(!pte_none(ptep_get(pte)));
	pte_unmap(pte);
	cond_resched();
}

static void retract(void *arg)
{
	struct mm_struct *mm = arg;
	pmd_t *pmd = pmd_of(mm);
	spinlock_t *lock = &virt_to_page(pmd)->ptl;
	struct page *table;

	spin_lock(lock);
	table = pmd_page(pmdp_get(pmd));
	pmd_clear(pmd);
	mm_dec_nr_ptes(mm);
	spin_unlock(lock);
	flush_tlb_mm(mm);
	if (WAIT)
		synchronize_rcu();
	put_page(table);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	va = sd_mmap(mm, NULL, 1);
	sd_pte_alloc(mm, va);
	sd_cpu_run(0, mm, "zap", zap, mm);
	sd_cpu_run(1, mm, "look", look, mm);
	sd_cpu_run(2, NULL, "retract", retract, mm);
}
