// SPDX-License-Identifier: Apache-2.0
/*
 * mmu_notifier.c - the subscribers of an mm, and the calls of their callbacks.
 *
 * Callbacks run inside an SRCU read section. range_start and range_end come in pairs, outside any spinlock; between them no
 * subscriber may make a new mapping in the range. Device TLBs are flushed under the table lock (up to 6.1 from range_end too), which must not sleep.
 *
 * A start that may not block may fail. The caller then does not go on and calls no end. Before 5.12 the subscribers already started got
 * no end either, and waited for ever. sd_fix_paired_end is 1 if they get it ("ensure range_end() is paired with range_start()");
 * a scenario may set it: 5.10.89 has it too.
 */
#include <linux/err.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>

DEFINE_STATIC_SRCU(srcu);

int sd_fix_paired_end = SD_KERNEL >= 512;

static int call_start(struct mmu_notifier *mn, struct sd_range *range)
{
#if SD_KERNEL >= 504
	return mn->ops->invalidate_range_start(mn, range);
#elif SD_KERNEL >= 419
	return mn->ops->invalidate_range_start(mn, range->mm, range->start, range->end, range->flags & SD_RANGE_BLOCKABLE);
#else
	mn->ops->invalidate_range_start(mn, range->mm, range->start, range->end);
	return 0;
#endif
}

static void call_end(struct mmu_notifier *mn, struct sd_range *range)
{
#if SD_KERNEL >= 504
	mn->ops->invalidate_range_end(mn, range);
#else
	mn->ops->invalidate_range_end(mn, range->mm, range->start, range->end);
#endif
}

static int start_list(struct sd_range *range, bool blockable)
{
	struct mmu_notifier *mn;
	int ret = 0, id, failed;

	id = srcu_read_lock(&srcu);
	hlist_for_each_entry_rcu(mn, &range->mm->mmu_notifier_mm->list, hlist) {
		if (!mn->ops->invalidate_range_start)
			continue;
		if (!blockable)
			non_block_start();
		failed = call_start(mn, range);
		if (!blockable)
			non_block_end();
		if (!failed)
			continue;
		ret = failed;
#if SD_KERNEL >= 504
		WARN_ON(blockable || failed != -EAGAIN);
#endif
		/* The end of the subscriber that failed is called too, if it has one; it cannot tell that its start failed. */
		WARN_ON(sd_fix_paired_end && mn->ops->invalidate_range_end);
	}
	if (ret && sd_fix_paired_end)
		hlist_for_each_entry_rcu(mn, &range->mm->mmu_notifier_mm->list, hlist)
			if (mn->ops->invalidate_range_end)
				call_end(mn, range);
	srcu_read_unlock(&srcu, id);
	return ret;
}

int __weak sd_notify_start(struct sd_range *range)
{
	bool blockable = range->flags & SD_RANGE_BLOCKABLE;
	int ret = 0;

	might_sleep_if(blockable);
	if (mm_has_notifiers(range->mm)) {
		__sd_event("notifier", "range start for {1:x}-{2:x} of {0:s}", (sd_u64)range->mm->sd_name, range->start, range->end);
#if SD_KERNEL >= 505
		ret = sd_intervals_start(range);
#endif
		/* If a start of the list fails, the intervals that were started get no end: so it is in every kernel up to 6.12. */
		if (!ret)
			ret = start_list(range, blockable);
	}
	/* A caller that may block ignores the result. */
	if (!ret || blockable)
		current->notifier_depth++;
	return ret;
}

void __weak sd_notify_end(struct sd_range *range, bool only_end)
{
	bool blockable = range->flags & SD_RANGE_BLOCKABLE;
	struct mmu_notifier *mn;
	int id;

	might_sleep_if(blockable);
	if (--current->notifier_depth < 0)
		__sd_fail("notifier-unpaired", "range end without a start", 0, 0, 0);
	if (!mm_has_notifiers(range->mm))
		return;
	__sd_event("notifier", "range end for {1:x}-{2:x} of {0:s}", (sd_u64)range->mm->sd_name, range->start, range->end);
#if SD_KERNEL >= 505
	sd_intervals_end(range->mm);
#endif
	id = srcu_read_lock(&srcu);
	hlist_for_each_entry_rcu(mn, &range->mm->mmu_notifier_mm->list, hlist) {
#if SD_KERNEL < 606
		/* A subscriber that flushes a device TLB need not have an end of its own. */
		if (!only_end && mn->ops->invalidate_range)
			mn->ops->invalidate_range(mn, range->mm, range->start, range->end);
#endif
		if (!mn->ops->invalidate_range_end)
			continue;
		if (!blockable)
			non_block_start();
		call_end(mn, range);
		if (!blockable)
			non_block_end();
	}
	srcu_read_unlock(&srcu, id);
	(void)only_end;
}

#if SD_KERNEL >= 606
void __weak __mmu_notifier_arch_invalidate_secondary_tlbs(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_notifier *mn;
	int id = srcu_read_lock(&srcu);

	__sd_event("notifier", "arch_invalidate_secondary_tlbs for {1:x}-{2:x} of {0:s}", (sd_u64)mm->sd_name, start, end);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist)
		if (mn->ops->arch_invalidate_secondary_tlbs)
			mn->ops->arch_invalidate_secondary_tlbs(mn, mm, start, end);
	srcu_read_unlock(&srcu, id);
}
#else
void __weak __mmu_notifier_invalidate_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_notifier *mn;
	int id = srcu_read_lock(&srcu);

	__sd_event("notifier", "invalidate_range for {1:x}-{2:x} of {0:s}", (sd_u64)mm->sd_name, start, end);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist)
		if (mn->ops->invalidate_range)
			mn->ops->invalidate_range(mn, mm, start, end);
	srcu_read_unlock(&srcu, id);
}
#endif

#if SD_KERNEL < 413
void __weak __mmu_notifier_invalidate_page(struct mm_struct *mm, unsigned long address)
{
	struct mmu_notifier *mn;
	int id = srcu_read_lock(&srcu);

	__sd_event("notifier", "invalidate_page for {1:x} of {0:s}", (sd_u64)mm->sd_name, address, 0);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist)
		if (mn->ops->invalidate_page)
			mn->ops->invalidate_page(mn, mm, address);
	srcu_read_unlock(&srcu, id);
}

void sd_notify_page_size(struct mm_struct *mm, unsigned long address, unsigned long size)
{
	struct mmu_notifier *mn;
	int id;

	if (!mm_has_notifiers(mm))
		return;
	id = srcu_read_lock(&srcu);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist)
		if (mn->ops->sd_invalidate_page_size)
			mn->ops->sd_invalidate_page_size(mn, mm, address, size);
	srcu_read_unlock(&srcu, id);
}
#endif

/* From 5.5 on without a notifier too: the mm is to have intervals. */
int __weak __mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct mmu_notifier_mm *subscriptions = mm->mmu_notifier_mm;

	lockdep_assert_held_write(sd_mmap_sem(mm));
#if SD_KERNEL >= 606
	/* A flush comes at other times than start and end: a subscriber that wants both has misunderstood one. */
	if (WARN_ON(mn && mn->ops->arch_invalidate_secondary_tlbs &&
		    (mn->ops->invalidate_range_start || mn->ops->invalidate_range_end)))
		return -EINVAL;
#endif
	if (!subscriptions) {
		subscriptions = kzalloc(sizeof(*subscriptions), GFP_KERNEL);
		INIT_HLIST_HEAD(&subscriptions->list);
		spin_lock_init(&subscriptions->lock);
#if SD_KERNEL >= 505
		subscriptions->invalidate_seq = 2;
		INIT_HLIST_HEAD(&subscriptions->sd_intervals);
		INIT_HLIST_HEAD(&subscriptions->deferred_list);
		init_waitqueue_head(&subscriptions->wq);
#endif
		mm->mmu_notifier_mm = subscriptions;
	}
#if SD_KERNEL >= 505
	if (!mn) {
		WRITE_ONCE(subscriptions->has_itree, true);
		return 0;
	}
#endif
	mmgrab(mm);
#if SD_KERNEL >= 504
	mn->mm = mm;
	mn->users = 1;
#endif
	spin_lock(&subscriptions->lock);
	hlist_add_head_rcu(&mn->hlist, &subscriptions->list);
	spin_unlock(&subscriptions->lock);
	return 0;
}

int __weak mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	int ret;

	down_write(sd_mmap_sem(mm));
	ret = __mmu_notifier_register(mn, mm);
	up_write(sd_mmap_sem(mm));
	return ret;
}

/* After the grace period no callback runs. */
static void unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct mmu_notifier_mm *subscriptions = mm->mmu_notifier_mm;

	spin_lock(&subscriptions->lock);
	hlist_del_init_rcu(&mn->hlist);
	spin_unlock(&subscriptions->lock);
	synchronize_srcu(&srcu);
	mmdrop(mm);
}

/* release is called first, unless the mm is going away and it was called then. */
void __weak mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	int id = srcu_read_lock(&srcu);

	if (!hlist_unhashed(&mn->hlist) && mn->ops->release)
		mn->ops->release(mn, mm);
	srcu_read_unlock(&srcu, id);
	unregister(mn, mm);
}

/* The mm ends: each subscriber still there is told, and is none afterwards. */
void __weak __mmu_notifier_release(struct mm_struct *mm)
{
	struct mmu_notifier_mm *subscriptions = mm->mmu_notifier_mm;
	struct mmu_notifier *each;
	int id;

	if (!mm_has_notifiers(mm))
		return;
#if SD_KERNEL >= 505
	sd_intervals_release(mm);
#endif
	id = srcu_read_lock(&srcu);
	hlist_for_each_entry_rcu(each, &subscriptions->list, hlist)
		if (each->ops->release)
			each->ops->release(each, mm);
	spin_lock(&subscriptions->lock);
	while (subscriptions->list.first)
		hlist_del_init_rcu(subscriptions->list.first);
	spin_unlock(&subscriptions->lock);
	srcu_read_unlock(&srcu, id);
	synchronize_srcu(&srcu);
}

void __weak mmu_notifier_synchronize(void)
{
	synchronize_srcu(&srcu);
}

#if SD_KERNEL < 504
void __weak mmu_notifier_unregister_no_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	unregister(mn, mm);
}
#else
static struct mmu_notifier *find_get_mmu_notifier(struct mm_struct *mm, const struct mmu_notifier_ops *ops)
{
	struct mmu_notifier *mn;

	spin_lock(&mm->mmu_notifier_mm->lock);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist)
		if (mn->ops == ops) {
			mn->users++;
			break;
		}
	spin_unlock(&mm->mmu_notifier_mm->lock);
	return mn;
}

struct mmu_notifier * __weak mmu_notifier_get_locked(const struct mmu_notifier_ops *ops, struct mm_struct *mm)
{
	struct mmu_notifier *mn = NULL;
	int ret;

	sd_call_srcu_worker();
	if (mm->mmu_notifier_mm)
		mn = find_get_mmu_notifier(mm, ops);
	if (mn)
		return mn;
	mn = ops->alloc_notifier(mm);
	if (IS_ERR(mn))
		return mn;
	mn->ops = ops;
	ret = __mmu_notifier_register(mn, mm);
	if (!ret)
		return mn;
	ops->free_notifier(mn);
	return ERR_PTR(ret);
}

struct mmu_notifier * __weak mmu_notifier_get(const struct mmu_notifier_ops *ops, struct mm_struct *mm)
{
	struct mmu_notifier *mn;

	down_write(sd_mmap_sem(mm));
	mn = mmu_notifier_get_locked(ops, mm);
	up_write(sd_mmap_sem(mm));
	return mn;
}

static void free_rcu(struct rcu_head *rcu)
{
	struct mmu_notifier *mn = container_of(rcu, struct mmu_notifier, rcu);
	struct mm_struct *mm = mn->mm;

	mn->ops->free_notifier(mn);
	mmdrop(mm);
}

/* Unlike unregister it waits for nothing, and release is not called: entries of the device must be gone before. */
void __weak mmu_notifier_put(struct mmu_notifier *mn)
{
	struct mm_struct *mm = mn->mm;
	bool last;

	spin_lock(&mm->mmu_notifier_mm->lock);
	last = !WARN_ON(!mn->users) && !--mn->users;
	if (last)
		hlist_del_init_rcu(&mn->hlist);
	spin_unlock(&mm->mmu_notifier_mm->lock);
	if (last)
		call_srcu(&srcu, &mn->rcu, free_rcu);
}
#endif
