// SPDX-License-Identifier: Apache-2.0
/*
 * get-put.c - a driver of 5.4 and later that leaves it to the core how long its notifier lives: get at open, put at close, freed in free_notifier.
 *
 * -DMISTAKE=1 puts before the device's entry is gone. 2 frees the notifier's memory itself, at once, though a callback may be in it.
 */
// shootdown: --kernel 5.4
#include <linux/err.h>
#include <linux/slab.h>

#include "world.h"

struct driver {
	struct mmu_notifier mn;
	spinlock_t lock;		/* everything below */
	unsigned long seq;
	int running;
};

static struct driver *driver;
static struct device dev;

static int driver_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct driver *d = container_of(mn, struct driver, mn);

	spin_lock(&d->lock);
	d->running++;
	if (!DEAF && range->start <= va && va < range->end)
		WRITE_ONCE(dev.entry, NULL);
	spin_unlock(&d->lock);
	return 0;
}

static void driver_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct driver *d = container_of(mn, struct driver, mn);

	spin_lock(&d->lock);
	d->seq = !d->seq;
	d->running--;
	spin_unlock(&d->lock);
}

static struct mmu_notifier *driver_alloc(struct mm_struct *mm)
{
	struct driver *d = kzalloc(sizeof(*d), GFP_KERNEL);

	spin_lock_init(&d->lock);
	return &d->mn;
}

static void driver_free(struct mmu_notifier *mn)
{
	if (MISTAKE != 2)
		kfree(container_of(mn, struct driver, mn));
}

static const struct mmu_notifier_ops driver_ops = {
	.invalidate_range_start = driver_start,
	.invalidate_range_end = driver_end,
	.alloc_notifier = driver_alloc,
	.free_notifier = driver_free,
};

static void driver_fault(struct driver *d)
{
	struct page *page;
	unsigned long seq;

	spin_lock(&d->lock);
	seq = d->seq;
	spin_unlock(&d->lock);
	BUG_ON(get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1);
	spin_lock(&d->lock);
	if (!d->running && d->seq == seq)
		WRITE_ONCE(dev.entry, page);
	spin_unlock(&d->lock);
	put_page(page);
}

/* The process uses the device once and closes it. */
static void use_and_close(void *unused)
{
	struct driver *d = driver;

	driver_fault(d);
	if (MISTAKE == 1)
		mmu_notifier_put(&d->mn);
	device_write(&dev);
	if (MISTAKE != 1) {
		spin_lock(&d->lock);
		WRITE_ONCE(dev.entry, NULL);
		spin_unlock(&d->lock);
		mmu_notifier_put(&d->mn);
	}
	if (MISTAKE == 2)
		kfree(d);
}

void scenario(void)
{
	struct mmu_notifier *mn;

	one_page(NULL);
	mn = mmu_notifier_get(&driver_ops, mm);
	BUG_ON(IS_ERR(mn));
	driver = container_of(mn, struct driver, mn);
	sd_cpu_run(0, mm, "madvise", dontneed, NULL);
	shown = &dev;
	sd_cpu_run(1, mm, "device", use_and_close, NULL);
}
