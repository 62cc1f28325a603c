/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - the machine under files of a 4.4 tree: physical memory, page tables that a walker reads, TLBs, and what
 * memory must hold.
 *
 *   memory.c   frames, the memory map, page tables' allocation, copying
 *   tlb.c      CPUs that walk the tables, their TLBs, the flushes
 *   oracle.c   which frames hold the last write to a location
 *   space.c    address spaces, files and VMAs for a harness to build
 *   pages.c    page locks, references and the page cache's look-ups
 *
 * Pointers keep the values that the tree's own macros give them: PAGE_OFFSET and the memory map's address are constants in its
 * headers, and __sd_segment says what lies there. Include this after the kernel's headers.
 */
#ifndef SHOOTDOWN_REAL_MACHINE_H
#define SHOOTDOWN_REAL_MACHINE_H

#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>

#include "../real/real.h"

/* Ordinary frames, 4 KiB each, for page tables and pages, from 2 MiB on; after them huge pages, of which the first word is enough. */
#define SD_LOW_FRAMES  40
#define SD_HUGE_FRAMES 4
#define SD_FRAMES      (SD_LOW_FRAMES + SD_HUGE_FRAMES)
#define SD_LOW_PFN     512UL
#define SD_HUGE_PFN(k) (512UL * (2 + (k)))
#define SD_PFN_END     SD_HUGE_PFN(SD_HUGE_FRAMES)

enum { SD_FREE, SD_TABLE, SD_DATA };

struct sd_frame {
	unsigned long kind;
	unsigned long moved;	/* its contents were copied to where they are looked for from now on */
};

extern struct sd_frame sd_frames[SD_FRAMES];

/* memory.c. Frames are found by number; -1 is an address where nothing is. */
int sd_frame_of(unsigned long pfn);
unsigned long *sd_frame_words(int frame);
struct page *sd_frame_page(int frame);
int sd_frame_alloc(int kind);
struct page *sd_huge_page(int k);
void sd_frame_claim(struct page *page);
void sd_frame_released(struct page *page);
void sd_memory_init(void);

/* A page of user memory that the scenario mapped. */
struct sd_upage {
	struct mm_struct *mm;
	unsigned long va, size;
	unsigned int location;
};

/* A CPU, or a device that walks page tables. A flush reaches it if it runs that mm. */
#define SD_TLB_WAYS 3
#define SD_WALKERS  3
#define SD_UPAGES   6
struct sd_walker {
	const char *name;
	struct mm_struct *mm;
	sd_u64 tlb[SD_UPAGES][SD_TLB_WAYS];
};

extern struct sd_walker sd_walkers[SD_WALKERS];
extern struct sd_upage sd_upages[SD_UPAGES];
extern int sd_nr_upages;

/* tlb.c */
unsigned long sd_walk(struct mm_struct *mm, unsigned long va);
void sd_user_access(struct sd_walker *walker, int upage, bool write);

/* oracle.c */
unsigned int sd_new_location(struct address_space *mapping, unsigned long index);
unsigned int sd_location_of(struct address_space *mapping, unsigned long index);
void sd_data_bind(struct page *page, unsigned int location);
void sd_data_access(int frame, unsigned int location, bool write, const char *who, unsigned long va);
void sd_data_copied(int to, int from);
void sd_data_freed(int frame);
void sd_data_final(void);

/* space.c: from scenario() only. */
struct mm_struct *sd_mm(int n, const char *name);
struct file *sd_hugetlb_file(const struct address_space_operations *ops);
struct file *sd_file(const struct address_space_operations *ops);
void sd_cache_page(struct file *file, struct page *page, unsigned long index);
int sd_mmap(struct mm_struct *mm, struct file *file, unsigned long start, unsigned long length, unsigned long index);
int sd_map_more(int upage, unsigned long index);
void sd_populate(int upage);
void sd_run_on(int cpu, const char *name, struct mm_struct *mm);

/* The page fault of a process, as its page-table code has it; the harness defines it. */
int sd_fault(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long va, bool write);

/* get_user_pages() for one page, for writing, with a reference; the harness defines it if a unit with a secondary MMU is linked. */
struct page *sd_get_user_page(struct mm_struct *mm, unsigned long va);

#endif
