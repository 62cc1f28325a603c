// SPDX-License-Identifier: Apache-2.0
/*
 * Reclaim of a page in use: anonymous (FILE=0), or a file's. DIRTY=0: somebody cleared the dirty bit of the entry before, and told nobody.
 * WRITE=0: the process reads only; then there is nothing to lose.
 */
// shootdown: -DFILE=0 -DDIRTY=1 -DWRITE=1
#include <shootdown/scenario.h>
#include <shootdown/mirror.h>

static struct file *file;
static unsigned long va;

static void user(void *unused)
{
	if (WRITE)
		sd_user_write(va);
	sd_user_read(va);
	sd_user_read(va);
}

static void clean(struct mm_struct *mm)
{
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl), pte = ptep_get(ptep);

	if (pte_present(pte)) {
		set_pte_at(mm, va, ptep, pte_mkclean(pte));
		flush_tlb_page(find_vma(mm, va), va);
	}
	pte_unmap_unlock(ptep, ptl);
}

static void reclaim(void *arg)
{
	struct mm_struct *mm = arg;
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	if (!DIRTY)
		clean(mm);
	ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl);
	pte = ptep_get(ptep);
	if (pte_present(pte)) {
		page = pte_page(pte);
		get_page(page);
	}
	pte_unmap_unlock(ptep, ptl);
	if (page)
		shrink_page(page);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	if (FILE)
		file = sd_file("file", 1);
	va = sd_mmap(mm, file, 1);
	if (WRITE)
		sd_populate(mm, va);
	else
		sd_pte_alloc(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, NULL, "reclaim", reclaim, mm);
}
