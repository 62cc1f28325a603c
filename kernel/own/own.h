/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.h - what the files of this runtime share: a machine, and what stands in for the parts of a kernel that a tree's own mm leans on.
 *
 * Everything here is compiled with the headers of the tree under check. What a tree has is asked by name (features.txt), never by version. Whose job is what:
 *
 *   percpu.c    a block of per-CPU variables for each CPU; who runs where; current
 *   irq.c       interrupts off, and interrupts between CPUs
 *   frames.c    physical memory: the page allocator, struct pages, what is table and what is data
 *   tlb.c       what CPUs have cached; page tables as watched words; CR3, INVLPG
 *   psc.c       upper entries that a CPU has cached
 *   pcid.c      what stays cached while a CPU runs another address space
 *   access.c    user loads and stores, and the page fault as the architecture enters it
 *   secondary.c virtual machines and devices, with translations of their own
 *   oracle.c    what memory must hold
 *   show.c      what a reader of a story sees of all this
 *   scenario.c  setting up, threads, the check at the end
 *   calls.c     system calls, each a thin entry into the tree's function
 *   hugetlb.c   files of huge pages
 *   swap.c      swap, and reclaim of a page
 *   files.c     ordinary files with pages in the page cache, and files of drivers
 *   slab.c      caches and kmalloc
 *   page-lock.c the lock of a page
 *   rest.c      LRU, counters, accounting: what nobody looks at
 *   with/       files that are compiled as one with a file of the tree, to reach what is static there
 *
 * From kernel/real: locks, RCU, wait queues, BUG.
 */
#ifndef SHOOTDOWN_OWN_H
#define SHOOTDOWN_OWN_H

#include <shootdown/scenario.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "../real/real.h"

#ifndef SD_CPUS
#define SD_CPUS 4
#endif
#define SD_SETUP_FRAMES 20
#define SD_TASK_FRAMES 6
#define SD_SMALL_FRAMES (SD_SETUP_FRAMES + (SD_MAX_TASKS - 2) * SD_TASK_FRAMES)
#define SD_HUGE_FRAMES 6						/* of 2 MiB each, the last ones */
#define SD_FRAMES (SD_SMALL_FRAMES + SD_HUGE_FRAMES)			/* 62: sets of frames are words */
#define SD_FIRST_PFN 512UL
#define SD_HUGE_PFN 1024UL
#define SD_UPAGES 8
#ifndef SD_TLB_WAYS
#define SD_TLB_WAYS 3
#endif

/* What is one thread's, one CPU's or one frame's has a word to itself: the engine tells words apart, and no more. */

/* --- percpu.c --- */
extern int sd_thread_on[SD_CPUS];			/* with store buffers: the CPU's thread plus 1 */
extern long sd_cpu_of[SD_MAX_TASKS];		/* the CPU for which a thread runs: its own, or one whose interrupt it stands in for */
void sd_percpu_init(void);
static __always_inline int sd_cpu(void)
{
	return (int)sd_cpu_of[sd_me()];
}

/* --- irq.c --- */
extern unsigned long sd_irq_off[SD_CPUS];	/* a lock: whoever has interrupts off on that CPU, or handles one for it */
bool sd_irqs_are_off(void);			/* this thread's */

/* --- frames.c --- */
enum sd_kind { SD_FREE, SD_DATA, SD_TABLE };
extern unsigned long sd_mem[SD_FRAMES][PAGE_SIZE / sizeof(unsigned long)];
extern unsigned long sd_kind[SD_FRAMES];
void sd_frames_init(void);
static __always_inline int sd_frame_at(unsigned long pfn)	/* -1: no memory */
{
	if (pfn - SD_HUGE_PFN < SD_HUGE_FRAMES * (unsigned long)HPAGE_PMD_NR)
		return SD_SMALL_FRAMES + (int)((pfn - SD_HUGE_PFN) / HPAGE_PMD_NR);
	return pfn - SD_FIRST_PFN < SD_SMALL_FRAMES ? (int)(pfn - SD_FIRST_PFN) : -1;
}
static __always_inline unsigned long sd_pfn(int frame)
{
	return frame < SD_SMALL_FRAMES ? SD_FIRST_PFN + (unsigned int)frame :
		SD_HUGE_PFN + (unsigned int)(frame - SD_SMALL_FRAMES) * (unsigned long)HPAGE_PMD_NR;
}
extern void (*sd_free_swap_cache)(struct folio *folio);
void sd_leave_swap_cache(struct folio *folio);
static __always_inline int sd_frame(struct page *page)
{
	return sd_frame_at(page_to_pfn(page));
}
#define SD_ZERO_FRAME 0				/* the zero page */

/* --- tlb.c --- */
struct sd_upage {
	struct mm_struct *mm;
	unsigned long va;
	unsigned int pgd;		/* the frame in which its walks begin */
	unsigned int location;		/* whose contents it shows */
	bool huge;			/* a fault is expected to make an entry of 2 MiB */
	bool shared;			/* its contents are a file's: a call on the mapping does not take them away */
	unsigned int backing;		/* a private mapping of a file: whose contents it shows until it has its own */
	unsigned long extent;		/* how much is mapped from here to the next user page, if it is more than this one */
};
extern struct sd_upage sd_upages[SD_UPAGES];
extern int sd_nr_upages;
#define SD_DEVICES 2
#define SD_WALKERS (SD_CPUS + SD_DEVICES)	/* what walks page tables: CPUs, and devices that share them */
extern sd_u64 sd_tlb[SD_WALKERS][SD_UPAGES][SD_TLB_WAYS];
extern unsigned long sd_cr3[SD_WALKERS];	/* the frame of the PGD that it walks from; 0: none of ours */
extern const char *sd_walker_names[SD_WALKERS];
int sd_upage_at(struct mm_struct *mm, unsigned long va);	/* fails if there is none */
static __always_inline unsigned long sd_upage_size(int upage)
{
	return sd_upages[upage].extent ? sd_upages[upage].extent : sd_upages[upage].huge ? HPAGE_PMD_SIZE : PAGE_SIZE;
}
void sd_need_mapped(struct mm_struct *mm, unsigned long va, unsigned int nr);	/* the same for a range */
unsigned long sd_walk(const struct sd_upage *up, bool hardware);
void sd_find_tables(const struct sd_upage *up);
void sd_tlb_drop(int walker, unsigned long start, unsigned long end);	/* inside a section */
void sd_tlb_forget_all(int walker);	/* the same */
void sd_tlb_keep(int walker, int upage, unsigned long leaf);	/* the same */
unsigned long sd_translate(int walker, int upage, bool write);	/* inside a section; 0: a fault */
unsigned long sd_walk_from(const struct sd_upage *up, int table, int level, unsigned long allowed, const unsigned long *word, unsigned long value,
			   int *through, unsigned long set, bool hardware);

/* --- psc.c: inside a section; tables at which a CPU may begin a walk --- */
#ifdef SD_PSC
int sd_psc_ways(int cpu, int upage);
unsigned long sd_psc_walk(int cpu, int upage, int way, const unsigned long *word, unsigned long value, int *through, unsigned long set, bool hardware);
void sd_psc_tell(int cpu, int upage, int way);
void sd_psc_changed(int upage, int level, unsigned long *word, unsigned long old, unsigned long new);
void sd_psc_clear(int cpu, int upage);
void sd_psc_invlpg(int cpu);
#else
static inline int sd_psc_ways(int cpu, int upage) { return 0; }
static inline unsigned long sd_psc_walk(int cpu, int upage, int way, const unsigned long *word, unsigned long value, int *through, unsigned long set,
					bool hardware) { return 0; }
static inline void sd_psc_tell(int cpu, int upage, int way) { }
static inline void sd_psc_changed(int upage, int level, unsigned long *word, unsigned long old, unsigned long new) { }
static inline void sd_psc_clear(int cpu, int upage) { }
static inline void sd_psc_invlpg(int cpu) { }
#endif

/* --- pcid.c: inside a section --- */
#ifdef SD_PCID
bool sd_pcid_load(int cpu, unsigned long value, unsigned long pgd);
void sd_pcid_drop(int cpu);
unsigned long sd_pcid(int cpu);
#else
static inline bool sd_pcid_load(int cpu, unsigned long value, unsigned long pgd) { return false; }
static inline void sd_pcid_drop(int cpu) { }
static inline unsigned long sd_pcid(int cpu) { return 0; }
#endif
u64 sd_reachable(int upage);		/* frames to which an access may come now, by the tables or a TLB */
static __always_inline int sd_leaf_frame(unsigned long leaf)
{
	return sd_frame_at((leaf & PTE_PFN_MASK) >> PAGE_SHIFT);
}

/* --- oracle.c: all inside a section --- */
unsigned int sd_new_location(void);
void sd_contents_zero(int frame);
void sd_contents_copy(int to, int from);
void sd_contents_gone(int frame);
void sd_contents_access(const char *who, int upage, int frame, bool write);
void sd_forced_write(const char *who, struct page *page, struct mm_struct *mm, unsigned long va);
bool sd_is_mapped(int frame);
void sd_take_away(int upage);		/* a call begins that does, and */
void sd_took_away(int upage, bool done);	/* has returned */
void sd_final_contents(void);
bool sd_holds(unsigned int location, int frame);
void sd_tell_last_write(unsigned int location);
extern unsigned long sd_on_disk[SD_UPAGES + 1];	/* the disk has the last write to it */
void sd_contents_to_disk(unsigned int location, int frame);
void sd_contents_to_slot(int slot, int frame);
void sd_contents_from_slot(int frame, int slot);
bool sd_slot_holds(unsigned int location, int slot);
bool sd_has_contents(int frame);	/* for sd_show() alone, like all of that name */
void sd_show_contents(int frame);
extern u64 sd_current_in[SD_UPAGES + 1], sd_forbidden[SD_UPAGES];
extern unsigned long sd_unsettled[SD_UPAGES + 1], sd_readonly[SD_UPAGES], sd_gone[SD_UPAGES], sd_exiting[SD_UPAGES], sd_leaving[SD_UPAGES];
#define SD_ZEROES (1ULL << 63)


/* --- scenario.c --- */
extern unsigned long sd_loops[SD_MAX_TASKS];	/* a thread of sd_user() */
void sd_once(void);
int sd_new_upage(struct mm_struct *mm, unsigned long va, unsigned int location);
void sd_daemon(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *), void *arg);
void sd_wait_for_ever(void);		/* it has got its signal, and does nothing any more */

/* --- show.c --- */
void sd_show_entry(unsigned long entry, bool leaf, bool stale);

/* --- secondary.c --- */
void sd_show_guests(void);

/* --- access.c --- */
bool sd_fault(const struct sd_upage *up, bool write);

/* --- hugetlb.c --- */
void sd_hugetlb_mmap(struct file *file, struct vm_area_struct *vma);
void sd_hugetlb_upages(struct mm_struct *mm, struct file *file, unsigned long start);

/* --- page-lock.c --- */
void sd_final_page_locks(void);

/* --- page-cache.c --- */
void sd_page_cache_init(void);
void sd_file_init(struct file *file, struct inode *inode, struct address_space *mapping);

/* --- files.c --- */
bool sd_is_plain(const struct file *file);
bool sd_is_cached(int frame);			/* it is a page of such a file */
void sd_plain_mmap(struct file *file, struct vm_area_struct *vma, bool private);
void sd_plain_upages(struct mm_struct *mm, struct file *file, unsigned long start, bool private);
void sd_final_files(void);

/* --- swap.c --- */
void sd_tell_absent(const char *event, unsigned long entry);	/* says in words what an entry is that is not present */
int sd_swap_slot(const struct sd_upage *up);	/* where its entry says that it is; -1: nowhere */
void sd_final_swap(void);
void sd_final_entries(void);

/* --- with/mm/swapfile.c --- */
void sd_swap_init(unsigned int nr_slots);
struct address_space *sd_swap_cache(void);

/* --- calls.c --- */
struct page *sd_page_at(struct mm_struct *mm, unsigned long va);	/* with a reference */

/* --- with/kernel/fork.c --- */
void sd_fork_init(void);
struct mm_struct *sd_dup_mm(struct mm_struct *mm);

#endif
