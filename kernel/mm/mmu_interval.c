// SPDX-License-Identifier: Apache-2.0
/*
 * mmu_interval.c - interval notifiers (5.5): subscribers that hear only of ranges that touch theirs.
 *
 * This is a lock whose readers retry after a collision. The mm's invalidate_seq is odd while the range of an interval is invalidated.
 * The list of intervals then does not change, so that it can be walked without a lock: insertions and removals go to a deferred list,
 * which the last range end processes. A range that touches no interval leaves the sequence even.
 * An interval's invalidate_seq is the last one given to its invalidate(), always odd: if it equals the mm's, that invalidation still runs.
 *
 * The list stands for an interval tree: callbacks are called in order of insertion, not of address. Sequences wrap (SD_SEQ_BITS);
 * they advance by two and keep their parity. A waiter waits for the sequence itself.
 */
#include <linux/err.h>
#include <linux/mmu_notifier.h>

#if SD_KERNEL >= 505

#define node_of(mni) (&(mni)->interval_tree.sd_node)

static bool is_invalidating(struct mmu_notifier_mm *subscriptions)
{
	lockdep_assert_held(&subscriptions->lock);
	return subscriptions->invalidate_seq & 1;
}

/* The first interval from this node on that the range touches. */
static struct mmu_interval_notifier *touched(struct hlist_node *node, const struct mmu_notifier_range *range)
{
	struct mmu_interval_notifier *mni;

	for (; node; node = node->next) {
		mni = container_of(node, struct mmu_interval_notifier, interval_tree.sd_node);
		if (mni->interval_tree.start < range->end && range->start <= mni->interval_tree.last)
			return mni;
	}
	return NULL;
}

static void work_off_deferred(struct mmu_notifier_mm *subscriptions)
{
	struct hlist_node *node, *next;
	struct mmu_interval_notifier *mni;

	for (node = subscriptions->deferred_list.first; node; node = next) {
		next = node->next;
		mni = container_of(node, struct mmu_interval_notifier, deferred_item);
		if (hlist_unhashed(node_of(mni)))
			hlist_add_head(node_of(mni), &subscriptions->sd_intervals);
		else
			hlist_del_init_rcu(node_of(mni));
		hlist_del_init_rcu(node);
	}
}

static void invalidation_ends(struct mmu_notifier_mm *subscriptions)
{
	spin_lock(&subscriptions->lock);
	if (!--subscriptions->active_invalidate_ranges && is_invalidating(subscriptions)) {
		WRITE_ONCE(subscriptions->invalidate_seq, (subscriptions->invalidate_seq + 1) & SD_SEQ_MASK);
		work_off_deferred(subscriptions);
	}
	spin_unlock(&subscriptions->lock);
	wake_up_all(&subscriptions->wq);
}

int sd_intervals_start(struct sd_range *range)
{
	struct mmu_notifier_mm *subscriptions = range->mm->mmu_notifier_mm;
	struct mmu_interval_notifier *mni;
	unsigned long seq;

	if (!READ_ONCE(subscriptions->has_itree))
		return 0;
	spin_lock(&subscriptions->lock);
	subscriptions->active_invalidate_ranges++;
	mni = touched(subscriptions->sd_intervals.first, range);
	if (mni)
		WRITE_ONCE(subscriptions->invalidate_seq, subscriptions->invalidate_seq | 1);
	seq = subscriptions->invalidate_seq;
	spin_unlock(&subscriptions->lock);

	for (; mni; mni = touched(node_of(mni)->next, range)) {
		bool blockable = mmu_notifier_range_blockable(range), done;

		if (!blockable)
			non_block_start();
		done = mni->ops->invalidate(mni, range, seq);
		if (!blockable)
			non_block_end();
		if (done || WARN_ON(blockable))
			continue;
		/* The caller does not go on, and calls no end. */
		invalidation_ends(subscriptions);
		return -EAGAIN;
	}
	return 0;
}

void sd_intervals_end(struct mm_struct *mm)
{
	if (READ_ONCE(mm->mmu_notifier_mm->has_itree))
		invalidation_ends(mm->mmu_notifier_mm);
}

/* The mm ends: all that the intervals have goes, and they may not say that they would have to sleep. */
void sd_intervals_release(struct mm_struct *mm)
{
	struct mmu_notifier_range range = { .mm = mm, .start = 0, .end = ~0UL, .flags = MMU_NOTIFIER_RANGE_BLOCKABLE,
					    .event = MMU_NOTIFY_RELEASE };

	if (!READ_ONCE(mm->mmu_notifier_mm->has_itree))
		return;
	sd_intervals_start(&range);
	sd_intervals_end(mm);
}

unsigned long __weak mmu_interval_read_begin(struct mmu_interval_notifier *mni)
{
	struct mmu_notifier_mm *subscriptions = mni->mm->mmu_notifier_mm;
	unsigned long seq;
	bool running;

	spin_lock(&subscriptions->lock);
	seq = READ_ONCE(mni->invalidate_seq);
	running = seq == subscriptions->invalidate_seq;
	spin_unlock(&subscriptions->lock);
	might_sleep();
	if (running)
		wait_event(subscriptions->wq, READ_ONCE(subscriptions->invalidate_seq) != seq);
	return seq;
}

static int insert(struct mmu_interval_notifier *mni, struct mm_struct *mm, unsigned long start, unsigned long length,
		  const struct mmu_interval_notifier_ops *ops)
{
	struct mmu_notifier_mm *subscriptions = mm->mmu_notifier_mm;

	mni->mm = mm;
	mni->ops = ops;
	INIT_HLIST_NODE(node_of(mni));
	INIT_HLIST_NODE(&mni->deferred_item);
	mni->interval_tree.start = start;
	mni->interval_tree.last = start + length - 1;
	if (!length || mni->interval_tree.last < start)
		return -EOVERFLOW;
	/* Its users are gone: so is what there could be to tell. */
	if (WARN_ON(!atomic_read(&mm->mm_users)))
		return -EINVAL;
	mmgrab(mm);
	spin_lock(&subscriptions->lock);
	if (subscriptions->active_invalidate_ranges != 0) {
		/* The running ranges are not known: assume that they touch this interval, so that its faults wait. */
		if (is_invalidating(subscriptions)) {
			hlist_add_head(&mni->deferred_item, &subscriptions->deferred_list);
		} else {
			WRITE_ONCE(subscriptions->invalidate_seq, subscriptions->invalidate_seq | 1);
			hlist_add_head(node_of(mni), &subscriptions->sd_intervals);
		}
		mni->invalidate_seq = subscriptions->invalidate_seq;
	} else {
		WARN_ON(is_invalidating(subscriptions));
		/* An odd one that has been. */
		mni->invalidate_seq = (subscriptions->invalidate_seq - 1) & SD_SEQ_MASK;
		hlist_add_head(node_of(mni), &subscriptions->sd_intervals);
	}
	spin_unlock(&subscriptions->lock);
	return 0;
}

int __weak mmu_interval_notifier_insert_locked(struct mmu_interval_notifier *mni, struct mm_struct *mm, unsigned long start,
					       unsigned long length, const struct mmu_interval_notifier_ops *ops)
{
	int ret = 0;

	lockdep_assert_held_write(sd_mmap_sem(mm));
	if (!mm->mmu_notifier_mm || !READ_ONCE(mm->mmu_notifier_mm->has_itree))
		ret = __mmu_notifier_register(NULL, mm);
	return ret ? ret : insert(mni, mm, start, length, ops);
}

int __weak mmu_interval_notifier_insert(struct mmu_interval_notifier *mni, struct mm_struct *mm, unsigned long start,
					unsigned long length, const struct mmu_interval_notifier_ops *ops)
{
	int ret = 0;

	if (!mm->mmu_notifier_mm || !READ_ONCE(mm->mmu_notifier_mm->has_itree))
		ret = mmu_notifier_register(NULL, mm);
	return ret ? ret : insert(mni, mm, start, length, ops);
}

/* Afterwards no invalidate() runs: if one might, waits until it is over. */
void __weak mmu_interval_notifier_remove(struct mmu_interval_notifier *mni)
{
	struct mm_struct *mm = mni->mm;
	struct mmu_notifier_mm *subscriptions = mm->mmu_notifier_mm;
	bool wait = false;
	unsigned long seq;

	might_sleep();
	spin_lock(&subscriptions->lock);
	seq = subscriptions->invalidate_seq;
	if (!is_invalidating(subscriptions)) {
		WARN_ON(hlist_unhashed(node_of(mni)));
		hlist_del_init_rcu(node_of(mni));
	} else if (hlist_unhashed(node_of(mni))) {
		hlist_del_init_rcu(&mni->deferred_item);
	} else {
		hlist_add_head(&mni->deferred_item, &subscriptions->deferred_list);
		wait = true;
	}
	spin_unlock(&subscriptions->lock);
	/* Under the lock, for the sequence moves before the deferred are worked off. */
	if (wait) {
		wait_event(subscriptions->wq, READ_ONCE(subscriptions->invalidate_seq) != seq);
		spin_lock(&subscriptions->lock);
		spin_unlock(&subscriptions->lock);
	}
	mmdrop(mm);
}

#endif
