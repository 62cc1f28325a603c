// SPDX-License-Identifier: Apache-2.0
/* Two mappings of one address space, a page table each: one loses its page and the other its entry, and no flush. */
#include <shootdown/scenario.h>

static unsigned long first, second;

static void user(void *unused)
{
	sd_user_write(second);
}

static void take(void *arg)
{
	struct mm_struct *mm = arg;
	spinlock_t *one, *two;
	pte_t *a = pte_offset_map_lock(mm, mm_find_pmd(mm, first), first, &one);
	pte_t *b = pte_offset_map_lock(mm, mm_find_pmd(mm, second), second, &two);
	struct page *page = pte_page(ptep_get(b));

	if (pte_present(ptep_get(a)))
		ptep_get_and_clear(mm, second, b);
	spin_unlock(two);
	spin_unlock(one);
	page_remove_rmap(page, false);
	put_page(page);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	first = sd_mmap(mm, NULL, 1);
	second = sd_mmap(mm, NULL, 1);
	sd_populate(mm, first);
	sd_populate(mm, second);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "take", take, mm);
}
