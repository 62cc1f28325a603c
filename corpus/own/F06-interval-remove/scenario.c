// SPDX-License-Identifier: Apache-2.0
/* A driver removes its interval notifier and frees it, while a page of the interval is dropped. */
#include <linux/mmu_notifier.h>
#include <linux/slab.h>
#include <shootdown/scenario.h>

struct mirror {
	struct mmu_interval_notifier notifier;
	unsigned long told;
};

static struct mm_struct *mm;
static unsigned long va;
static struct mirror *mirror;

static bool invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range, unsigned long seq)
{
	mmu_interval_set_seq(notifier, seq);
	container_of(notifier, struct mirror, notifier)->told++;
	return true;
}

static const struct mmu_interval_notifier_ops ops = { .invalidate = invalidate };

static void remove(void *unused)
{
	mmu_interval_notifier_remove(&mirror->notifier);
	kfree(mirror);
}

static void drop(void *unused)
{
	sd_madvise(mm, va, 1, MADV_DONTNEED);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	mirror = kzalloc(sizeof(*mirror), GFP_KERNEL);
	if (mmu_interval_notifier_insert(&mirror->notifier, mm, va, PAGE_SIZE, &ops))
		__sd_fail("scenario", "the notifier is refused", 0, 0, 0);
	sd_cpu_run(0, NULL, "remove", remove, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
}
