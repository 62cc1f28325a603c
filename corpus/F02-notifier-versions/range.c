// SPDX-License-Identifier: Apache-2.0
/*
 * range.c - a driver of 4.14: start and end are all there is, and start cannot fail.
 *
 * -DMISTAKE=1 has a start alone, which takes the entry away; but a fault may make it again before the range ends, as the page is still there.
 * 2: faults wait until nothing is running, but forget the sequence: a whole invalidation may pass between reading the page and mapping it.
 * 3: the sequence, but not what is running.
 */
// shootdown: --kernel 4.14
#include "world.h"

struct driver {
	struct mmu_notifier mn;
	spinlock_t lock;		/* everything below */
	unsigned long seq;
	int running;
	struct device dev;
};

static struct driver driver;

static void driver_start(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct driver *d = container_of(mn, struct driver, mn);

	spin_lock(&d->lock);
	if (MISTAKE != 1)
		d->running++;
	if (start <= va && va < end)
		WRITE_ONCE(d->dev.entry, NULL);
	spin_unlock(&d->lock);
}

static void driver_end(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct driver *d = container_of(mn, struct driver, mn);

	spin_lock(&d->lock);
	WRITE_ONCE(d->seq, !d->seq);
	d->running--;
	spin_unlock(&d->lock);
}

static const struct mmu_notifier_ops driver_ops = {
	.invalidate_range_start = driver_start,
	.invalidate_range_end = MISTAKE == 1 ? NULL : driver_end,
};

static void driver_fault(struct driver *d)
{
	unsigned long seq = READ_ONCE(d->seq);
	struct page *page;

	sd_enter_kernel();
	BUG_ON(get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1);
	spin_lock(&d->lock);
	if ((MISTAKE == 3 || !d->running) && (MISTAKE == 2 || d->seq == seq))
		WRITE_ONCE(d->dev.entry, page);
	spin_unlock(&d->lock);
	put_page(page);
	sd_leave_kernel();
}

static void device(void *unused)
{
	if (!device_write(&driver.dev))
		driver_fault(&driver);
}

void scenario(void)
{
	one_page(NULL);
	driver.mn.ops = &driver_ops;
	if (!DEAF)
		mmu_notifier_register(&driver.mn, mm);
	sd_cpu_run(0, mm, "madvise", dontneed, NULL);
	shown = &driver.dev;
	sd_loop_thread(1, "device", mm, device, NULL);
}
