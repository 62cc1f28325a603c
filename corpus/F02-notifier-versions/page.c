// SPDX-License-Identifier: Apache-2.0
/*
 * page.c - a driver of 4.4: start and end for ranges, invalidate_page for the single pages of reclaim and migration, which have no range.
 *
 * -DMISTAKE=1 has no invalidate_page, as if start and end were all. 2: its invalidate_page does not move the sequence,
 * so a fault under way maps the page that has just gone.
 */
// shootdown: --kernel 4.4
#include "world.h"

struct driver {
	struct mmu_notifier mn;
	spinlock_t lock;		/* everything below */
	unsigned long seq;
	int running;
	struct device dev;
};

static struct driver driver;

static void driver_invalidate_page(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address)
{
	struct driver *d = container_of(mn, struct driver, mn);

	if (address != va)
		return;
	spin_lock(&d->lock);
	if (MISTAKE != 2)
		WRITE_ONCE(d->seq, !d->seq);
	WRITE_ONCE(d->dev.entry, NULL);
	spin_unlock(&d->lock);
}

static void driver_start(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct driver *d = container_of(mn, struct driver, mn);

	spin_lock(&d->lock);
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
#if MISTAKE != 1
	.invalidate_page = driver_invalidate_page,
#endif
	.invalidate_range_start = driver_start,
	.invalidate_range_end = driver_end,
};

static void driver_fault(struct driver *d)
{
	unsigned long seq = READ_ONCE(d->seq);
	struct page *page;

	sd_enter_kernel();
	BUG_ON(get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1);
	spin_lock(&d->lock);
	if (!d->running && d->seq == seq)
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
	struct file *file = sd_file("file", 1);

	(void)driver_invalidate_page;
	one_page(file);
	driver.mn.ops = &driver_ops;
	if (!DEAF)
		mmu_notifier_register(&driver.mn, mm);
	sd_cpu_run(0, NULL, "migrate", migrate, file);
	shown = &driver.dev;
	sd_loop_thread(1, "device", mm, device, NULL);
}
