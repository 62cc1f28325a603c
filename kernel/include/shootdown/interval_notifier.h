/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interval notifiers (5.5): a driver hears of invalidations that touch its range of addresses, and only of those; mm/mmu_interval.c.
 * Part of linux/mmu_notifier.h.
 *
 * A fault samples the sequence (read_begin, which waits while an invalidation runs that the driver was told of), reads the page table, and
 * installs what it read only if the sequence is the same (read_retry), under a lock of the driver's. invalidate() sets the sequence under that lock.
 */
#ifndef SHOOTDOWN_INTERVAL_NOTIFIER_H
#define SHOOTDOWN_INTERVAL_NOTIFIER_H

struct mmu_interval_notifier;

struct mmu_interval_notifier_ops {
	/* May sleep, and returns false only if it would have had to although the range is not blockable. */
	bool (*invalidate)(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long cur_seq);
};

struct mmu_interval_notifier {
	struct mm_struct *mm;
	const struct mmu_interval_notifier_ops *ops;
	unsigned long invalidate_seq;
	struct interval_tree_node interval_tree;
	struct hlist_node deferred_item;
};

int mmu_interval_notifier_insert(struct mmu_interval_notifier *mni, struct mm_struct *mm, unsigned long start,
				 unsigned long length, const struct mmu_interval_notifier_ops *ops);
int mmu_interval_notifier_insert_locked(struct mmu_interval_notifier *mni, struct mm_struct *mm, unsigned long start,
					unsigned long length, const struct mmu_interval_notifier_ops *ops);
void mmu_interval_notifier_remove(struct mmu_interval_notifier *mni);
unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *mni);

/* In invalidate(), under the lock that read_retry is called under. */
static inline void mmu_interval_set_seq(struct mmu_interval_notifier *mni, unsigned long cur_seq)
{
	WRITE_ONCE(mni->invalidate_seq, cur_seq);
}

static inline bool mmu_interval_read_retry(struct mmu_interval_notifier *mni, unsigned long seq)
{
	return mni->invalidate_seq != seq;
}

/* Without the lock: true is certain, false is not. */
static inline bool mmu_interval_check_retry(struct mmu_interval_notifier *mni, unsigned long seq)
{
	return READ_ONCE(mni->invalidate_seq) != seq;
}

/* For mm/mmu_notifier.c: what a start and an end do about intervals. */
int sd_intervals_start(struct sd_range *range);
void sd_intervals_end(struct mm_struct *mm);
void sd_intervals_release(struct mm_struct *mm);

#endif
