// SPDX-License-Identifier: Apache-2.0
/*
 * frames.c - physical memory: which frames are free, and whose.
 *
 * Every task has frames of its own: it allocates the lowest one that is free, and frames that it frees become its own. So allocations of
 * different tasks never depend on each other's order, and the same state always has the same addresses. A frame is
 * free, a page table or data; free frames are dead memory and zero.
 */
#include <shootdown/machine.h>

#ifndef SD_SETUP_FRAMES
#define SD_SETUP_FRAMES 28		/* bound: frames of setup */
#endif
#ifndef SD_TASK_FRAMES
#define SD_TASK_FRAMES 3		/* bound: frames of a thread */
#endif

char sd_frames[SD_NR_FRAMES][PAGE_SIZE] __aligned(4096) __sd_arena;
struct page mem_map[SD_NR_FRAMES];

static unsigned int frame_home(unsigned int i)
{
	if (mem_map[i].sd_home)
		return mem_map[i].sd_home;
	if (i < SD_SETUP_FRAMES)
		return 1;
	return 2 + (i - SD_SETUP_FRAMES) / SD_TASK_FRAMES;
}

struct page *sd_frame_alloc(int kind, unsigned int order)
{
	unsigned int home = (unsigned int)(__sd_self() + 2);
	struct page *page = NULL;
	unsigned int i;

	__sd_atomic_begin(SD_LOCAL, mem_map);
	for (i = 0; i < SD_NR_FRAMES; i++) {
		if (mem_map[i].sd_kind == SD_FRAME_FREE && frame_home(i) == home) {
			page = &mem_map[i];
			break;
		}
	}
	if (!page)
		__sd_fail("model-limit", __sd_self() < 0 ? "setup needs more pages than SD_SETUP_FRAMES, which is {1:d}" :
			  "{0:s} needs more pages than SD_TASK_FRAMES, which is {1:d}; the page tables that its faults make count, too",
			  (sd_u64)current->comm, __sd_self() < 0 ? SD_SETUP_FRAMES : SD_TASK_FRAMES, 0);
	page->sd_kind = (unsigned int)kind;
	page->sd_home = 0;
	page->sd_moved = NULL;
	page->order = order;
	page->flags = 0;
	page->mapping = NULL;
	page->index = 0;
	page->_refcount.counter = 1;
	page->_mapcount.counter = -1;
	page->ptl.owner = 0;
	if (kind == SD_FRAME_TABLE)
		__sd_live(page_address(page), PAGE_SIZE, "page table");
	else
		__sd_live(page_address(page), SD_WORDS * 8, order ? "huge page" : "page");
	__sd_event("name", "{1:p}", (sd_u64)page, (sd_u64)page_address(page), 0);
	__sd_atomic_end();
	return page;
}

/* Called inside the section in which the last reference goes (put_page): from here on every access to the frame is a violation. */
void sd_frame_free(struct page *page)
{
	if (page->sd_kind == SD_FRAME_FREE)
		__sd_fail("double-free", "{0:p} is freed twice", (sd_u64)page, 0, 0);
	/* Its own lock can only be the freer's: that cannot change meanwhile. */
	if (page->ptl.owner == sd_me())
		__sd_fail("bad-page", "{0:p} is freed by who holds its lock", (sd_u64)page, 0, 0);
	__sd_event("page-free", "{0:p} is freed", (sd_u64)page, 0, 0);
	if (page->sd_kind == SD_FRAME_DATA)
		sd_data_freed(page);
	__sd_dead(page_address(page), page->sd_kind == SD_FRAME_TABLE ? PAGE_SIZE : SD_WORDS * 8);
	page->sd_kind = SD_FRAME_FREE;
	page->sd_home = (unsigned int)(__sd_self() + 2);
}

/* Right after: its struct page, which is nobody's now, is checked and left zero. */
void sd_frame_clean(struct page *page)
{
	__sd_atomic_begin(SD_LOCAL, page);
	if (page->_mapcount.counter != -1)
		__sd_fail("bad-page", "{0:p} is freed while {1:d} page-table entries map it", (sd_u64)page,
			  (sd_u64)(page->_mapcount.counter + 1), 0);
	if (page->flags & (1UL << PG_locked))
		__sd_fail("bad-page", "{0:p} is freed while it is locked", (sd_u64)page, 0, 0);
	page->order = 0;
	page->flags = 0;
	page->mapping = NULL;
	page->index = 0;
	page->_mapcount.counter = 0;
	page->lru.next = page->lru.prev = NULL;
	__sd_atomic_end();
}
