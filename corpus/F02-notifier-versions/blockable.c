// SPDX-License-Identifier: Apache-2.0
/*
 * blockable.c - a driver of 4.19 and later: start may be told not to block, and says -EAGAIN then.
 *
 * Its mapping is made once, under a mutex, and is never made again (as in gntdev, or hfi1), so start is all it needs: a callback that can fail must not come with range_end.
 * An ioctl holds the mutex now and then. The page goes by madvise, or with -DREAPER=1 by the OOM reaper, which may not block.
 * -DMISTAKE=1 gives up on a held mutex even if it may block. 2 sleeps even if it may not. 3 has an end as well.
 * -DGUEST=1: a guest of the same process, whose start did not fail. If the driver's does, up to 5.10 the guest gets no end.
 */
// shootdown: --kernel 4.19
#include "world.h"

#ifndef REAPER
#define REAPER 0
#endif
#ifndef GUEST
#define GUEST 0
#endif

struct driver {
	struct mmu_notifier mn;
	struct mutex lock;
	struct device dev;
};

static struct driver driver;

static int unmap(struct driver *d, unsigned long start, unsigned long end, bool blockable)
{
	if (MISTAKE == 2 || (MISTAKE != 1 && blockable))
		mutex_lock(&d->lock);
	else if (!mutex_trylock(&d->lock))
		return -EAGAIN;
	if (start <= va && va < end)
		WRITE_ONCE(d->dev.entry, NULL);
	mutex_unlock(&d->lock);
	return 0;
}

#if SD_KERNEL >= 504
static int driver_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	return unmap(container_of(mn, struct driver, mn), range->start, range->end, mmu_notifier_range_blockable(range));
}

static void driver_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
}
#else
static int driver_start(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end, bool blockable)
{
	return unmap(container_of(mn, struct driver, mn), start, end, blockable);
}

static void driver_end(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
}
#endif

static const struct mmu_notifier_ops driver_ops = {
	.invalidate_range_start = driver_start,
	.invalidate_range_end = MISTAKE == 3 ? driver_end : NULL,
};

static void driver_map(struct driver *d)
{
	struct page *page;

	BUG_ON(get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1);
	mutex_lock(&d->lock);
	WRITE_ONCE(d->dev.entry, page);
	mutex_unlock(&d->lock);
	put_page(page);
}

static void driver_ioctl(void *unused)
{
	mutex_lock(&driver.lock);
	mutex_unlock(&driver.lock);
}

static void device(void *unused)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (!device_write(&driver.dev))
		__sd_block();
	__sd_atomic_end();
}

void scenario(void)
{
	one_page(NULL);
	if (GUEST)
		sd_kvm("guest", mm, va, 1);
	driver.mn.ops = &driver_ops;
	if (!DEAF)
		mmu_notifier_register(&driver.mn, mm);
	current->mm = mm;
	driver_map(&driver);
	sd_cpu_run(0, mm, REAPER ? "reaper" : "madvise", REAPER ? reap : dontneed, NULL);
	sd_cpu_run(1, mm, "ioctl", driver_ioctl, NULL);
	shown = &driver.dev;
	sd_loop_thread(2, "device", mm, device, NULL);
}
