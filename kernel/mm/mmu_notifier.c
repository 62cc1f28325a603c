// SPDX-License-Identifier: Apache-2.0
/*
 * mmu_notifier.c - the list of those who mirror an mm, and calling them.
 *
 * Callbacks run inside an SRCU read section. range_start and range_end come in pairs, outside any spinlock; between them no
 * subscriber may make a new mapping in the range. invalidate_range comes under the table lock or from range_end, and must not sleep.
 */
#include <linux/err.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>

DEFINE_STATIC_SRCU(srcu);

static int call_start(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable)
{
#if SD_KERNEL >= 504
	struct mmu_notifier_range range = { .mm = mm, .start = start, .end = end,
					    .flags = blockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0 };

	return mn->ops->invalidate_range_start(mn, &range);
#elif SD_KERNEL >= 419
	return mn->ops->invalidate_range_start(mn, mm, start, end, blockable);
#else
	(void)blockable;
	mn->ops->invalidate_range_start(mn, mm, start, end);
	return 0;
#endif
}

static void call_end(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
#if SD_KERNEL >= 504
	struct mmu_notifier_range range = { .mm = mm, .start = start, .end = end };

	mn->ops->invalidate_range_end(mn, &range);
#else
	mn->ops->invalidate_range_end(mn, mm, start, end);
#endif
}

int __weak sd_notify_start(struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable)
{
	struct mmu_notifier *mn;
	int ret = 0, id, failed;

	might_sleep_if(blockable);
	if (!mm_has_notifiers(mm)) {
		current->notifier_depth++;
		return 0;
	}
	__sd_event("notifier", "range start for {1:x}-{2:x} of {0:s}", (sd_u64)mm->sd_name, start, end);
	id = srcu_read_lock(&srcu);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist) {
		if (!mn->ops->invalidate_range_start)
			continue;
		if (!blockable)
			non_block_start();
		failed = call_start(mn, mm, start, end, blockable);
		if (!blockable)
			non_block_end();
		if (failed) {
			BUG_ON(blockable);
			ret = failed;
		}
	}
	srcu_read_unlock(&srcu, id);
	if (!ret)
		current->notifier_depth++;
	return ret;
}

void __weak sd_notify_end(struct mm_struct *mm, unsigned long start, unsigned long end, bool only_end)
{
	struct mmu_notifier *mn;
	int id;

	might_sleep();
	if (--current->notifier_depth < 0)
		__sd_fail("notifier-unpaired", "range end without a start", 0, 0, 0);
	if (!mm_has_notifiers(mm))
		return;
	__sd_event("notifier", "range end for {1:x}-{2:x} of {0:s}", (sd_u64)mm->sd_name, start, end);
	id = srcu_read_lock(&srcu);
	hlist_for_each_entry_rcu(mn, &mm->mmu_notifier_mm->list, hlist) {
		/* Who flushes a device TLB needs not have an end of its own. */
		if (!only_end && mn->ops->invalidate_range)
			mn->ops->invalidate_range(mn, mm, start, end);
		if (mn->ops->invalidate_range_end)
			call_end(mn, mm, start, end);
	}
	srcu_read_unlock(&srcu, id);
}

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

int __weak mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct mmu_notifier_mm *subscriptions;

	down_write(sd_mmap_sem(mm));
	subscriptions = mm->mmu_notifier_mm;
	if (!subscriptions) {
		subscriptions = kzalloc(sizeof(*subscriptions), GFP_KERNEL);
		INIT_HLIST_HEAD(&subscriptions->list);
		spin_lock_init(&subscriptions->lock);
		mm->mmu_notifier_mm = subscriptions;
	}
	mmgrab(mm);
	mn->mm = mm;
	spin_lock(&subscriptions->lock);
	hlist_add_head_rcu(&mn->hlist, &subscriptions->list);
	spin_unlock(&subscriptions->lock);
	up_write(sd_mmap_sem(mm));
	return 0;
}

/* release is called first, unless the mm is going away and it was called then. After the grace period no callback runs. */
void __weak mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	int id = srcu_read_lock(&srcu);

	if (!hlist_unhashed(&mn->hlist) && mn->ops->release)
		mn->ops->release(mn, mm);
	srcu_read_unlock(&srcu, id);
	spin_lock(&mm->mmu_notifier_mm->lock);
	hlist_del_init_rcu(&mn->hlist);
	spin_unlock(&mm->mmu_notifier_mm->lock);
	synchronize_srcu(&srcu);
	mmdrop(mm);
}
