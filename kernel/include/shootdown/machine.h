/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine under the model kernel: walkers (CPUs and devices) with their TLBs, frames, and what memory must hold.
 * Kernel code never includes this; machine/, the boundary parts of mm/ and users/, and scenarios through scenario.h do.
 */
#ifndef SHOOTDOWN_MACHINE_H
#define SHOOTDOWN_MACHINE_H

#include <linux/hugetlb.h>
#include <linux/mmu_notifier.h>

#ifndef SD_NR_DEVICES
#define SD_NR_DEVICES 3
#endif
#ifndef SD_NR_UPAGES
#define SD_NR_UPAGES 16		/* user pages of all address spaces together */
#endif
#ifndef SD_MAX_MM
#define SD_MAX_MM 4
#endif
#ifndef SD_TLB_WAYS
#define SD_TLB_WAYS 3		/* different stale translations of one page that one TLB may hold */
#endif
#ifndef SD_NR_LOCATIONS
#define SD_NR_LOCATIONS 32	/* words of file or anonymous memory that scenarios name */
#endif

/* A page of user memory that the scenario mapped: what the oracle and the TLBs know by number. */
struct sd_upage {
	struct mm_struct *mm;
	unsigned long va;
	unsigned long size;
	unsigned int location;		/* of its word 0 */
	struct address_space *mapping;	/* NULL: anonymous */
	pgoff_t index;			/* in the file, in pages of this size */
	struct mm_struct *ended;	/* whose it was: mm is NULL then */
};

/* Something that walks page tables and caches what it finds: CPU c is sd_walkers[c], devices follow. */
struct sd_walker {
	const char *name;
	struct mm_struct *mm;
	unsigned long irqs_off;		/* as a lock: held by the CPU while it cannot take an IPI */
	unsigned long taken;		/* as a lock: held by the thread of it that cannot be preempted */
	u64 tlb[SD_NR_UPAGES][SD_TLB_WAYS];
};

extern struct sd_walker sd_walkers[NR_CPUS + SD_NR_DEVICES];
extern struct sd_upage sd_upages[SD_NR_UPAGES];
extern struct mm_struct *sd_mms[SD_MAX_MM];
extern int sd_nr_walkers, sd_nr_upages, sd_nr_mms;

/* machine/walk.c: the leaf that translates va now, permissions of all levels combined, or 0. */
u64 sd_walk(struct mm_struct *mm, unsigned long va, bool hardware);
/* As sd_walk, if the word at addr were val; *level says at which level the walk reads that word, 1 for the PGD to 4; 0: it does not. */
u64 sd_walk_if(struct mm_struct *mm, unsigned long va, const void *addr, u64 val, int *level);
void sd_hardware_set(struct mm_struct *mm, unsigned long va, u64 bits);

/* machine/tlb.c: both inside a section of the caller. 0 means page fault. */
u64 sd_translate(struct sd_walker *w, int upage, bool write);
void sd_tlb_drop(struct sd_walker *w, unsigned long start, unsigned long end);
void sd_tlb_drop_small(struct sd_walker *w, unsigned long va);

u64 *sd_leaf_slot(struct mm_struct *mm, unsigned long va, unsigned long size);

/* machine/access.c: one of nr pages from va on, whichever */
void sd_walker_access(struct sd_walker *w, unsigned long va, unsigned int nr, bool write);
int sd_find_upage(struct mm_struct *mm, unsigned long va);
bool sd_fault_waits(struct sd_upage *up);

/* machine/final.c: devices hold references for good, so that more references than entries are no leak */
extern bool sd_somebody_pins;

/* machine/frames.c */
struct page *sd_frame_alloc(int kind, unsigned int order);
void sd_frame_free(struct page *page);

/* machine/oracle.c */
unsigned int sd_new_location(unsigned int words);
void sd_data_bind(struct page *page, unsigned int location);
void sd_data_access(struct page *page, unsigned int word, unsigned int location, bool write, const char *who, unsigned long va);
void sd_data_copy(struct page *to, struct page *from, unsigned int word);
void sd_data_drop(struct page *page);
void sd_data_written(struct page *page);
void sd_data_gone(struct page *page, const char *how);
void sd_data_populated(struct page *page, unsigned int location);
void sd_data_forget_disk(unsigned int location);
void sd_name_location(unsigned int location, struct address_space *mapping, pgoff_t index, bool on_disk);
void sd_data_entry(int upage, u64 old, u64 new);
void sd_data_install(const struct sd_upage *up, u64 new);
void sd_data_moved(struct page *from, const char *how);
void sd_data_contained(struct page *page);
bool sd_data_failed(unsigned int location);
void sd_data_freed(struct page *page);
void sd_data_final(void);
bool sd_data_current(struct page *page, unsigned int location);

/* users/kvm.c: each start that a guest was told of has had its end. */
void sd_kvm_final(void);

/* machine/show.c: what a reader of a story sees of the machine; called by sd_show() alone, like the others of that name. */
void sd_show_entry(u64 entry, bool leaf, bool stale);
void sd_show_contents(struct page *page);
void sd_show_guests(void);
void sd_show_mirrors(void);

/* machine/scenario.c: with store buffers, the CPU's thread plus 1 */
extern int sd_thread_on[NR_CPUS];
/* a daemon that is not user mode of a CPU */
void sd_loop_thread(int cpu, const char *name, struct mm_struct *mm, void (*fn)(void *), void *arg);

#endif
