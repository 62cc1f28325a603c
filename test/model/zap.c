// SPDX-License-Identifier: Apache-2.0
/*
 * MADV_DONTNEED of anonymous memory while something else happens to its page. WITH: 1 it migrates, 2 it is reclaimed, 3 somebody does direct I/O to
 * it. Each way the process goes on with an empty page or with its old contents, and nothing is wrong.
 */
// shootdown: -DWITH=1
#include <shootdown/scenario.h>
#include <shootdown/mirror.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

static void dontneed(void *unused)
{
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	down_read(sd_mmap_sem(mm));
	ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl);
	pte = ptep_get_and_clear(mm, va, ptep);
	if (pte_present(pte)) {
		page = pte_page(pte);
		page_remove_rmap(page, false);
	} else if (is_swap_pte(pte) && !non_swap_entry(pte_to_swp_entry(pte))) {
		free_swap_and_cache(pte_to_swp_entry(pte));
	}
	pte_unmap_unlock(ptep, ptl);
	flush_tlb_page(find_vma(mm, va), va);
	if (page)
		put_page(page);
	up_read(sd_mmap_sem(mm));
}

static struct page *page_there(void)
{
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl), pte = ptep_get(ptep);
	struct page *page = pte_present(pte) ? pte_page(pte) : NULL;

	if (page)
		get_page(page);
	pte_unmap_unlock(ptep, ptl);
	return page;
}

static struct page *new_page(struct page *page, unsigned long private)
{
	return alloc_page(GFP_KERNEL);
}

static void with(void *unused)
{
	struct page *page = page_there();
	LIST_HEAD(pages);

	if (!page)
		return;
	if (WITH == 1) {
		list_add(&page->lru, &pages);
		if (migrate_pages(&pages, new_page, NULL, 0, MIGRATE_SYNC, MR_COMPACTION)) {
			list_del(&page->lru);
			put_page(page);
		}
	} else if (WITH == 2) {
		shrink_page(page);
	} else {
		__sd_atomic_begin(SD_STEP, NULL);
		sd_entry_write("disk", page, mm, va);
		__sd_atomic_end();
		set_page_dirty(page);
		put_page(page);
	}
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "dontneed", dontneed, NULL);
	sd_cpu_run(2, NULL, "with", with, NULL);
}
