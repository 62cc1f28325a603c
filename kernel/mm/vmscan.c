// SPDX-License-Identifier: Apache-2.0
/*
 * vmscan.c - reclaim of one ordinary page, and the allocation that runs it.
 *
 * Entries of a file page are cleared (the PTE is none): a fault meanwhile finds the page in the page cache and waits for its lock. Those
 * of an anonymous page become swap entries (mm/swap.c). The page is freed if only the cache and the caller have a reference. Its contents are
 * on disk then, from where a later fault reads them. A dirty page is written there first (try_to_unmap learns that from the entries). A clean
 * page is not written: only the contents on disk remain.
 */
#include <linux/migrate.h>
#include <linux/rmap.h>
#include <linux/swapops.h>
#include <shootdown/machine.h>
#include <shootdown/mirror.h>

struct address_space *sd_reclaim_from;

/* The cache drops its reference if only it and the caller have one. The kernel freezes the count meanwhile, as in replace_slot. */
static bool remove_mapping(struct address_space *mapping, struct page *page)
{
	bool removed = false;

	if (PageAnon(page))
		return delete_from_swap_cache(page, 2);
	spin_lock_irq(&mapping->i_pages_lock);
	__sd_atomic_begin(SD_STEP, NULL);
	/* The kernel writes it out first (pageout), and does not remove it if it has become dirty meanwhile: then there is a reference more. */
	if (page->sd_dirty) {
		page->sd_dirty = 0;
		sd_data_written(page);
	}
	if (mapping->sd_pages[page->index] == page && page->_refcount.counter == 2) {
		mapping->sd_pages[page->index] = NULL;
		page->_refcount.counter--;
		sd_data_gone(page, "reclaim");
		removed = true;
	}
	__sd_atomic_end();
	if (removed)
		page->mapping = NULL;
	spin_unlock_irq(&mapping->i_pages_lock);
	return removed;
}

/* The caller has a reference, which goes. True if the page is free then. */
bool shrink_page(struct page *page)
{
	bool removed = false;

	lock_page(page);
	if (page->mapping) {
		if (PageAnon(page))
			add_to_swap(page);
		if (page_mapped(page))
			try_to_unmap(page, TTU_IGNORE_ACCESS);
		if (!page_mapped(page))
			removed = remove_mapping(page_mapping(page), page);
	}
	unlock_page(page);
	put_page(page);
	return removed;
}

/* Memory is short: some page of the file goes, whichever, or none. */
void sd_direct_reclaim(void)
{
	struct page *page = NULL;
	int index;

	if (!sd_reclaim_from)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	index = __sd_choose((int)sd_reclaim_from->sd_nr_pages + 1) - 1;
	__sd_atomic_end();
	if (index >= 0)
		page = find_get_page(sd_reclaim_from, (pgoff_t)index);
	if (page)
		shrink_page(page);
}
