// SPDX-License-Identifier: Apache-2.0
/*
 * memory.c - physical memory of the 4.4 runtime.
 *
 * Low frames are page tables and ordinary pages. Of a huge page only the first 4 KiB lie in memory: a word of it stands for all,
 * and all 512 struct pages are there. Every thread takes frames from a range of its own, so that which address an allocation
 * returns does not depend on the order of others'.
 */
#include <linux/mm.h>
#include <linux/hugetlb.h>

#include <asm/pgalloc.h>

#include "machine.h"

#define SD_SETUP_FRAMES 24
#define SD_TASK_FRAMES  2

unsigned long sd_low[SD_LOW_FRAMES][PAGE_SIZE / sizeof(long)] __aligned(4096);
unsigned long sd_huge[SD_HUGE_FRAMES][PAGE_SIZE / sizeof(long)] __aligned(4096);
struct page sd_memmap[SD_PFN_END - SD_LOW_PFN];
struct sd_frame sd_frames[SD_FRAMES];

unsigned long phys_base;
unsigned long max_pfn = SD_PFN_END, max_mapnr = SD_PFN_END;
void *high_memory;
struct pglist_data *node_data[MAX_NUMNODES];

int sd_frame_of(unsigned long pfn)
{
	if (pfn - SD_LOW_PFN < SD_LOW_FRAMES)
		return pfn - SD_LOW_PFN;
	if (pfn >= SD_HUGE_PFN(0) && pfn < SD_PFN_END && !(pfn % 512))
		return SD_LOW_FRAMES + pfn / 512 - 2;
	return -1;
}

unsigned long *sd_frame_words(int frame)
{
	return frame < SD_LOW_FRAMES ? sd_low[frame] : sd_huge[frame - SD_LOW_FRAMES];
}

struct page *sd_frame_page(int frame)
{
	return pfn_to_page(frame < SD_LOW_FRAMES ? SD_LOW_PFN + frame : SD_HUGE_PFN(frame - SD_LOW_FRAMES));
}

/* Called once, before anything else. */
void sd_memory_init(void)
{
	static struct thread_info thread_info[SD_MAX_TASKS];
	int k;

	for (k = 0; k < SD_MAX_TASKS; k++)
		sd_task_structs[k].stack = &thread_info[k];
	__sd_segment((unsigned long)__va(SD_LOW_PFN << PAGE_SHIFT), sizeof(sd_low), sd_low);
	for (k = 0; k < SD_HUGE_FRAMES; k++)
		__sd_segment((unsigned long)__va(SD_HUGE_PFN(k) << PAGE_SHIFT), PAGE_SIZE, sd_huge[k]);
	__sd_segment((unsigned long)pfn_to_page(SD_LOW_PFN), sizeof(sd_memmap), sd_memmap);
	__sd_dead(sd_low, sizeof(sd_low));
	__sd_dead(sd_huge, sizeof(sd_huge));
	__sd_watch(sd_low, sd_low + SD_LOW_FRAMES);
}

static int sd_frame_home(int frame)
{
	return frame < SD_SETUP_FRAMES ? 0 : 1 + (frame - SD_SETUP_FRAMES) / SD_TASK_FRAMES;
}

int sd_frame_alloc(int kind)
{
	int frame;

	__sd_atomic_begin(SD_ALLOC, sd_frames);
	for (frame = 0; frame < SD_LOW_FRAMES; frame++)
		if (sd_frame_home(frame) == sd_me() && sd_frames[frame].kind == SD_FREE)
			break;
	if (frame == SD_LOW_FRAMES)
		__sd_fail("model-limit", "no frame is left for this thread: raise SD_SETUP_FRAMES or SD_TASK_FRAMES", 0, 0, 0);
	sd_frames[frame].kind = kind;
	sd_frames[frame].moved = 0;
	__sd_live(sd_low[frame], kind == SD_TABLE ? PAGE_SIZE : sizeof(long), kind == SD_TABLE ? "page table" : "page");
	atomic_set(&sd_frame_page(frame)->_count, 1);
	atomic_set(&sd_frame_page(frame)->_mapcount, -1);
	__sd_atomic_end();
	return frame;
}

/* The k-th huge page, as the pool has it: a compound page that is not in use. sd_frame_claim() makes its memory live. */
struct page *sd_huge_page(int k)
{
	struct page *page = pfn_to_page(SD_HUGE_PFN(k));
	int i;

	set_compound_order(page, HPAGE_SHIFT - PAGE_SHIFT);
	__SetPageHead(page);
	for (i = 1; i < 512; i++)
		set_compound_head(page + i, page);
	set_compound_page_dtor(page, HUGETLB_PAGE_DTOR);
	atomic_set(&page->_mapcount, -1);
	INIT_LIST_HEAD(&page->lru);
	return page;
}

void sd_frame_claim(struct page *page)
{
	int frame = sd_frame_of(page_to_pfn(page));

	__sd_atomic_begin(SD_STEP, page);
	if (sd_frames[frame].kind != SD_FREE)
		__sd_fail("double-alloc", "{0:p} is allocated and was not free", (sd_u64)page, 0, 0);
	sd_frames[frame].kind = SD_DATA;
	sd_frames[frame].moved = 0;
	__sd_live(sd_frame_words(frame), sizeof(long), frame < SD_LOW_FRAMES ? "page" : "huge page");
	__sd_atomic_end();
}

/* Within a section: the last reference went, and from now on an access is a violation. A huge page goes to the pool and may come back. */
void sd_frame_released(struct page *page)
{
	int frame = sd_frame_of(page_to_pfn(page));

	if (frame < 0 || sd_frames[frame].kind == SD_FREE)
		__sd_fail("double-free", "{0:p} is freed and was free already", (sd_u64)page, 0, 0);
	__sd_event("page-free", "{0:p} is freed", (sd_u64)page, 0, 0);
	if (sd_frames[frame].kind == SD_DATA)
		sd_data_freed(frame);
	__sd_dead(sd_frame_words(frame), sd_frames[frame].kind == SD_TABLE ? PAGE_SIZE : sizeof(long));
	sd_frames[frame].kind = SD_FREE;
}

/* ---- tables, as mm/memory.c makes them ---- */

int __weak __pud_alloc(struct mm_struct *mm, pgd_t *pgd, unsigned long address)
{
	struct page *table = sd_frame_page(sd_frame_alloc(SD_TABLE));

	spin_lock(&mm->page_table_lock);
	if (pgd_present(*pgd))
		put_page(table);
	else
		pgd_populate(mm, pgd, page_address(table));
	spin_unlock(&mm->page_table_lock);
	return 0;
}

int __weak __pmd_alloc(struct mm_struct *mm, pud_t *pud, unsigned long address)
{
	struct page *table = sd_frame_page(sd_frame_alloc(SD_TABLE));

	spin_lock(&mm->page_table_lock);
	if (pud_present(*pud)) {
		put_page(table);
	} else {
		mm_inc_nr_pmds(mm);
		pud_populate(mm, pud, page_address(table));
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

int __weak __pte_alloc(struct mm_struct *mm, struct vm_area_struct *vma, pmd_t *pmd, unsigned long address)
{
	struct page *table = sd_frame_page(sd_frame_alloc(SD_TABLE));

	spin_lock(&mm->page_table_lock);
	if (pmd_present(*pmd))
		put_page(table);
	else
		pmd_populate(mm, pmd, table);
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/* ---- what is assembly in the kernel ---- */

/* The first word of a page is copied; the rest of it, and the rest of a huge page, is not there. */
void __weak copy_page(void *to, void *from)
{
	int to_frame = sd_frame_of(__pa(to) >> PAGE_SHIFT), from_frame = sd_frame_of(__pa(from) >> PAGE_SHIFT);

	if (to_frame < 0 || from_frame < 0)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	__sd_event("copy", "{0:p} is copied to {1:p}", (sd_u64)virt_to_page(from), (sd_u64)virt_to_page(to), 0);
	*sd_frame_words(to_frame) = *sd_frame_words(from_frame);
	sd_data_copied(to_frame, from_frame);
	__sd_atomic_end();
}
