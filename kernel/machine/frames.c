// SPDX-License-Identifier: Apache-2.0
/*
 * frames.c - physical memory: which frames are free, and which thread may allocate them.
 *
 * Every task has frames of its own, and allocates the lowest of them that is free; frames that it frees become its own. So the same state always
 * has the same addresses, and allocations of different tasks depend on each other no more than they must. A frame is free, a page table or
 * data; free frames are dead memory and zero.
 *
 * An ordinary page that was freed may be allocated by any other task instead of a frame of its own. This shows what happens if the task that
 * freed it, or a stale translation, still takes it for the old page. It changes hands like that once, which is a bound of the model. Page
 * tables and huge pages are reused only by the task that freed them. An access to a freed one is a violation all the same, but code that compares
 * an old huge page with a new one never finds them equal. (With huge pages that change hands, two migrations have up to fifty times the states.)
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

/* Sets of frames. Those of one task (0: setup) are words that only it touches. */
static u64 changed[SD_MAX_TASKS];	/* its own from the start, and used by now; or freed by it as tables or huge pages */
static u64 freed_by[SD_MAX_TASKS];	/* it freed them as ordinary pages, last as far as it knows */
/* All tasks that allocate or free ordinary pages touch these, which is why nothing else is in them. */
static u64 freed;			/* were ordinary pages, and are free */
static u64 handed_on;			/* changed hands */

#define bit_of(page) (1ULL << ((page) - mem_map))
#define page_of(frame) (mem_map + __builtin_ctzll(frame))
#define lowest(set) ((set) & -(set))

/* The frames that a task has from the start. */
static u64 frames_of(unsigned int task)
{
	unsigned int first = task ? SD_SETUP_FRAMES + (task - 1) * SD_TASK_FRAMES : 0;
	unsigned int nr = task ? SD_TASK_FRAMES : SD_SETUP_FRAMES;

	if (first >= SD_NR_FRAMES)
		return 0;
	return ((1ULL << (first + nr < SD_NR_FRAMES ? nr : SD_NR_FRAMES - first)) - 1) << first;
}

/*
 * One that is new, or that it freed itself, whichever is lowest; or any of those that others freed. *changes_hands says which it was. 0: none.
 * The number of choices is 1 unless others did free some.
 */
static u64 choose_frame(unsigned int me, bool ordinary, bool *changes_hands)
{
	u64 own = frames_of(me) ^ changed[me], others = 0;
	int choice;

	*changes_hands = false;
	if (ordinary) {
		own |= freed & freed_by[me];
		others = freed & ~freed_by[me] & ~handed_on;
	}
	if (!others)
		return lowest(own);
	choice = __sd_choose(__builtin_popcountll(others) + (own != 0));
	if (own && !choice--)
		return lowest(own);
	while (choice--)
		others &= others - 1;
	*changes_hands = true;
	return lowest(others);
}

static void take(unsigned int me, u64 frame, bool changes_hands)
{
	if (!(frame & freed)) {
		changed[me] ^= frame;
		return;
	}
	freed &= ~frame;
	if (changes_hands)
		handed_on |= frame;
	else
		freed_by[me] &= ~frame;
}

struct page *sd_frame_alloc(int kind, unsigned int order)
{
	unsigned int me = (unsigned int)(__sd_self() + 1);
	bool changes_hands;
	struct page *page;
	u64 frame;

	__sd_atomic_begin(SD_STEP, &changed[me]);
	frame = choose_frame(me, kind == SD_FRAME_DATA && !order, &changes_hands);
	if (!frame)
		__sd_fail("model-limit", __sd_self() < 0 ? "setup needs more pages than SD_SETUP_FRAMES, which is {1:d}" :
			  "{0:s} needs more pages than SD_TASK_FRAMES, which is {1:d}; the page tables that its faults make count, too",
			  (sd_u64)current->comm, __sd_self() < 0 ? SD_SETUP_FRAMES : SD_TASK_FRAMES, 0);
	take(me, frame, changes_hands);
	page = page_of(frame);
	/* What its last use has left. A frame that is used for the first time is zero: then nothing that its users protect is touched. */
	if (page->sd_used) {
		page->sd_used = 0;
		page->sd_moved = NULL;
		page->sd_dropped = 0;
		page->sd_dirty = 0;
		page->sd_thp = 0;
		page->sd_deposit = NULL;
		page->order = 0;
		page->flags = 0;
		page->mapping = NULL;
		page->index = 0;
		page->lru.next = page->lru.prev = NULL;
		page->ptl.owner = 0;
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
	if (page->sd_kind == SD_FRAME_TABLE || page->order) {
		changed[__sd_self() + 1] ^= bit_of(page);
	} else {
		freed |= bit_of(page);
		freed_by[__sd_self() + 1] |= bit_of(page);
	}
	page->sd_kind = SD_FRAME_FREE;
	page->sd_used = 1;
	page->_mapcount.counter = 0;
}
