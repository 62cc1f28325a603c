// SPDX-License-Identifier: Apache-2.0
/*
 * swap.c - a swap device, and reclaim of one page.
 *
 * Slots, their counts and the swap cache are the tree's own (swapfile.c, swap_state.c), and so is the fault that reads a page in. The device is ours:
 * what is written to a slot is said to the oracle, and done when it is begun. Reclaim takes the steps of shrink_folio_list() for one anonymous page.
 *
 * What is lost: which page reclaim chooses; PG_writeback, since writing takes no time; clusters, slots kept for a CPU, zswap, readahead.
 */
#include <linux/swap.h>
#include <linux/swapops.h>

#include "own.h"

/* mm/swap.h and mm/internal.h */
bool add_to_swap(struct folio *folio);
void try_to_unmap_flush(void);

static unsigned int nr_slots;

static int slot_of(struct folio *folio)
{
#ifdef SD_HAS_FOLIO_SWAP
	return (int)swp_offset(folio->swap);
#else
	return (int)swp_offset(folio_swap_entry(folio));
#endif
}

static void read_in(struct folio *folio)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_from_slot(sd_frame(&folio->page), slot_of(folio));
	__sd_event("copy", "{0:p} is read from swap slot {1:d}", (sd_u64)sd_mem[sd_frame(&folio->page)], (sd_u64)slot_of(folio), 0);
	__sd_atomic_end();
	folio_mark_uptodate(folio);
	folio_unlock(folio);
}

#ifdef SD_HAS_SWAP_READ_FOLIO
void swap_read_folio(struct folio *folio, struct swap_iocb **plug)
{
	read_in(folio);
}
#else
int swap_readpage(struct page *page, bool synchronous, struct swap_iocb **plug)
{
	read_in(page_folio(page));
	return 0;
}
#endif

/* Who sleeps for a moment until somebody else has read the page, or a timeout has passed: it may be the timeout at once, and then nobody is woken. */
void add_wait_queue(struct wait_queue_head *queue, struct wait_queue_entry *entry)
{
}

void remove_wait_queue(struct wait_queue_head *queue, struct wait_queue_entry *entry)
{
}

signed long schedule_timeout_uninterruptible(signed long timeout)
{
	sd_might_sleep();
	return 0;
}

static void write_out(struct folio *folio)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_to_slot(slot_of(folio), sd_frame(&folio->page));
	__sd_event("copy", "{0:p} is written to swap slot {1:d}", (sd_u64)sd_mem[sd_frame(&folio->page)], (sd_u64)slot_of(folio), 0);
	__sd_atomic_end();
}

static void free_swap_cache_of(struct folio *folio)
{
	if (folio_mapped(folio) || !folio_trylock(folio))
		return;
	folio_free_swap(folio);
	folio_unlock(folio);
}

void sd_swapon(unsigned int slots)
{
	sd_once();
	sd_page_cache_init();
	if (nr_slots || slots > 60)
		__sd_fail("model-limit", "more than one swap device, or more than 60 slots", 0, 0, 0);
	nr_slots = slots;
	sd_swap_init(slots);
	sd_free_swap_cache = free_swap_cache_of;
}

/* With a reference and the page lock. True: nobody can come to it any more but by the caller's reference. */
static bool reclaim(struct folio *folio)
{
	if (!folio_test_swapcache(folio) && !add_to_swap(folio))
		return false;
	if (folio_mapped(folio))
		try_to_unmap(folio, TTU_BATCH_FLUSH);
	if (folio_mapped(folio))
		return false;
	if (folio_test_dirty(folio)) {
		/* Nobody may write to it any more through a TLB. */
		try_to_unmap_flush();
		if (folio_clear_dirty_for_io(folio))
			write_out(folio);
	}
	return !folio_test_dirty(folio) && remove_mapping(folio_mapping(folio), folio);
}

int sd_swap_out(struct mm_struct *mm, unsigned long va)
{
	struct page *page = sd_page_at(mm, va);
	struct folio *folio;
	bool gone = false;

	if (!page)
		return -ENOENT;
	folio = page_folio(page);
	if (folio_trylock(folio)) {
		gone = folio_test_anon(folio) && reclaim(folio);
		folio_unlock(folio);
	}
	try_to_unmap_flush();
	folio_put(folio);
	return gone ? 0 : -EBUSY;
}

void sd_tell_absent(const char *event, unsigned long entry)
{
	swp_entry_t absent = pte_to_swp_entry(__pte(entry));
	int frame = pte_present(__pte(entry)) ? sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT) :
		    is_migration_entry(absent) ? sd_frame_at(swp_offset_pfn(absent)) : -1;

	if (!entry)
		__sd_event(event, "none", 0, 0, 0);
	else if (frame >= 0)
		__sd_event(event, pte_present(__pte(entry)) ? "{0:p} (no access)" : "migration entry of {0:p}", (sd_u64)sd_mem[frame], 0, 0);
	else if (is_hwpoison_entry(absent))
		__sd_event(event, "poison entry", 0, 0, 0);
	else if (!non_swap_entry(absent))
		__sd_event(event, "swap slot {1:d}", 0, swp_offset(absent), 0);
	else
		__sd_event(event, "{1:x} (not present)", 0, entry, 0);
}

/* The entry of a page where it is not present: of one in swap or on its way; else 0. */
static unsigned long absent_entry(const struct sd_upage *up)
{
	int table = (int)up->pgd, level;
	unsigned long entry;

	for (level = 0; ; level++) {
		if (table < 0 || sd_kind[table] != SD_TABLE)
			return 0;
		entry = sd_mem[table][(up->va >> (PGDIR_SHIFT - 9 * level)) & (PTRS_PER_PTE - 1)];
		if (level == 3 || !(entry & _PAGE_PRESENT))
			return pte_present(__pte(entry)) ? 0 : entry;
		if (entry & _PAGE_PSE)
			return 0;
		table = sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT);
	}
}

int sd_swap_slot(const struct sd_upage *up)
{
	unsigned long entry = absent_entry(up);

	if (!nr_slots || !entry || non_swap_entry(pte_to_swp_entry(__pte(entry))))
		return -1;
	return (int)swp_offset(pte_to_swp_entry(__pte(entry)));
}

/* At the end: whoever moved a page has put an entry in place of its own. A page that is locked may be on its way, by a thread without end. */
void sd_final_entries(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		unsigned long entry = sd_gone[i] || sd_exiting[i] ? 0 : absent_entry(&sd_upages[i]);
		swp_entry_t absent = pte_to_swp_entry(__pte(entry));

		if (entry && is_migration_entry(absent) && !PageLocked(pfn_to_page(swp_offset_pfn(absent))))
			__sd_fail("migration-entry-left", "at the end {0:x} of {1:p} is still a migration entry: faults there never end",
				  sd_upages[i].va, (sd_u64)sd_upages[i].mm, 0);
		if (entry && !nr_slots && !non_swap_entry(absent))
			__sd_fail("bad-entry", "at the end {0:x} of {1:p} is {2:x}, which says that it is in swap, and there is none: faults there never end",
				  sd_upages[i].va, (sd_u64)sd_upages[i].mm, entry);
	}
}

/* At the end: what is in swap is there, or still in the cache. */
void sd_final_swap(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		const struct sd_upage *up = &sd_upages[i];
		int slot = sd_swap_slot(up);
		struct folio *cached;

		if (slot < 0 || sd_gone[i] || sd_unsettled[up->location])
			continue;
		cached = xa_load(&sd_swap_cache()->i_pages, (unsigned long)slot);
		/* One that is not up to date yet is being read from the slot. */
		if (cached && !xa_is_value(cached) && folio_test_uptodate(cached) ? sd_holds(up->location, sd_frame(&cached->page)) : sd_slot_holds(up->location, slot))
			continue;
		sd_tell_last_write(up->location);
		__sd_fail("lost-write", "at the end {0:x} of {1:p} is in swap slot {2:d}, which does not have the last write to it", up->va,
			  (sd_u64)up->mm, (sd_u64)slot);
	}
}
