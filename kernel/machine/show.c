// SPDX-License-Identifier: Apache-2.0
/*
 * show.c - the machine as a reader of a story sees it: sd_show() (shootdown.h), which no search runs.
 *
 * From top to bottom: address spaces and the page tables on the way to the pages that the scenario has, a table that two of them share once; pages
 * of memory, with whose they are, their counts, and which contents they have; what CPUs may still have cached; what devices and guests have.
 * It only reads, and meets the machine at any moment: in the middle of a change, and behind the step that failed.
 */
#include <linux/swapops.h>
#include <shootdown/machine.h>
#include <shootdown/scenario.h>

#define page_at(entry) ((sd_u64)__va((entry) & PTE_PFN_MASK))

/* What the part before is now: an entry of a page table, or of what caches them. */
void sd_show_entry(u64 entry, bool leaf, bool stale)
{
	static const char *const kinds[] = { "show value", "show stale" };

	if (entry & _PAGE_PRESENT)
		__sd_event(kinds[stale], !leaf ? "{0:p}" : !(entry & _PAGE_RW) ? "{0:p} (read-only)" :
			   entry & _PAGE_DIRTY ? "{0:p} (rw, dirty)" : "{0:p} (rw)", page_at(entry), 0, 0);
	else if (!entry)
		__sd_event("show value", "none", 0, 0, 0);
	else if (pte_protnone(__pte(entry)))
		__sd_event("show value", "{0:p} (no access)", page_at(entry), 0, 0);
	else if (is_migration_entry(__pte_to_swp_entry(__pte(entry))))
		__sd_event("show value", "migration entry", 0, 0, 0);
	else if (is_hwpoison_entry(__pte_to_swp_entry(__pte(entry))))
		__sd_event("show value", "poison entry", 0, 0, 0);
	else
		__sd_event("show value", "{1:x}", 0, entry, 0);
}

/* A device or guest that holds this page for an address: it is stale if the tables lead elsewhere now. */
void sd_show_holds(const void *where, const char *what, struct mm_struct *mm, unsigned long va, struct page *page)
{
	u64 leaf = mm ? sd_walk(mm, va, false) : 0;
	bool stale = page && (!(leaf & _PAGE_PRESENT) || pte_page(__pte(leaf)) != page);

	__sd_event("show part", what, (sd_u64)where, va, 0);
	if (!page)
		__sd_event("show value", "none", 0, 0, 0);
	else
		__sd_event(stale ? "show stale" : "show value", stale ? "still {0:p}" : "{0:p}", (sd_u64)page_address(page), 0, 0);
}

static void show_tables(const struct sd_upage *up)
{
	static const char *const parts[] = { "PGD[{1:d}]", "PUD[{1:d}]", "PMD[{1:d}]", "PTE[{1:d}]" };
	static const char *const boxes[] = { "", "show box PUD tables", "show box PMD tables", "show box PTE tables" };
	u64 *table = (u64 *)up->mm->pgd;
	int level;

	for (level = 0; level < 4; level++) {
		unsigned int shift = (unsigned int)PGDIR_SHIFT - 9 * (unsigned int)level;
		u64 *slot = table + ((up->va >> shift) & (PTRS_PER_PTE - 1));
		struct page *page = virt_to_page(table);
		bool leaf = up->size == 1UL << shift;

		if (page->sd_kind != SD_FRAME_TABLE)
			return;
		if (level)
			__sd_event(boxes[level], "{0:p}", (sd_u64)table, 0, 0);
		else
			__sd_event("show box address spaces", "{1:s}", (sd_u64)table, (sd_u64)up->mm->sd_name, 0);
		if (level == 2 && page->_refcount.counter > 1) {
			__sd_event("show part", "references", (sd_u64)&page->_refcount, 0, 0);
			__sd_event("show value", "{1:d}", 0, (sd_u64)page->_refcount.counter, 0);
		}
		if (leaf)
			__sd_event("show part", "{1:x} of {2:s}", (sd_u64)slot, up->va, (sd_u64)up->mm->sd_name);
		else
			__sd_event("show part", parts[level], (sd_u64)slot, (up->va >> shift) & (PTRS_PER_PTE - 1), 0);
		sd_show_entry(*slot, leaf, false);
		if (leaf || !(*slot & _PAGE_PRESENT))
			return;
		table = __va(*slot & PTE_PFN_MASK);
	}
}

static void show_page(struct page *page)
{
	struct address_space *file = page_mapping(page);

	__sd_event("show box pages", "{0:p}", (sd_u64)page_address(page), 0, 0);
	__sd_event("show part", "owner", (sd_u64)&page->mapping, 0, 0);
	if (file)
		__sd_event("show value", "page {1:d} of {2:s}", 0, page->index, (sd_u64)file->sd_name);
	else
		__sd_event("show value", PageAnon(page) ? "anonymous" : "none", 0, 0, 0);
	__sd_event("show part", "references", (sd_u64)&page->_refcount, 0, 0);
	__sd_event("show value", "{1:d}", 0, (sd_u64)page->_refcount.counter, 0);
	__sd_event("show part", "mapped", (sd_u64)&page->_mapcount, 0, 0);
	__sd_event("show value", "{1:d}", 0, (sd_u64)(page->_mapcount.counter + 1), 0);
	sd_show_contents(page);
}

/*
 * A TLB is a set: what a walk gives now may be in it at any time; what it may have besides is stale (tlb.c).
 */
static void show_walker(const struct sd_walker *w, bool device)
{
	int i, k;

	__sd_event(device ? "show box devices and guests" : "show box TLBs", device ? "{1:s}, walks {2:s}" : "TLB of {1:s}, runs {2:s}", (sd_u64)w,
		   (sd_u64)w->name, (sd_u64)w->mm->sd_name);
	if (w->irqs_off) {
		__sd_event("show part", "interrupts", (sd_u64)&w->irqs_off, 0, 0);
		__sd_event("show value", "off", 0, 0, 0);
	}
	for (i = 0; i < sd_nr_upages; i++) {
		if (sd_upages[i].mm != w->mm)
			continue;
		for (k = 0; k < SD_TLB_WAYS && (!k || w->tlb[i][k]); k++) {
			__sd_event("show part", k ? "{1:x} (another)" : "{1:x}", (sd_u64)&w->tlb[i][k], sd_upages[i].va, 0);
			if (w->tlb[i][k])
				sd_show_entry(w->tlb[i][k], true, true);
			else
				__sd_event("show value", "as the tables", 0, 0, 0);
		}
	}
}

void sd_show(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].mm)
			show_tables(&sd_upages[i]);
	for (i = 0; i < SD_NR_FRAMES; i++)
		if (mem_map[i].sd_kind == SD_FRAME_DATA)
			show_page(&mem_map[i]);
	for (i = 0; i < sd_nr_walkers; i++)
		if (sd_walkers[i].mm)
			show_walker(&sd_walkers[i], i >= NR_CPUS);
	sd_show_guests();
	sd_show_mirrors();
	sd_show_more();
}

/* A scenario that has a device of its own may show what that holds, with sd_show_holds(). */
void __weak sd_show_more(void)
{
}
