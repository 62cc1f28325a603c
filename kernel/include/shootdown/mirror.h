/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mirrors of an address space in 4.4 (users/), behind one interface, and the designs for unmapping that 4.4 could have.
 *
 * A mirror has a translation of its own for each of some pages of an mm: a shadow entry, a device TLB, a pinned page. Its hardware uses
 * it at any time (access); where there is none its driver makes one (fault); its notifier takes it away. The files in users/ differ
 * in how a driver's own locks, counts and references handle the races between these.
 */
#ifndef SHOOTDOWN_MIRROR_H
#define SHOOTDOWN_MIRROR_H

#include <linux/mmu_notifier.h>

/* How try_to_unmap_one calls notifiers (mm/rmap_invalidate_page.c). */
enum sd_design {
	SD_DESIGN_BY_FIX,	/* as sd_fix_017b1660df89 says */
	SD_DESIGN_RELEASED,	/* 4.4: invalidate_page after the table lock; shared PMD tables are not considered */
	SD_DESIGN_FIX_ONLY,	/* gives up the shared table and flushes CPUs; notifiers as released */
	SD_DESIGN_CONVERT_ALL,	/* range start and end, invalidate_range under the table lock; invalidate_page is gone */
	SD_DESIGN_PASS_SIZE,	/* invalidate_page gets the start and size of what went */
	SD_DESIGN_START_END,	/* range start and end around everything, invalidate_page kept */
	SD_DESIGN_SHIPPED,	/* that only where a table may be shared: what 4.4.y has since 4.4.167 at the latest */
	SD_DESIGN_HUGE,		/* that for every huge page and no other: never shipped */
};

extern enum sd_design sd_design;

/*
 * 1: the walk that has taken the lock of a PMD table checks again whether its mm still uses it. No kernel does that. Without it two
 * walks at once take an mm that has just given up its share for the last user, and never tell the real one, whatever the design.
 */
extern int sd_recheck_table;

/*
 * Callbacks in the form that the chosen kernel wants, made from a function of (notifier, start, end). SD_ON_PAGE makes
 * invalidate_page, and that with a size; SD_PAGE_OPS stands in the list of operations. Both vanish where there is no such callback.
 */
#if SD_KERNEL >= 504
#define SD_ON_START(name, call)								\
static int name(struct mmu_notifier *mn, const struct mmu_notifier_range *range)	\
{											\
	call(mn, range->start, range->end);						\
	return 0;									\
}
#define SD_ON_END(name, call)								\
static void name(struct mmu_notifier *mn, const struct mmu_notifier_range *range)	\
{											\
	call(mn, range->start, range->end);						\
}
#else
#if SD_KERNEL >= 419
#define SD_ON_START(name, call)								\
static int name(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable) \
{											\
	(void)mm, (void)blockable;							\
	call(mn, start, end);								\
	return 0;									\
}
#else
#define SD_ON_START(name, call)								\
static void name(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end) \
{											\
	(void)mm;									\
	call(mn, start, end);								\
}
#endif
#define SD_ON_END(name, call)								\
static void name(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end) \
{											\
	(void)mm;									\
	call(mn, start, end);								\
}
#endif
/* The flush of a device that walks the CPU's tables; SD_RANGE_OPS stands in the list of operations. */
#if SD_KERNEL >= 606
#define SD_RANGE_OPS(name) .arch_invalidate_secondary_tlbs = name,
#else
#define SD_RANGE_OPS(name) .invalidate_range = name,
#endif
#define SD_ON_RANGE(name, call)								\
static void name(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end) \
{											\
	(void)mm;									\
	call(mn, start, end);								\
}
#if SD_KERNEL < 413
#define SD_ON_PAGE(name, call)								\
static void name(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address)	\
{											\
	(void)mm;									\
	call(mn, address, address + PAGE_SIZE);						\
}											\
static void name##_size(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address, unsigned long size) \
{											\
	(void)mm;									\
	call(mn, address, address + size);						\
}
#define SD_PAGE_OPS(name) .invalidate_page = name, .sd_invalidate_page_size = name##_size,
#else
#define SD_ON_PAGE(name, call)
#define SD_PAGE_OPS(name)
#endif

/* What a seeded fault leaves out, to see that the check would notice. */
#define SD_SEED_DEAF 1		/* the notifier is never called */
#define SD_SEED_NO_PIN 2	/* references are given back at once */
#define SD_SEED_OVERLAP 4	/* gntdev: its pages are those that migrate */

extern unsigned int sd_seed;

/* users/iommu.c, 1: a flush of one 4 KiB page leaves a cached 2 MiB translation that holds it. */
extern int sd_iommu_exact;

/*
 * users/sgi-gru.c, 1: the driver looks addresses up without a lock first, as 4.4's atomic_pte_lookup() does; in a transparent huge page it finds the address of
 * the first of its pages. 2: that is mended. 0: get_user_pages() alone, which is what it does where the other finds nothing.
 */
extern int sd_gru_lockless;

#ifndef SD_MIRROR_PAGES
#define SD_MIRROR_PAGES 4
#endif
#ifndef SD_MAX_MIRRORS
#define SD_MAX_MIRRORS 3
#endif

struct sd_mirror {
	const struct sd_mirror_ops *ops;
	const char *name;
	struct mm_struct *mm;
	unsigned int nr;
	unsigned long va[SD_MIRROR_PAGES];	/* what it mirrors: the first byte of each page */
	unsigned long size;			/* of a page */
	unsigned long piece;			/* it holds [va + piece, + piece_size) of each page: all of it, or one 4 KiB piece */
	unsigned long piece_size;
	bool pieces;				/* asked for: also of a transparent huge page, whose parts are pages anyway */
};

struct sd_mirror_ops {
	const char *name;
	/* Setting up: a mirror of its own kind, which the caller has filled in except for ops. */
	struct sd_mirror *(*attach)(const struct sd_mirror *what);
	/* One access of the hardware to page i, inside a section: false if it has no translation. */
	bool (*access)(struct sd_mirror *m, unsigned int i);
	/* The driver makes a translation for page i, or finds that it has to try again. */
	void (*fault)(struct sd_mirror *m, unsigned int i);
	/* Work that its notifier leaves for later: what a kworker does over and over, or NULL. */
	void (*work)(void *m);
	/* For sd_show(): where in the mirror's own structure an array begins of the pages that it holds, and of those that it has not let go; 0: none. */
	unsigned long pages, old_pages;
	bool pins;	/* it holds references between accesses: counts are not compared at the end */
};

extern const struct sd_mirror_ops sd_kvm_mirror, sd_umem_odp_mirror, sd_gru_mirror, sd_gntdev_mirror, sd_amd_iommu_v2_mirror,
	sd_intel_svm_mirror, sd_scif_mirror, sd_i915_mirror, sd_radeon_mirror, sd_amdgpu_mirror, sd_amdkfd_mirror;

/* users/mirror.c */
/* Mirrors nr pages of mm from va on. pieces: a huge page is held in pieces of 4 KiB, and the one looked at is not its first. */
void sd_mirror(const struct sd_mirror_ops *ops, struct mm_struct *mm, unsigned long va, unsigned int nr, bool pieces);
/*
 * One thread is the hardware of all mirrors: any of them accesses any page that it mirrors, over and over. Without faults each has
 * all its translations from the start, and once they are gone it makes none: the drivers' fault paths are then not part of the question.
 */
void sd_mirrors_run(int cpu, bool faults);

void sd_mirror_listen(struct mmu_notifier *mn, struct mm_struct *mm);
bool sd_mirror_hit(const struct sd_mirror *m, unsigned int i, unsigned long start, unsigned long end);
void sd_mirror_write(struct sd_mirror *m, unsigned int i, struct page *page);
struct page *sd_mirror_get_page(struct sd_mirror *m, unsigned int i);
struct page *sd_mirror_get_page_locked(struct sd_mirror *m, unsigned int i);
void sd_mirror_put_page(struct sd_mirror *m, struct page *page);

/* mm/vmscan.c: what an allocation may do when memory is short, if the scenario says that it is. */
extern struct address_space *sd_reclaim_from;
void sd_direct_reclaim(void);
bool shrink_page(struct page *page);

#endif
