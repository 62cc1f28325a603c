// SPDX-License-Identifier: Apache-2.0
/*
 * frames.c - physical memory: the page allocator, and which frame is a table.
 *
 * Each thread has frames of its own and allocates the lowest that is free; a frame goes back to where it came from. So the same state has the same
 * addresses. A frame is memory from its allocation to its freeing, and any access to it afterwards is a violation; its struct page always exists, with a
 * count of 0 while it is free, as lockless walkers expect. A frame becomes a table when an entry that leads to it is written (tlb.c).
 * There are single pages and pages of 2 MiB; whoever asks for another size is told that there are none, which callers have to expect. The frames of 2 MiB
 * are nobody's in particular.
 */
#include <linux/hugetlb.h>

#include "own.h"

/* mm/internal.h */
void prep_compound_page(struct page *page, unsigned int order);

unsigned long sd_mem[SD_FRAMES][PAGE_SIZE / sizeof(unsigned long)] __aligned(4096) __sd_arena;
unsigned long sd_kind[SD_FRAMES];
static struct page pages[SD_HUGE_PFN - SD_FIRST_PFN + SD_HUGE_FRAMES * HPAGE_PMD_NR];	/* from SD_FIRST_PFN on */
static unsigned long bytes[SD_FRAMES];	/* as much of it as is memory: contents of user pages are tags, and need no more than a word */

/* Thread 1 runs RCU's callbacks, and allocates nothing. */
static int home_of(int frame)
{
	return frame < SD_SETUP_FRAMES ? 0 : 2 + (frame - SD_SETUP_FRAMES) / SD_TASK_FRAMES;
}

static int free_frame(void)
{
	int me = sd_me(), frame;

	for (frame = me ? SD_SETUP_FRAMES + (me - 2) * SD_TASK_FRAMES : 0; frame < SD_SMALL_FRAMES && home_of(frame) == me; frame++)
		if (sd_kind[frame] == SD_FREE)
			return frame;
	__sd_fail("model-limit", "this thread needs more pages than SD_TASK_FRAMES, which is {0:d}", SD_TASK_FRAMES, 0, 0);
}

static int free_huge_frame(void)
{
	int frame;

	for (frame = SD_SMALL_FRAMES; frame < SD_FRAMES; frame++)
		if (sd_kind[frame] == SD_FREE)
			return frame;
	__sd_fail("model-limit", "more huge pages are needed than SD_HUGE_FRAMES, which is {0:d}", SD_HUGE_FRAMES, 0, 0);
}

static struct page *page_of(int frame)
{
	return &pages[sd_pfn(frame) - SD_FIRST_PFN];
}

/* Of a small one. */
bool sd_is_mapped(int frame)
{
	return page_of(frame)->_mapcount.counter != -1;
}

unsigned int sd_pages_in_use(void)
{
	unsigned int nr = 0;
	int frame;

	for (frame = SD_ZERO_FRAME + 1; frame < SD_FRAMES; frame++)
		nr += sd_kind[frame] != SD_FREE;
	return nr;
}

static unsigned long bytes_of(gfp_t gfp)
{
	return gfp & __GFP_MOVABLE ? sizeof(unsigned long) : PAGE_SIZE;
}

static struct page *frame_alloc(gfp_t gfp, unsigned int order)
{
	struct page *page;
	int frame;

	if (order && order != HPAGE_PMD_ORDER)
		return NULL;
	if (gfp & __GFP_DIRECT_RECLAIM)
		sd_might_sleep();
	if (sd_allocation_fails(gfp))
		return NULL;
	__sd_atomic_begin(SD_STEP, NULL);
	frame = order ? free_huge_frame() : free_frame();
	sd_kind[frame] = SD_DATA;
	bytes[frame] = order ? sizeof(unsigned long) : bytes_of(gfp);
	__sd_live(sd_mem[frame], bytes[frame], order ? "huge page" : "page");
	page = pfn_to_page(sd_pfn(frame));
	page_of(frame)->_refcount.counter = 1;
	if (order)
		prep_compound_page(page, order);
	if (gfp & __GFP_ZERO)
		sd_contents_zero(frame);
	__sd_event("name", "{1:p}", (sd_u64)page, (sd_u64)sd_mem[frame], 0);
	__sd_event("name", "{1:p}", (sd_u64)page_of(frame), (sd_u64)sd_mem[frame], 0);
	__sd_atomic_end();
	return page;
}

/* The last reference is gone. */
static void frame_free(struct page *page)
{
	int frame = sd_frame(page), cpu;
	struct page *own;

	__sd_atomic_begin(SD_STEP, NULL);
	if (frame < 0 || sd_kind[frame] == SD_FREE)
		__sd_fail("double-free", "{0:p} is freed, and is free", (sd_u64)page, 0, 0);
	if (frame == SD_ZERO_FRAME)
		__sd_fail("bad-page", "the zero page is freed", 0, 0, 0);
	own = page_of(frame);
	if (frame < SD_SMALL_FRAMES && sd_kind[frame] == SD_DATA && own->_mapcount.counter != -1)
		__sd_fail("bad-page", "{0:p} is freed while {1:d} page-table entries map it", (sd_u64)page, (sd_u64)(own->_mapcount.counter + 1), 0);
	if (own->flags & (1UL << PG_locked))
		__sd_fail("bad-page", "{0:p} is freed while it is locked", (sd_u64)page, 0, 0);
	for (cpu = 0; cpu < SD_WALKERS; cpu++)
		if (sd_cr3[cpu] == (unsigned long)frame)
			__sd_fail("freed-table-walk", "{0:p} is freed, and {1:s} has it as its page table", (sd_u64)page, (sd_u64)sd_walker_names[cpu], 0);
	__sd_event("page-free", "{0:p} is freed", (sd_u64)sd_mem[frame], 0, 0);
	sd_contents_gone(frame);
	__sd_dead(sd_mem[frame], bytes[frame]);
	sd_kind[frame] = SD_FREE;
	memset(own, 0, sizeof(*own));
	own->_mapcount.counter = -1;
	__sd_atomic_end();
}

#ifdef CONFIG_SPARSEMEM_EXTREME
/* What pfn_valid() looks at: that there is a struct page for each frame, and for nothing else. All are within the first section. */
static struct mem_section *section_roots[NR_SECTION_ROOTS], sections[SECTIONS_PER_ROOT];
static struct mem_section_usage usage;
struct mem_section **mem_section;

static void pfns_are_valid(void)
{
	unsigned long pfn;

	BUILD_BUG_ON(SD_FIRST_PFN % PAGES_PER_SUBSECTION || SD_FIRST_PFN + ARRAY_SIZE(pages) > PAGES_PER_SECTION);
	for (pfn = SD_FIRST_PFN; pfn < SD_FIRST_PFN + ARRAY_SIZE(pages); pfn += PAGES_PER_SUBSECTION)
		set_bit(subsection_map_index(pfn), usage.subsection_map);
	sections[0].usage = &usage;
	sections[0].section_mem_map = SECTION_MARKED_PRESENT | SECTION_HAS_MEM_MAP;
	section_roots[0] = sections;
	mem_section = section_roots;
}
#else
static void pfns_are_valid(void)
{
}
#endif

void sd_frames_init(void)
{
	extern unsigned long zero_pfn, highest_memmap_pfn;
	unsigned long frame;

	spin_lock_init(&contig_page_data.deferred_split_queue.split_queue_lock);
	INIT_LIST_HEAD(&contig_page_data.deferred_split_queue.split_queue);
	__sd_segment((unsigned long)__va(SD_FIRST_PFN << PAGE_SHIFT), sizeof(sd_mem), sd_mem);
	__sd_segment((unsigned long)pfn_to_page(SD_FIRST_PFN), sizeof(pages), pages);
	for (frame = 0; frame < ARRAY_SIZE(pages); frame++)
		pages[frame]._mapcount.counter = -1;
	__sd_watch(sd_mem, sd_mem + SD_FRAMES);
	highest_memmap_pfn = sd_pfn(SD_FRAMES) - 1;
	pfns_are_valid();
	frame_alloc(GFP_KERNEL | __GFP_ZERO, 0);	/* SD_ZERO_FRAME */
	zero_pfn = SD_FIRST_PFN + SD_ZERO_FRAME;
}


/* --- the kernel's names for it --- */

#ifdef SD_HAS_NOPROF
#define NAME(name) name##_noprof
#define GET_FREE_PAGES get_free_pages_noprof
#else
#define NAME(name) name
#define GET_FREE_PAGES __get_free_pages
#endif

struct page *NAME(__alloc_pages)(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return frame_alloc(gfp, order);
}

struct folio *NAME(__folio_alloc)(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return (struct folio *)frame_alloc(gfp, order);
}

unsigned long GET_FREE_PAGES(gfp_t gfp, unsigned int order)
{
	struct page *page = order ? NULL : frame_alloc(gfp, 0);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long NAME(get_zeroed_page)(gfp_t gfp)
{
	struct page *page = frame_alloc(gfp | __GFP_ZERO, 0);

	return page ? (unsigned long)page_address(page) : 0;
}

void __free_pages(struct page *page, unsigned int order)
{
	if (put_page_testzero(page))
		frame_free(page);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

void __folio_put(struct folio *folio)
{
	if (!folio_test_hugetlb(folio))
		frame_free(&folio->page);
	else
#ifdef SD_HAS_FREE_HUGE_FOLIO
		free_huge_folio(folio);
#else
		free_huge_page(&folio->page);
#endif
}

void __put_page(struct page *page)
{
	frame_free(page);
}

/* swap.c's, once there is swap. */
void (*sd_free_swap_cache)(struct folio *folio);

void sd_leave_swap_cache(struct folio *folio)
{
	if (sd_free_swap_cache && folio_test_swapcache(folio))
		sd_free_swap_cache(folio);
}

#ifdef SD_HAS_ENCODED_PAGES
void free_pages_and_swap_cache(struct encoded_page **array, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		struct folio *folio = page_folio(encoded_page_ptr(array[i]));
		int refs = 1;

#ifdef ENCODED_PAGE_BIT_NR_PAGES_NEXT
		if (encoded_page_flags(array[i]) & ENCODED_PAGE_BIT_NR_PAGES_NEXT)
			refs = encoded_nr_pages(array[++i]);
#endif
		sd_leave_swap_cache(folio);
		if (folio_ref_sub_and_test(folio, refs))
			frame_free(&folio->page);
	}
}
#else
void free_pages_and_swap_cache(struct page **array, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		sd_leave_swap_cache(page_folio(array[i]));
		put_page(array[i]);
	}
}
#endif

void free_page_and_swap_cache(struct page *page)
{
	sd_leave_swap_cache(page_folio(page));
	put_page(page);
}

#ifdef SD_HAS_RELEASE_ARG
void release_pages(release_pages_arg arg, int nr)
{
	struct page **all = (struct page **)arg.pages;
#else
void release_pages(struct page **all, int nr)
{
#endif
	int i;

	for (i = 0; i < nr; i++)
		put_page(all[i]);
}

/* --- contents are tags: what is written or copied is said to the oracle, and memory stays as it is --- */

static int frame_of_address(const void *p)
{
	return sd_frame_at(__pa((unsigned long)p) >> PAGE_SHIFT);
}

/* Of a page of 2 MiB only the first 4 KiB have contents. */
static bool has_contents(const void *p)
{
	unsigned long pfn = __pa((unsigned long)p) >> PAGE_SHIFT;

	return sd_frame_at(pfn) < 0 || sd_pfn(sd_frame_at(pfn)) == pfn;
}

static void clear(void *p)
{
	if (!has_contents(p))
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_zero(frame_of_address(p));
	__sd_atomic_end();
}

void clear_page_orig(void *p)
{
	clear(p);
}

void clear_page_rep(void *p)
{
	clear(p);
}

void clear_page_erms(void *p)
{
	clear(p);
}

void copy_page(void *to, void *from)
{
	if (!has_contents(to) || !has_contents(from))
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_copy(frame_of_address(to), frame_of_address(from));
	__sd_atomic_end();
}

/* As copy_page(), for whoever can bear that the memory is broken. It is not. */
unsigned long copy_mc_to_kernel(void *to, const void *from, unsigned int len)
{
	copy_page(to, (void *)from);
	return 0;
}

void folio_copy(struct folio *to, struct folio *from)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_copy(sd_frame(&to->page), sd_frame(&from->page));
	__sd_atomic_end();
}

#ifdef SD_HAS_FOLIO_ZERO_USER
int folio_mc_copy(struct folio *to, struct folio *from)
{
	folio_copy(to, from);
	return 0;
}

void folio_zero_user(struct folio *folio, unsigned long addr_hint)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_zero(sd_frame(&folio->page));
	__sd_atomic_end();
}
#else
void clear_huge_page(struct page *page, unsigned long addr_hint, unsigned int pages_per_huge_page)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_zero(sd_frame(page));
	__sd_atomic_end();
}
#endif
