// SPDX-License-Identifier: Apache-2.0
/*
 * pages.c - page locks, references, and the page cache's look-ups of mm/filemap.c and mm/swap.c, for a 4.4 tree.
 *
 * A page lock is its bit in page->flags, as in the kernel; waiting for it is not being enabled, so no wait queue and no wake-up that
 * could be lost. The cache is the tree's own radix tree.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/radix-tree.h>

#include "machine.h"

void __weak __lock_page(struct page *page)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, page);
	if (page->flags & (1UL << PG_locked))
		__sd_block();
	page->flags |= 1UL << PG_locked;
	__sd_atomic_end();
}

void __weak unlock_page(struct page *page)
{
	__sd_atomic_begin(SD_STEP, page);
	if (!(page->flags & (1UL << PG_locked)))
		__sd_fail("bad-unlock", "{0:p} is unlocked and was not locked", (sd_u64)page, 0, 0);
	page->flags &= ~(1UL << PG_locked);
	__sd_atomic_end();
}

void __weak wait_on_page_bit(struct page *page, int bit)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, page);
	if (page->flags & (1UL << bit))
		__sd_block();
	__sd_atomic_end();
}

/* mm/page_alloc.c has this table; the third is the real one. */
compound_page_dtor *const compound_page_dtors[] __weak = { NULL, NULL, free_huge_page };

void __weak put_page(struct page *page)
{
	int left;

	page = compound_head(page);
	__sd_atomic_begin(SD_STEP, page);
	if (atomic_read(&page->_count) <= 0)
		__sd_fail("refcount", "{0:p} has {1:d} references and one more is given back", (sd_u64)page, atomic_read(&page->_count), 0);
	page->_count.counter--;
	left = page->_count.counter;
	if (!left)
		sd_frame_released(page);
	__sd_atomic_end();
	if (left)
		return;
	if (page->flags & (1UL << PG_locked))
		__sd_fail("bad-page", "{0:p} is freed while it is locked", (sd_u64)page, 0, 0);
	if (page_mapcount(page))
		__sd_fail("bad-page", "{0:p} is freed while {1:d} entries map it", (sd_u64)page, page_mapcount(page), 0);
	if (PageCompound(page))
		(*compound_page_dtors[page[1].compound_dtor])(page);
	else
		page->mapping = NULL;
}

/* Looks up and takes a reference as one operation; the kernel gets the same by checking again. */
struct page *__weak pagecache_get_page(struct address_space *mapping, pgoff_t index, int fgp_flags, gfp_t gfp)
{
	struct page *page;

	if (fgp_flags & FGP_CREAT)
		__sd_fail("model-limit", "pages are not added to files by look-ups here", 0, 0, 0);
	for (;;) {
		__sd_atomic_begin(SD_STEP, mapping);
		page = radix_tree_lookup(&mapping->page_tree, index);
		/* Frozen references: another thread is changing the entry. */
		if (page && !atomic_read(&page->_count))
			__sd_block();
		if (page)
			page->_count.counter++;
		__sd_atomic_end();
		if (!page || !(fgp_flags & FGP_LOCK))
			return page;
		lock_page(page);
		if (page->mapping == mapping)
			return page;
		unlock_page(page);
		put_page(page);
	}
}

int __weak set_page_dirty(struct page *page)
{
	return !TestSetPageDirty(page);
}

/* There is no LRU: what isolating a page from it took is given back. */
void __weak putback_lru_page(struct page *page)
{
	put_page(page);
}
