/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MMU notifiers. Subscribers of an mm hear of every change of its page tables: range start and end around it (may sleep, no page-table
 * lock held), and, if they walk the CPU's tables themselves, a flush at it (under the lock, must not sleep).
 *
 *   4.4    invalidate_page as well, after the table lock; gone in 4.13
 *   4.15   only_end: the flush has been, range end need not repeat it
 *   4.19   a start may be told not to block, and fail then
 *   5.4    a range structure with the reason; get and put
 *   5.5    interval notifiers (shootdown/interval_notifier.h)
 *   5.12   if one start fails, the subscribers already started get range_end
 *   6.6    the flush is arch_invalidate_secondary_tlbs, part of every TLB flush and of no range end
 *   6.12   change_pte is gone (6.10)
 *
 * A name that the chosen kernel does not have is not there.
 */
#ifndef _LINUX_MMU_NOTIFIER_H
#define _LINUX_MMU_NOTIFIER_H

#include <linux/interval_tree.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>

/* Sequence counts wrap: a fault must not sleep through 2^n invalidations, or it misses them all. */
#ifndef SD_SEQ_BITS
#define SD_SEQ_BITS 4		/* bound: bits of a sequence count */
#endif
#define SD_SEQ_MASK ((1UL << SD_SEQ_BITS) - 1)

struct mmu_notifier;

/* ---- what a start or end is about ---- */

#if SD_KERNEL >= 504
enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP, MMU_NOTIFY_CLEAR,
	MMU_NOTIFY_PROTECTION_VMA, MMU_NOTIFY_PROTECTION_PAGE, MMU_NOTIFY_SOFT_DIRTY,
#if SD_KERNEL >= 505
	MMU_NOTIFY_RELEASE,
#endif
#if SD_KERNEL >= 509
	MMU_NOTIFY_MIGRATE,
#endif
#if SD_KERNEL >= 514
	MMU_NOTIFY_EXCLUSIVE,
#endif
};

#define MMU_NOTIFIER_RANGE_BLOCKABLE (1 << 0)

struct mmu_notifier_range {
#if SD_KERNEL < 606
	struct vm_area_struct *vma;
#endif
	struct mm_struct *mm;
	unsigned long start, end;
	unsigned int flags;
	enum mmu_notifier_event event;
#if SD_KERNEL >= 514
	void *owner;
#elif SD_KERNEL >= 509
	void *migrate_pgmap_owner;
#endif
};

#define sd_range mmu_notifier_range
#else
/* Before that it is arguments; the core (mm/mmu_notifier.c) takes them together. */
struct sd_range {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
	unsigned int flags;
};
#endif

#define SD_RANGE_BLOCKABLE (1U << 0)

/* ---- subscribers ---- */

#if SD_KERNEL == 419
#define MMU_INVALIDATE_DOES_NOT_BLOCK 0x01
#endif

struct mmu_notifier_ops {
#if SD_KERNEL == 419
	int flags;	/* 4.16 to 4.20; not used here */
#endif
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
	int (*clear_flush_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	int (*clear_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	int (*test_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
#if SD_KERNEL < 610
	void (*change_pte)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address, pte_t pte);
#endif
#if SD_KERNEL < 413
	void (*invalidate_page)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
	/* No kernel has this: what invalidate_page would be if it were told the size (SD_DESIGN_PASS_SIZE). */
	void (*sd_invalidate_page_size)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address, unsigned long size);
#endif
#if SD_KERNEL >= 504
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
#elif SD_KERNEL >= 419
	int (*invalidate_range_start)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
				      unsigned long end, bool blockable);
	void (*invalidate_range_end)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
				     unsigned long end);
#else
	void (*invalidate_range_start)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
				       unsigned long end);
	void (*invalidate_range_end)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
				     unsigned long end);
#endif
#if SD_KERNEL >= 606
	void (*arch_invalidate_secondary_tlbs)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
					       unsigned long end);
#else
	void (*invalidate_range)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
#endif
#if SD_KERNEL >= 504
	struct mmu_notifier *(*alloc_notifier)(struct mm_struct *mm);
	void (*free_notifier)(struct mmu_notifier *mn);
#endif
};

struct mmu_notifier {
	struct hlist_node hlist;
	const struct mmu_notifier_ops *ops;
#if SD_KERNEL >= 504
	struct mm_struct *mm;
	struct rcu_head rcu;
	unsigned int users;
#endif
};

struct mmu_notifier_mm {
	struct hlist_head list;
	spinlock_t lock;
#if SD_KERNEL >= 505
	bool has_itree;
	unsigned long invalidate_seq;		/* odd: some interval's range is being invalidated */
	unsigned long active_invalidate_ranges;
	struct hlist_head sd_intervals;		/* in the kernel an interval tree */
	struct hlist_head deferred_list;
	wait_queue_head_t wq;
#endif
};

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm);
int __mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm);	/* with mmap_sem held for writing */
void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm);
void mmu_notifier_synchronize(void);
#if SD_KERNEL < 504
void mmu_notifier_unregister_no_release(struct mmu_notifier *mn, struct mm_struct *mm);
#else
/* One notifier for each ops and mm, made by alloc_notifier, freed by free_notifier some time after the last put. */
struct mmu_notifier *mmu_notifier_get(const struct mmu_notifier_ops *ops, struct mm_struct *mm);
struct mmu_notifier *mmu_notifier_get_locked(const struct mmu_notifier_ops *ops, struct mm_struct *mm);
void mmu_notifier_put(struct mmu_notifier *mn);
#endif

static inline int mm_has_notifiers(struct mm_struct *mm)
{
	return unlikely(mm->mmu_notifier_mm != NULL);
}

void __mmu_notifier_release(struct mm_struct *mm);

/* ---- code that changes page tables: the core, and around it the forms of the selected kernel ---- */

int sd_notify_start(struct sd_range *range);
void sd_notify_end(struct sd_range *range, bool only_end);

/* A range that may be waited for, as rmap walks announce it. */
static inline void sd_range_init(struct sd_range *range, struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	*range = (struct sd_range){ .mm = vma->vm_mm, .start = start, .end = end, .flags = SD_RANGE_BLOCKABLE,
#if SD_KERNEL >= 504
				    .event = MMU_NOTIFY_CLEAR,
#endif
#if SD_KERNEL >= 504 && SD_KERNEL < 606
				    .vma = vma,
#endif
	};
}

#if SD_KERNEL >= 504
#include <shootdown/notifier_range.h>
#else
static inline void mmu_notifier_invalidate_range_start(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct sd_range range = { mm, start, end, SD_RANGE_BLOCKABLE };

	sd_notify_start(&range);
}

static inline void mmu_notifier_invalidate_range_end(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct sd_range range = { mm, start, end, SD_RANGE_BLOCKABLE };

	sd_notify_end(&range, false);
}

#if SD_KERNEL >= 415
static inline void mmu_notifier_invalidate_range_only_end(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct sd_range range = { mm, start, end, SD_RANGE_BLOCKABLE };

	sd_notify_end(&range, true);
}
#endif

#if SD_KERNEL >= 419
static inline int mmu_notifier_invalidate_range_start_nonblock(struct mm_struct *mm, unsigned long start,
							       unsigned long end)
{
	struct sd_range range = { mm, start, end, 0 };

	return sd_notify_start(&range);
}
#endif
#endif

/* Devices that walk the CPU's tables flush what they cached: called under the table lock up to 6.1, by each TLB flush from 6.6 on. */
#if SD_KERNEL >= 606
void __mmu_notifier_arch_invalidate_secondary_tlbs(struct mm_struct *mm, unsigned long start, unsigned long end);

static inline void mmu_notifier_arch_invalidate_secondary_tlbs(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	if (mm_has_notifiers(mm))
		__mmu_notifier_arch_invalidate_secondary_tlbs(mm, start, end);
}
#else
void __mmu_notifier_invalidate_range(struct mm_struct *mm, unsigned long start, unsigned long end);

static inline void mmu_notifier_invalidate_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	if (mm_has_notifiers(mm))
		__mmu_notifier_invalidate_range(mm, start, end);
}
#endif

#if SD_KERNEL < 413
void __mmu_notifier_invalidate_page(struct mm_struct *mm, unsigned long address);

static inline void mmu_notifier_invalidate_page(struct mm_struct *mm, unsigned long address)
{
	if (mm_has_notifiers(mm))
		__mmu_notifier_invalidate_page(mm, address);
}

void sd_notify_page_size(struct mm_struct *mm, unsigned long address, unsigned long size);
#endif

#if SD_KERNEL >= 505
#include <shootdown/interval_notifier.h>
#endif

#endif
