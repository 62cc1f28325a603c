// SPDX-License-Identifier: Apache-2.0
/*
 * harness.c - a driver with an interval notifier, on the kernel's own mm/mmu_notifier.c.
 *
 * The driver gives a device entries for the pages of a process: it samples the notifier's sequence, reads the page table, and installs
 * what it read under its own lock if no invalidation came in between. CPUs unmap and free those pages meanwhile.
 * -DVARIANT=NAME makes one mistake of the list below; CORRECT makes none.
 * Bounds: -DPAGES (in the range), -DCPUS (that unmap), -DROUNDS (unmap and map again, for each CPU), -DFAULTS (by a driver), -DDRIVERS;
 * -DNONBLOCK=1: the CPUs may not sleep, like the OOM reaper. -DOLD=1: a notifier of the older kind on the same mm, which cannot do without sleeping.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <shootdown/harness.h>

enum {
	CORRECT,
	NO_RETRY,               /* installs what it read, whatever came in between */
	RETRY_OUTSIDE_LOCK,     /* mmu_interval_read_retry() before taking the lock */
	INSTALL_AFTER_UNLOCK,   /* retry checked under the lock, entry written after it */
	NO_SET_SEQ,             /* the callback forgets mmu_interval_set_seq() */
	INVALIDATE_WITHOUT_LOCK,/* the callback does not take the driver's lock */
	SEQ_AFTER_READ,         /* mmu_interval_read_begin() after reading the page table */
	SEQ_AGAIN_EACH_PAGE,    /* the sequence sampled again for each page, only the last checked */
	BEGIN_UNDER_LOCK,       /* waits in mmu_interval_read_begin() with the lock that the callback needs */
	REMOVE_UNDER_LOCK,      /* the same with mmu_interval_notifier_remove() */
	REMOVE_BEFORE_TEARDOWN, /* the device keeps its entries a little longer than the notifier */
	FREE_BEFORE_REMOVE,     /* the driver's object goes before its notifier */
	NO_BEGIN_AT_OPEN,       /* entries installed at open as if nothing could be going on */
	SHORT_RANGE,            /* the CPU announces one page less than it unmaps */
	UNMAP_AFTER_END,        /* the CPU clears its page table after range_end */
	TRYLOCK_ALWAYS,         /* the callback gives up on a held lock although it might have waited */
	UNMAP_AFTER_EAGAIN,     /* the CPU, which may not block, unmaps although the driver said to try later */
};

#ifndef VARIANT
#define VARIANT CORRECT
#endif
#ifndef PAGES
#define PAGES 1
#endif
#ifndef CPUS
#define CPUS 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef DRIVERS
#define DRIVERS 1
#endif
#ifndef NONBLOCK
#define NONBLOCK 0
#endif
#ifndef OLD
#define OLD 0
#endif

/* ---- the process: a page table of PAGES entries, each the number of a physical page, or 0 ---- */

#define BASE 0x100000UL
#define PHYSICAL (PAGES + CPUS * ROUNDS * PAGES + 1)

struct mm_struct mm;
static DEFINE_SPINLOCK(page_table_lock);
unsigned long page_table[PAGES];
unsigned long freed[PHYSICAL];

/* ---- the driver ---- */

/* What a device's own MMU holds. */
struct device {
	unsigned long entry[PAGES];
};

struct driver {
	struct mmu_interval_notifier notifier;
	struct mutex lock;
	struct device *device;
};

struct device devices[DRIVERS];

static void device_access(struct device *device, int i)
{
	__sd_atomic_begin(SD_STEP, device);
	if (freed[device->entry[i]]) {
		__sd_event("because", "The page was freed in {0:w}", (sd_u64)&freed[device->entry[i]], 0, 0);
		__sd_event("stale", "The device's entry was made in {0:w}, and no invalidate callback has removed it since",
			   (sd_u64)&device->entry[i], 0, 0);
		__sd_fail("freed-page-access", "the device reaches page {0:d} at index {1:d}, which was freed", device->entry[i], i, 0);
	}
	__sd_atomic_end();
}

static bool driver_invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range, unsigned long seq)
{
	struct driver *driver = container_of(notifier, struct driver, notifier);
	int i;

	if (VARIANT == TRYLOCK_ALWAYS || !mmu_notifier_range_blockable(range)) {
		if (!mutex_trylock(&driver->lock))
			return false;
	} else if (VARIANT != INVALIDATE_WITHOUT_LOCK) {
		mutex_lock(&driver->lock);
	}
	if (VARIANT != NO_SET_SEQ)
		mmu_interval_set_seq(notifier, seq);
	for (i = 0; i < PAGES; i++)
		if (range->start <= BASE + i * PAGE_SIZE && BASE + i * PAGE_SIZE < range->end)
			WRITE_ONCE(driver->device->entry[i], 0);
	if (VARIANT != INVALIDATE_WITHOUT_LOCK)
		mutex_unlock(&driver->lock);
	return true;
}

static const struct mmu_interval_notifier_ops driver_ops = { .invalidate = driver_invalidate };

static int old_start(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	return mmu_notifier_range_blockable(range) ? 0 : -EAGAIN;
}

static const struct mmu_notifier_ops old_ops = { .invalidate_range_start = old_start };
static struct mmu_notifier old = { .ops = &old_ops };

static unsigned long read_page_table(int i)
{
	unsigned long page;

	mmap_read_lock(&mm);
	spin_lock(&page_table_lock);
	page = page_table[i];
	spin_unlock(&page_table_lock);
	mmap_read_unlock(&mm);
	return page;
}

static void install(struct device *device, const unsigned long *page)
{
	int i;

	for (i = 0; i < PAGES; i++)
		WRITE_ONCE(device->entry[i], page[i]);
}

static void driver_fault(struct driver *driver)
{
	unsigned long seq = 0, page[PAGES];
	bool again;
	int i;

	do {
		if (VARIANT == BEGIN_UNDER_LOCK)
			mutex_lock(&driver->lock);
		if (VARIANT != SEQ_AFTER_READ)
			seq = mmu_interval_read_begin(&driver->notifier);
		if (VARIANT == BEGIN_UNDER_LOCK)
			mutex_unlock(&driver->lock);
		for (i = 0; i < PAGES; i++) {
			if (VARIANT == SEQ_AGAIN_EACH_PAGE && i)
				seq = mmu_interval_read_begin(&driver->notifier);
			page[i] = read_page_table(i);
		}
		if (VARIANT == SEQ_AFTER_READ)
			seq = mmu_interval_read_begin(&driver->notifier);

		if (VARIANT == RETRY_OUTSIDE_LOCK)
			again = mmu_interval_read_retry(&driver->notifier, seq);
		mutex_lock(&driver->lock);
		if (VARIANT == NO_RETRY)
			again = false;
		else if (VARIANT != RETRY_OUTSIDE_LOCK)
			again = mmu_interval_read_retry(&driver->notifier, seq);
		if (!again && VARIANT != INSTALL_AFTER_UNLOCK)
			install(driver->device, page);
		mutex_unlock(&driver->lock);
		if (!again && VARIANT == INSTALL_AFTER_UNLOCK)
			install(driver->device, page);
	} while (again);
}

static struct driver *driver_open(struct device *device)
{
	struct driver *driver = kzalloc(sizeof(*driver), GFP_KERNEL);

	__sd_event("name", DRIVERS > 1 ? "driver#{1:d}" : "driver", (sd_u64)driver, (sd_u64)(device - devices + 1), 0);
	mutex_init(&driver->lock);
	driver->device = device;
	if (mmu_interval_notifier_insert(&driver->notifier, &mm, BASE, PAGES * PAGE_SIZE, &driver_ops))
		__sd_fail("setup", "mmu_interval_notifier_insert failed", 0, 0, 0);
	if (VARIANT == NO_BEGIN_AT_OPEN) {
		unsigned long page[PAGES];
		int i;

		for (i = 0; i < PAGES; i++)
			page[i] = read_page_table(i);
		mutex_lock(&driver->lock);
		install(driver->device, page);
		mutex_unlock(&driver->lock);
	}
	return driver;
}

static void driver_close(struct driver *driver)
{
	static const unsigned long none[PAGES];

	if (VARIANT == REMOVE_BEFORE_TEARDOWN)
		mmu_interval_notifier_remove(&driver->notifier);
	if (VARIANT == REMOVE_BEFORE_TEARDOWN)
		device_access(driver->device, 0);
	mutex_lock(&driver->lock);
	install(driver->device, none);
	if (VARIANT == REMOVE_UNDER_LOCK)
		mmu_interval_notifier_remove(&driver->notifier);
	mutex_unlock(&driver->lock);
	if (VARIANT == FREE_BEFORE_REMOVE)
		kfree(driver);
	if (VARIANT != REMOVE_UNDER_LOCK && VARIANT != REMOVE_BEFORE_TEARDOWN)
		mmu_interval_notifier_remove(&driver->notifier);
	if (VARIANT != FREE_BEFORE_REMOVE)
		kfree(driver);
}

static void driver_thread(void *device)
{
	struct driver *driver = driver_open(device);
	int n, i;

	if (VARIANT == NO_BEGIN_AT_OPEN)
		device_access(device, 0);
	for (n = 0; n < FAULTS; n++) {
		driver_fault(driver);
		for (i = 0; i < PAGES; i++)
			device_access(device, i);
	}
	driver_close(driver);
}

/* ---- a CPU: unmap the range, free what was there, map fresh pages ---- */

static void clear_page_table(unsigned long *old)
{
	int i;

	spin_lock(&page_table_lock);
	for (i = 0; i < PAGES; i++) {
		old[i] = page_table[i];
		page_table[i] = 0;
	}
	spin_unlock(&page_table_lock);
}

/* False if it may not block and a subscriber would have to. */
static bool unmap_range(unsigned long *old)
{
	struct mmu_notifier_range range;

	sd_range_init(&range, MMU_NOTIFY_CLEAR, &mm, BASE + (VARIANT == SHORT_RANGE ? PAGE_SIZE : 0),
				BASE + PAGES * PAGE_SIZE);
	if (NONBLOCK) {
		if (mmu_notifier_invalidate_range_start_nonblock(&range)) {
			if (VARIANT == UNMAP_AFTER_EAGAIN)
				clear_page_table(old);
			return VARIANT == UNMAP_AFTER_EAGAIN;
		}
	} else {
		mmu_notifier_invalidate_range_start(&range);
	}
	if (VARIANT != UNMAP_AFTER_END)
		clear_page_table(old);
	mmu_notifier_invalidate_range_end(&range);
	if (VARIANT == UNMAP_AFTER_END)
		clear_page_table(old);
	return true;
}

static void cpu_thread(void *arg)
{
	unsigned long fresh = PAGES + 1 + (unsigned long)arg * ROUNDS * PAGES;
	unsigned long old[PAGES];
	int n, i;

	for (n = 0; n < ROUNDS; n++) {
		bool unmapped;

		mmap_read_lock(&mm);
		unmapped = unmap_range(old);
		mmap_read_unlock(&mm);
		if (!unmapped)
			continue;
		for (i = 0; i < PAGES; i++)
			if (old[i])
				WRITE_ONCE(freed[old[i]], 1);
		if (n + 1 == ROUNDS)
			break;
		mmap_read_lock(&mm);
		spin_lock(&page_table_lock);
		for (i = 0; i < PAGES; i++, fresh++)
			if (!page_table[i])
				page_table[i] = fresh;
		spin_unlock(&page_table_lock);
		mmap_read_unlock(&mm);
	}
}

void scenario(void)
{
	static const char *const driver_name[] = { "driver", "driver2" };
	static const char *const cpu_name[] = { "CPU0", "CPU1", "CPU2" };
	long i;

	sd_mm_init(&mm);
	for (i = 0; i < PAGES; i++)
		page_table[i] = i + 1;
	if (OLD && mmu_notifier_register(&old, &mm))
		__sd_fail("setup", "mmu_notifier_register failed", 0, 0, 0);
	for (i = 0; i < DRIVERS; i++)
		sd_run(driver_name[i], &mm, driver_thread, &devices[i]);
	for (i = 0; i < CPUS; i++)
		sd_run(cpu_name[i], &mm, cpu_thread, (void *)i);
}

void sd_final(void)
{
	if (atomic_read(&mm.mm_count) != 1 + OLD)
		__sd_fail("leak", "mm_count is {0:d} when all is over, not {1:d}", atomic_read(&mm.mm_count), 1 + OLD, 0);
}
