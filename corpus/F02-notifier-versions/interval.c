// SPDX-License-Identifier: Apache-2.0
/*
 * interval.c - a driver of 5.10 and later with an interval notifier: it samples the sequence, gets the page, and installs it under its lock
 * if the sequence is still the same.
 *
 * -DREAPER=1: the page goes by the OOM reaper, which may not block. -DMISTAKE=1 leaves out read_retry. 2: out set_seq. 3 sets the sequence after it has
 * given up the lock. 4 returns false although it might have waited. 5 waits although it must not. 6 calls read_begin with the lock held
 * (found with -DCPUS=2: one invalidation runs, another wants the lock).
 * -DLATE=1: the device is opened when pages may be going already, beside another that is open: its interval comes and goes in the middle of an invalidation.
 * -DOLD=1: a driver of the old kind on the same process, whose start fails: then the range that began for the interval never ends.
 */
// shootdown: --kernel 5.10
#include <linux/slab.h>

#include "world.h"

#ifndef REAPER
#define REAPER 0
#endif
#ifndef CPUS
#define CPUS 1
#endif
#ifndef LATE
#define LATE 0
#endif
#ifndef OLD
#define OLD 0
#endif

struct driver {
	struct mmu_interval_notifier mni;
	struct mutex lock;
	struct device dev;
};

static bool driver_invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct driver *d = container_of(mni, struct driver, mni);

	if (MISTAKE == 5 || (MISTAKE != 4 && mmu_notifier_range_blockable(range)))
		mutex_lock(&d->lock);
	else if (!mutex_trylock(&d->lock))
		return false;
	if (MISTAKE != 2 && MISTAKE != 3)
		mmu_interval_set_seq(mni, cur_seq);
	WRITE_ONCE(d->dev.entry, NULL);
	mutex_unlock(&d->lock);
	if (MISTAKE == 3)
		mmu_interval_set_seq(mni, cur_seq);
	return true;
}

static const struct mmu_interval_notifier_ops driver_ops = {
	.invalidate = driver_invalidate,
};

static void driver_fault(struct driver *d)
{
	struct page *page;
	unsigned long seq;

	if (MISTAKE == 6)
		mutex_lock(&d->lock);
	seq = mmu_interval_read_begin(&d->mni);
	if (MISTAKE == 6)
		mutex_unlock(&d->lock);
	BUG_ON(get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1);
	mutex_lock(&d->lock);
	if (MISTAKE == 1 || !mmu_interval_read_retry(&d->mni, seq))
		WRITE_ONCE(d->dev.entry, page);
	mutex_unlock(&d->lock);
	put_page(page);
}

static struct driver *driver_open(void)
{
	struct driver *d = kzalloc(sizeof(*d), GFP_KERNEL);

	mutex_init(&d->lock);
	BUG_ON(mmu_interval_notifier_insert(&d->mni, mm, va + DEAF * PAGE_SIZE, PAGE_SIZE, &driver_ops));
	return d;
}

static void driver_close(struct driver *d)
{
	mutex_lock(&d->lock);
	WRITE_ONCE(d->dev.entry, NULL);
	mutex_unlock(&d->lock);
	mmu_interval_notifier_remove(&d->mni);
	kfree(d);
}

/* The process uses the device, twice if it has to, and closes it. */
static void use_and_close(void *opened)
{
	struct driver *d = LATE ? driver_open() : opened;
	int i;

	for (i = 0; i < 2; i++)
		if (!device_write(&d->dev))
			driver_fault(d);
	device_write(&d->dev);
	driver_close(d);
}

static int old_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	return mmu_notifier_range_blockable(range) ? 0 : -EAGAIN;
}

static const struct mmu_notifier_ops old_ops = { .invalidate_range_start = old_start };
static struct mmu_notifier old = { .ops = &old_ops };

void scenario(void)
{
	struct driver *d;

	one_page(NULL);
	if (OLD)
		mmu_notifier_register(&old, mm);
	d = driver_open();
	sd_cpu_run(0, mm, REAPER ? "reaper" : "madvise", REAPER ? reap : dontneed, NULL);
	if (CPUS > 1)
		sd_cpu_run(1, mm, "madvise2", dontneed, NULL);
	shown = &d->dev;
	sd_cpu_run(2, mm, "device", use_and_close, d);
}
