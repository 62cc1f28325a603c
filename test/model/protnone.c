// SPDX-License-Identifier: Apache-2.0
/* An entry loses all permissions for a while, as for NUMA hinting; the process and direct I/O go on using the page. */
#include <shootdown/scenario.h>

static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void io(void *arg)
{
	struct page *page;

	if (get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	sd_entry_write("disk", page, arg, va);
	__sd_atomic_end();
	put_page(page);
}

static void hint(void *arg)
{
	struct mm_struct *mm = arg;
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl), pte = ptep_get_and_clear(mm, va, ptep);

	set_pte_at(mm, va, ptep, __pte((pte_val(pte) & ~_PAGE_PRESENT) | _PAGE_PROTNONE));
	flush_tlb_page(find_vma(mm, va), va);
	pte_unmap_unlock(ptep, ptl);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "io", io, mm);
	sd_cpu_run(2, mm, "hint", hint, mm);
}
