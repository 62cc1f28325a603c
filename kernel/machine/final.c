// SPDX-License-Identifier: Apache-2.0
/*
 * final.c - the check when every thread that ends has ended.
 *
 * User loops, vCPUs and devices may be anywhere then. Their data must be right always; counts are compared only in those final states
 * in which none of them is inside the kernel (each such state is also reached with them outside).
 */
#include <linux/swapops.h>
#include <shootdown/machine.h>

bool sd_somebody_pins;

/* Distinct entries that map this frame, over all user pages. */
static int count_entries(struct page *page)
{
	u64 *seen[SD_NR_UPAGES];
	int i, k, n = 0;

	for (i = 0; i < sd_nr_upages; i++) {
		unsigned long part = 0;
		u64 *slot = sd_upages[i].mm ? sd_leaf_slot(sd_upages[i].mm, sd_upages[i].va, sd_upages[i].size) : NULL;

		/* A transparent huge page: one entry for all of it. */
		if (!slot && sd_upages[i].mm && page->sd_thp) {
			slot = sd_leaf_slot(sd_upages[i].mm, sd_upages[i].va, PMD_SIZE);
			part = (sd_upages[i].va & ~PMD_MASK) >> PAGE_SHIFT;
		}
		if (!slot || !pte_present(__pte(*slot)) || pte_page(__pte(*slot)) + part != page)
			continue;
		for (k = 0; k < n && seen[k] != slot; k++)
			;
		if (k == n)
			seen[n++] = slot;
	}
	return n;
}

/* For the story: which steps changed a count. */
static __always_inline void tell_changes(const char *text, const atomic_t *count)
{
	__sd_event("because", text, (sd_u64)count, 0, 0);
}

#define MAPCOUNT_CHANGED "Since setup its mapcount was changed in {0:h}"
#define REFERENCES_CHANGED "Since setup its references were changed in {0:h}"

static void check_page(struct page *page, int cached)
{
	int entries = count_entries(page);

	/* memory_failure() keeps its own, so that nobody gets the page. */
	cached += page->sd_hwpoison != 0;

	if (page->_mapcount.counter + 1 != entries) {
		tell_changes(MAPCOUNT_CHANGED, &page->_mapcount);
		__sd_fail("bad-count", "at the end {0:p} is mapped by {1:d} entries, but its mapcount says {2:d}", (sd_u64)page,
			  (sd_u64)entries, (sd_u64)(page->_mapcount.counter + 1));
	}
	if (page->_refcount.counter < entries + cached) {
		tell_changes(REFERENCES_CHANGED, &page->_refcount);
		__sd_fail("bad-count", "at the end {0:p} has {1:d} references, fewer than its {2:d} users", (sd_u64)page,
			  (sd_u64)page->_refcount.counter, (sd_u64)(entries + cached));
	}
	if (page->_refcount.counter > entries + cached && !sd_somebody_pins) {
		tell_changes(REFERENCES_CHANGED, &page->_refcount);
		__sd_fail("leak", "at the end {0:p} has {1:d} references, but only {2:d} users: it will never be freed", (sd_u64)page,
			  (sd_u64)page->_refcount.counter, (sd_u64)(entries + cached));
	}
	if (page->flags & (1UL << PG_locked))
		__sd_fail("lock-leak", "at the end {0:p} is still locked", (sd_u64)page, 0, 0);
}

static bool in_page_cache(struct page *page)
{
	if (PageAnon(page))
		return sd_in_swap_cache(page);
	return page->mapping && page->index < SD_FILE_PAGES && page->mapping->sd_pages[page->index] == page;
}

/* The PUD entry that leads to this PMD table is one reference of it: sharers have one each. */
static void check_pmd_tables(void)
{
	int i, k;

	for (i = 0; i < sd_nr_upages; i++) {
		struct page *table;
		u64 *pud = sd_upages[i].mm ? sd_leaf_slot(sd_upages[i].mm, sd_upages[i].va, PUD_SIZE) : NULL;
		u64 *seen[SD_NR_UPAGES];
		int n = 0, j;

		if (!pud || !(*pud & _PAGE_PRESENT))
			continue;
		table = pfn_to_page((*pud & PTE_PFN_MASK) >> PAGE_SHIFT);
		for (k = 0; k < sd_nr_upages; k++) {
			u64 *other = sd_upages[k].mm ? sd_leaf_slot(sd_upages[k].mm, sd_upages[k].va, PUD_SIZE) : NULL;

			if (!other || ((*other ^ *pud) & PTE_PFN_MASK) || !(*other & _PAGE_PRESENT))
				continue;
			for (j = 0; j < n && seen[j] != other; j++)
				;
			if (j == n)
				seen[n++] = other;
		}
		if (table->_refcount.counter != n)
			__sd_fail("bad-count", "at the end PMD table {0:p} has {1:d} references, but {2:d} address spaces use it",
				  (sd_u64)table, (sd_u64)table->_refcount.counter, (sd_u64)n);
	}
}

/* A page that failed, or one that is on disk. */
static bool means_something(swp_entry_t entry)
{
	return is_hwpoison_entry(entry) || (!non_swap_entry(entry) && swp_type(entry) == 0 && swp_offset(entry) < (unsigned long)sd_nr_upages);
}

void __weak sd_final(void)
{
	int i;

	sd_data_final();
	if (__sd_busy_any())
		return;
	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		u64 *slot = up->mm ? sd_leaf_slot(up->mm, up->va, up->size) : NULL;
		pte_t pte = __pte(slot ? *slot : 0);

		if (!pte_none(pte) && !pte_present(pte) && is_migration_entry(pte_to_swp_entry(pte)))
			__sd_fail("migration-entry-left", "at the end {0:x} in {1:s} is still a migration entry: faults there never end",
				  up->va, (sd_u64)up->mm->sd_name, 0);
		if (!pte_none(pte) && !pte_present(pte) && !means_something(pte_to_swp_entry(pte)))
			__sd_fail("bad-entry", "at the end {0:x} in {1:s} is {2:x}, which is no entry of any kind: faults there never end",
				  up->va, (sd_u64)up->mm->sd_name, pte_val(pte));
	}
	for (i = 0; i < SD_NR_FRAMES; i++) {
		struct page *page = &mem_map[i];

		if (page->sd_kind != SD_FRAME_DATA)
			continue;
		check_page(page, in_page_cache(page));
	}
	check_pmd_tables();
	sd_kvm_final();
}
