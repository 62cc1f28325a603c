/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct page, mm_struct, vm_area_struct and their relatives, as far as the model kernel needs them.
 * Counters that different locks protect stand in different words: a word is what the engine calls shared or not.
 */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <asm/page.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pud; } pud_t;
typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct { unsigned long val; } swp_entry_t;

struct address_space;
struct file;
struct mmu_notifier_mm;

/* What a frame is used for now (the machine's own view, not the kernel's). */
enum sd_frame_kind { SD_FRAME_FREE, SD_FRAME_TABLE, SD_FRAME_DATA };

struct page {
	unsigned long flags;
	struct address_space *mapping;
	pgoff_t index;
	struct list_head lru;
	atomic_t _refcount __aligned(8);
	atomic_t _mapcount __aligned(8);	/* mappings - 1 */
	spinlock_t ptl;				/* of a page-table page */
	unsigned long order;			/* of a compound page */
	unsigned int sd_kind;			/* enum sd_frame_kind */
	unsigned int sd_used;			/* it was freed before: its last use has left something */
	const char *sd_moved;			/* contents were copied elsewhere for good: by what */
	unsigned long sd_dirty;			/* PG_dirty: not in flags, which are the page lock */
	unsigned long sd_dropped;		/* the entry of this anonymous memory was cleared on purpose (machine/oracle.c) */
	unsigned long sd_thp;			/* part of a transparent huge page; of a page table: in deposit */
	struct page *sd_deposit;		/* of a PMD table: the page table that is in deposit for its huge page */
	unsigned long sd_hwpoison;		/* PG_hwpoison: not in flags either */
	unsigned long sd_contained;		/* it failed, and nobody is to reach it any more (mm/memory-failure.c) */
};

extern struct page mem_map[SD_NR_FRAMES];

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct vm_area_struct *vm_next;
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
	struct vm_area_struct *sd_i_mmap_next;	/* next in mapping->i_mmap */
	unsigned long sd_thp;			/* there may be a transparent huge page */
#if SD_KERNEL >= 604
	struct rw_semaphore vm_lock;
	unsigned long anon_vma;			/* not 0: there is one, since the first fault */
#endif
	struct rw_semaphore sd_anon_rwsem;	/* that of its anon_vma: held while going from a page to its entry */
};

struct mm_struct {
	const char *sd_name;
	struct vm_area_struct *mmap;
	pgd_t *pgd;
	atomic_t mm_users __aligned(8);
	atomic_t mm_count __aligned(8);
	spinlock_t page_table_lock;
#if SD_KERNEL >= 508
	struct rw_semaphore mmap_lock;
#else
	struct rw_semaphore mmap_sem;
#endif
	atomic_long_t sd_nr_tables;
	struct mmu_notifier_mm *mmu_notifier_mm;
	bool sd_mirrored;	/* by a guest or device of the model */
	cpumask_t cpu_bitmap;
};

#define mm_cpumask(mm) (&(mm)->cpu_bitmap)

#endif
