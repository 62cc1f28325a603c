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
#define SD_SETUP_FRAMES 28
#endif
#ifndef SD_TASK_FRAMES
#define SD_TASK_FRAMES 3
#endif

char sd_frames[SD_NR_FRAMES][PAGE_SIZE] __aligned(4096) __sd_arena;
struct page mem_map[SD_NR_FRAMES];

/* The frames that task number n has from the start. */
#define first_frame(n) ((n) ? SD_SETUP_FRAMES + ((n) - 1) * SD_TASK_FRAMES : 0)

/* The lowest free one of its own; those that others have given up to it come last, so that mostly nobody else's are looked at. */
static struct page *find_free(unsigned int me)
{
	unsigned int i;

	for (i = first_frame(me); i < first_frame(me + 1) && i < SD_NR_FRAMES; i++)
		if (mem_map[i].sd_kind == SD_FRAME_FREE && (!mem_map[i].sd_home || mem_map[i].sd_home == me + 1))
			return &mem_map[i];
	for (i = 0; i < SD_NR_FRAMES; i++)
		if (mem_map[i].sd_kind == SD_FRAME_FREE && mem_map[i].sd_home == me + 1)
			return &mem_map[i];
	__sd_fail("model-limit", "no free frame for this thread: raise SD_TASK_FRAMES or SD_SETUP_FRAMES", 0, 0, 0);
}

struct page *sd_frame_alloc(int kind, unsigned int order)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, mem_map);
	page = find_free((unsigned int)(__sd_self() + 1));
	/* What its last use has left. A frame that is used for the first time is zero: then nothing that its users protect is touched. */
	if (page->sd_home) {
		page->sd_moved = NULL;
		page->order = 0;
		page->flags = 0;
		page->mapping = NULL;
		page->index = 0;
		page->lru.next = page->lru.prev = NULL;
		page->ptl.owner = 0;
		page->sd_home = 0;
	}
	page->sd_kind = (unsigned int)kind;
	if (order)
		page->order = order;
	page->_refcount.counter = 1;
	page->_mapcount.counter = -1;
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
	if (page->_mapcount.counter != -1)
		__sd_fail("bad-page", "{0:p} is freed while {1:d} page-table entries map it", (sd_u64)page,
			  (sd_u64)(page->_mapcount.counter + 1), 0);
	if (page->flags & (1UL << PG_locked))
		__sd_fail("bad-page", "{0:p} is freed while it is locked", (sd_u64)page, 0, 0);
	if (page->sd_kind == SD_FRAME_TABLE && page->ptl.owner)
		__sd_fail("bad-page", "{0:p} is freed while its lock is held", (sd_u64)page, 0, 0);
	__sd_event("page-free", "{0:p} is freed", (sd_u64)page, 0, 0);
	if (page->sd_kind == SD_FRAME_DATA)
		sd_data_freed(page);
	__sd_dead(page_address(page), page->sd_kind == SD_FRAME_TABLE ? PAGE_SIZE : SD_WORDS * 8);
	page->sd_kind = SD_FRAME_FREE;
	page->sd_home = (unsigned int)(__sd_self() + 2);
	page->_mapcount.counter = 0;
}
