/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page lock and the page cache. Waiting for an unlocked page is taking the lock and giving it back at once: no
 * other thread runs in between, so it is the same, and stays a mover.
 */
#ifndef _LINUX_PAGEMAP_H
#define _LINUX_PAGEMAP_H

#include <linux/fs.h>
#include <linux/page-flags.h>

/* Of each task, the frames whose page lock it took: its own word. Clearing an entry with the page lock held is no drop (machine/oracle.c). */
extern u64 sd_locked_pages[SD_MAX_TASKS];

#define sd_page_locked_by_me(page) ((sd_locked_pages[__sd_self() + 1] >> ((page) - mem_map)) & 1)
#define sd_note_page_lock(page) (sd_locked_pages[__sd_self() + 1] |= 1ULL << ((page) - mem_map))
#define sd_note_page_unlock(page) (sd_locked_pages[__sd_self() + 1] &= ~(1ULL << ((page) - mem_map)))

static __always_inline void lock_page(struct page *page)
{
	might_sleep();
	__sd_atomic_begin(SD_ACQUIRE, &page->flags);
	if (page->flags & (1UL << PG_locked))
		__sd_block();
	page->flags |= 1UL << PG_locked;
	sd_note_page_lock(page);
	current->locks_held++;
	__sd_atomic_end();
}

static __always_inline void unlock_page(struct page *page)
{
	__sd_atomic_begin(SD_RELEASE, &page->flags);
	if (!(page->flags & (1UL << PG_locked)))
		__sd_fail("bad-unlock", "{0:p} is unlocked but was not locked", (sd_u64)page, 0, 0);
	page->flags &= ~(1UL << PG_locked);
	sd_note_page_unlock(page);
	current->locks_held--;
	__sd_atomic_end();
}

static __always_inline int trylock_page(struct page *page)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, &page->flags);
	if (!(page->flags & (1UL << PG_locked))) {
		__sd_took(&page->flags, 0);
		page->flags |= 1UL << PG_locked;
		sd_note_page_lock(page);
		current->locks_held++;
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

static __always_inline void wait_on_page_locked(struct page *page)
{
	lock_page(page);
	unlock_page(page);
}

static inline pgoff_t page_to_pgoff(struct page *page)
{
	return page->index << page->order;
}

struct page *find_get_page(struct address_space *mapping, pgoff_t index);
struct page *find_lock_page(struct address_space *mapping, pgoff_t index);
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index);
void delete_from_page_cache(struct page *page);

#endif
