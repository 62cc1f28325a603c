/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MMU notifiers. Subscribers of an mm hear of every change of its page tables:
 * range start and end around it (may sleep, no page-table lock held), invalidate_range at it (under the lock, must not sleep).
 * 4.4 has invalidate_page too; 4.19 a start that may fail if told not to block; 5.4 a range structure.
 */
#ifndef _LINUX_MMU_NOTIFIER_H
#define _LINUX_MMU_NOTIFIER_H

#include <linux/mm.h>
#include <linux/rcupdate.h>

struct mmu_notifier;

#if SD_KERNEL >= 504
enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP,
	MMU_NOTIFY_CLEAR,
	MMU_NOTIFY_PROTECTION_VMA,
	MMU_NOTIFY_PROTECTION_PAGE,
	MMU_NOTIFY_SOFT_DIRTY,
	MMU_NOTIFY_RELEASE,
	MMU_NOTIFY_MIGRATE,
	MMU_NOTIFY_EXCLUSIVE,
};

#define MMU_NOTIFIER_RANGE_BLOCKABLE (1 << 0)

struct mmu_notifier_range {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
	unsigned int flags;
	enum mmu_notifier_event event;
	void *owner;
};
#endif

struct mmu_notifier_ops {
	int flags;
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
	int (*clear_flush_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	int (*clear_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
	int (*test_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
	void (*change_pte)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address, pte_t pte);
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
	void (*invalidate_range)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end);
};

struct mmu_notifier {
	struct hlist_node hlist;
	const struct mmu_notifier_ops *ops;
	struct mm_struct *mm;
};

struct mmu_notifier_mm {
	struct hlist_head list;
	spinlock_t lock;
};

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm);
void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm);

/* Version-free core (mm/mmu_notifier.c): the forms below fit the kernel chosen around it. */
int sd_notify_start(struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable);
void sd_notify_end(struct mm_struct *mm, unsigned long start, unsigned long end, bool only_end);
void __mmu_notifier_invalidate_range(struct mm_struct *mm, unsigned long start, unsigned long end);

static inline int mm_has_notifiers(struct mm_struct *mm)
{
	return unlikely(mm->mmu_notifier_mm != NULL);
}

static inline void mmu_notifier_invalidate_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	if (mm_has_notifiers(mm))
		__mmu_notifier_invalidate_range(mm, start, end);
}

#if SD_KERNEL >= 504
static inline void mmu_notifier_range_init(struct mmu_notifier_range *range, enum mmu_notifier_event event,
					   unsigned int flags, struct vm_area_struct *vma, struct mm_struct *mm,
					   unsigned long start, unsigned long end)
{
	range->vma = vma;
	range->event = event;
	range->mm = mm;
	range->start = start;
	range->end = end;
	range->flags = flags;
	range->owner = NULL;
}

#define mmu_notifier_range_blockable(range) (((range)->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) != 0)

static inline void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range)
{
	sd_notify_start(range->mm, range->start, range->end, true);
}

static inline int mmu_notifier_invalidate_range_start_nonblock(struct mmu_notifier_range *range)
{
	return sd_notify_start(range->mm, range->start, range->end, false);
}

static inline void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range)
{
	sd_notify_end(range->mm, range->start, range->end, false);
}

static inline void mmu_notifier_invalidate_range_only_end(struct mmu_notifier_range *range)
{
	sd_notify_end(range->mm, range->start, range->end, true);
}
#else
static inline void mmu_notifier_invalidate_range_start(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	sd_notify_start(mm, start, end, true);
}

static inline int mmu_notifier_invalidate_range_start_nonblock(struct mm_struct *mm, unsigned long start,
							       unsigned long end)
{
	return sd_notify_start(mm, start, end, false);
}

static inline void mmu_notifier_invalidate_range_end(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	sd_notify_end(mm, start, end, false);
}

static inline void mmu_notifier_invalidate_range_only_end(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	sd_notify_end(mm, start, end, true);
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

#endif
