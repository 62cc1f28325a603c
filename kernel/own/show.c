// SPDX-License-Identifier: Apache-2.0
/*
 * show.c - the machine as a reader of a story sees it: sd_show() (shootdown.h), which no search runs.
 *
 * As kernel/machine/show.c, with the tree's own structures: address spaces and the page tables on the way to the pages that the scenario has, those
 * pages of memory, what CPUs and devices may still have cached, and guests. It only reads, and meets the machine at any moment.
 */
#include "own.h"

void sd_show_entry(unsigned long entry, bool leaf, bool stale)
{
	int frame = sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT);

	if (!(entry & _PAGE_PRESENT))
		sd_tell_absent("show value", entry);
	else if (frame < 0)
		__sd_event("show value", "{1:x}", 0, entry, 0);
	else
		__sd_event(stale ? "show stale" : "show value", !leaf ? "{0:p}" : !(entry & _PAGE_RW) ? "{0:p} (read-only)" :
			   entry & _PAGE_DIRTY ? "{0:p} (rw, dirty)" : "{0:p} (rw)", (sd_u64)sd_mem[frame], 0, 0);
}

static void show_tables(const struct sd_upage *up)
{
	static const char *const parts[] = { "PGD[{1:d}]", "PUD[{1:d}]", "PMD[{1:d}]", "PTE[{1:d}]" };
	static const char *const boxes[] = { "", "show box PUD tables", "show box PMD tables", "show box PTE tables" };
	int table = (int)up->pgd, level;

	for (level = 0; level < 4 && table >= 0 && sd_kind[table] == SD_TABLE; level++) {
		unsigned int shift = (unsigned int)PGDIR_SHIFT - 9 * (unsigned int)level;
		unsigned long *slot = &sd_mem[table][(up->va >> shift) & (PTRS_PER_PTE - 1)], entry = *slot;
		bool leaf = level == 3 || (level == 2 && ((entry & _PAGE_PSE) || (up->huge && !(entry & _PAGE_PRESENT))));

		if (level)
			__sd_event(boxes[level], "{0:p}", (sd_u64)sd_mem[table], 0, 0);
		else
			__sd_event("show box address spaces", "{1:p}", (sd_u64)sd_mem[table], (sd_u64)up->mm, 0);
		if (leaf)
			__sd_event("show part", "{1:x} of {2:p}", (sd_u64)slot, up->va, (sd_u64)up->mm);
		else
			__sd_event("show part", parts[level], (sd_u64)slot, (up->va >> shift) & (PTRS_PER_PTE - 1), 0);
		sd_show_entry(entry, leaf, false);
		if (leaf || !(entry & _PAGE_PRESENT))
			return;
		table = sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT);
	}
}

/* Pages of user memory: those that have contents, an owner, or an entry. */
static void show_page(int frame)
{
	struct page *page = pfn_to_page(sd_pfn(frame));
	bool small = frame < SD_SMALL_FRAMES;

	if (!page->mapping && !(small && page->_mapcount.counter >= 0) && !sd_has_contents(frame))
		return;
	__sd_event("show box pages", frame == SD_ZERO_FRAME ? "the zero page" : "{0:p}", (sd_u64)sd_mem[frame], 0, 0);
	if (frame != SD_ZERO_FRAME) {
		__sd_event("show part", "owner", (sd_u64)&page->mapping, 0, 0);
		__sd_event("show value", !page->mapping ? "none" : (unsigned long)page->mapping & PAGE_MAPPING_FLAGS ? "anonymous" : "a file", 0, 0, 0);
		__sd_event("show part", "references", (sd_u64)&page->_refcount, 0, 0);
		__sd_event("show value", "{1:d}", 0, (sd_u64)page->_refcount.counter, 0);
		if (small) {
			__sd_event("show part", "mapped", (sd_u64)&page->_mapcount, 0, 0);
			__sd_event("show value", "{1:d}", 0, (sd_u64)(page->_mapcount.counter + 1), 0);
		}
	}
	sd_show_contents(frame);
}

/*
 * A TLB is a set: what a walk gives now may be in it at any time; what it may have besides is stale (tlb.c). One through which nobody accesses memory is not kept.
 */
static void show_walker(int walker)
{
	bool told = false;
	int i, k;

	if (!sd_cr3[walker] || !__sd_refuted(sd_tlb[walker]))
		return;
	for (i = 0; i < sd_nr_upages; i++) {
		if (sd_upages[i].pgd != sd_cr3[walker])
			continue;
		if (!told)
			__sd_event(walker < SD_CPUS ? "show box TLBs" : "show box devices and guests", walker < SD_CPUS ? "TLB of {1:s}, runs {2:p}" :
				   "{1:s}, walks {2:p}", (sd_u64)sd_tlb[walker], (sd_u64)sd_walker_names[walker], (sd_u64)sd_upages[i].mm);
		told = true;
		for (k = 0; k < SD_TLB_WAYS && (!k || sd_tlb[walker][i][k]); k++) {
			__sd_event("show part", k ? "{1:x} (another)" : "{1:x}", (sd_u64)&sd_tlb[walker][i][k], sd_upages[i].va, 0);
			if (sd_tlb[walker][i][k])
				sd_show_entry(sd_tlb[walker][i][k], true, true);
			else
				__sd_event("show value", "as the tables", 0, 0, 0);
		}
	}
}

void sd_show(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		show_tables(&sd_upages[i]);
	for (i = 0; i < SD_FRAMES; i++)
		if (sd_kind[i] == SD_DATA)
			show_page(i);
	for (i = 0; i < SD_WALKERS; i++)
		show_walker(i);
	sd_show_guests();
}
