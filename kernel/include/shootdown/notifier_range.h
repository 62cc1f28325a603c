/* SPDX-License-Identifier: Apache-2.0 */
/* Announcing changes of page tables from 5.4 on: struct mmu_notifier_range, filled in by its callers. Part of linux/mmu_notifier.h. */
#ifndef SHOOTDOWN_NOTIFIER_RANGE_H
#define SHOOTDOWN_NOTIFIER_RANGE_H

#if SD_KERNEL >= 606
static inline void mmu_notifier_range_init(struct mmu_notifier_range *range, enum mmu_notifier_event event,
					   unsigned int flags, struct mm_struct *mm, unsigned long start,
					   unsigned long end)
{
	*range = (struct mmu_notifier_range){ .mm = mm, .start = start, .end = end, .flags = flags, .event = event };
}

static inline void mmu_notifier_range_init_owner(struct mmu_notifier_range *range, enum mmu_notifier_event event,
						 unsigned int flags, struct mm_struct *mm, unsigned long start,
						 unsigned long end, void *owner)
{
	mmu_notifier_range_init(range, event, flags, mm, start, end);
	range->owner = owner;
}
#else
static inline void mmu_notifier_range_init(struct mmu_notifier_range *range, enum mmu_notifier_event event,
					   unsigned int flags, struct vm_area_struct *vma, struct mm_struct *mm,
					   unsigned long start, unsigned long end)
{
	*range = (struct mmu_notifier_range){ .vma = vma, .mm = mm, .start = start, .end = end, .flags = flags, .event = event };
}

#if SD_KERNEL >= 514
static inline void mmu_notifier_range_init_owner(struct mmu_notifier_range *range, enum mmu_notifier_event event,
						 unsigned int flags, struct vm_area_struct *vma, struct mm_struct *mm,
						 unsigned long start, unsigned long end, void *owner)
{
	mmu_notifier_range_init(range, event, flags, vma, mm, start, end);
	range->owner = owner;
}
#elif SD_KERNEL >= 509
static inline void mmu_notifier_range_init_migrate(struct mmu_notifier_range *range, unsigned int flags,
						   struct vm_area_struct *vma, struct mm_struct *mm,
						   unsigned long start, unsigned long end, void *pgmap)
{
	mmu_notifier_range_init(range, MMU_NOTIFY_MIGRATE, flags, vma, mm, start, end);
	range->migrate_pgmap_owner = pgmap;
}
#endif

/* mprotect that left the range readable? */
static inline bool mmu_notifier_range_update_to_read_only(const struct mmu_notifier_range *range)
{
	return range->vma && range->event == MMU_NOTIFY_PROTECTION_VMA && (range->vma->vm_flags & VM_READ);
}
#endif

static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE;
}

static inline void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range)
{
	range->flags |= MMU_NOTIFIER_RANGE_BLOCKABLE;
	sd_notify_start(range);
}

/* -EAGAIN: a subscriber would have to sleep. Then nothing has begun, and no end must follow. */
static inline int mmu_notifier_invalidate_range_start_nonblock(struct mmu_notifier_range *range)
{
	range->flags &= ~MMU_NOTIFIER_RANGE_BLOCKABLE;
	return sd_notify_start(range);
}

static inline void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range)
{
	sd_notify_end(range, false);
}

#if SD_KERNEL < 606
static inline void mmu_notifier_invalidate_range_only_end(struct mmu_notifier_range *range)
{
	sd_notify_end(range, true);
}
#endif

#endif
