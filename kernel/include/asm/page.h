/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page sizes, and the direct map. Physical memory is the arena sd_frames: a physical address is its address there.
 * A huge page occupies one 4 KiB frame: its first SD_WORDS words stand for its contents.
 */
#ifndef _ASM_PAGE_H
#define _ASM_PAGE_H

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PMD_SHIFT 21
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_SHIFT 30
#define PUD_SIZE (1UL << PUD_SHIFT)
#define PUD_MASK (~(PUD_SIZE - 1))
#define PGDIR_SHIFT 39
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)
#define PTRS_PER_PTE 512
#define PTRS_PER_PMD 512
#define PTRS_PER_PUD 512
#define PTRS_PER_PGD 512
#define HPAGE_SHIFT PMD_SHIFT
#define HPAGE_SIZE PMD_SIZE
#define HPAGE_MASK PMD_MASK
#define HPAGE_PMD_SHIFT PMD_SHIFT
#define HPAGE_PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)
#define HPAGE_PMD_NR (1 << HPAGE_PMD_ORDER)

#ifndef SD_NR_FRAMES
#define SD_NR_FRAMES 63		/* at most 63: a set of frames and the disk are one word */
#endif
#if SD_NR_FRAMES > 63
#error SD_NR_FRAMES is at most 63
#endif
#ifndef SD_WORDS
#define SD_WORDS 1		/* bound: words of a page */
#endif

extern char sd_frames[SD_NR_FRAMES][PAGE_SIZE];

#define __pa(x) ((unsigned long)(x))
#define __va(x) ((void *)(unsigned long)(x))
#define SD_FIRST_PFN (__pa(sd_frames) >> PAGE_SHIFT)
#define pfn_to_page(pfn) (mem_map + ((pfn) - SD_FIRST_PFN))
#define page_to_pfn(page) ((unsigned long)((page) - mem_map) + SD_FIRST_PFN)
#define pfn_valid(pfn) ((unsigned long)(pfn) - SD_FIRST_PFN < SD_NR_FRAMES)
#define virt_to_page(v) pfn_to_page(__pa(v) >> PAGE_SHIFT)
#define page_address(page) ((void *)sd_frames[(page) - mem_map])
#define page_to_phys(page) __pa(page_address(page))

#endif
