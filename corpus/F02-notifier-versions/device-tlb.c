// SPDX-License-Identifier: Apache-2.0
/*
 * device-tlb.c - a device that walks the CPU's page tables and caches what it finds: its driver has nothing to map, only to flush.
 *
 * Up to 6.1 that is invalidate_range, from 6.6 on arch_invalidate_secondary_tlbs. -DMISTAKE=1 flushes at range end alone: by then the page is
 * free. 2 flushes at range start alone: the device may walk again before the entry goes. 3 (6.6) asks for both at once, which no kernel since takes.
 */
// shootdown: --kernel 6.6
#include "world.h"

struct driver {
	struct mmu_notifier mn;
	struct sd_walker *tlb;
};

static struct driver driver;

static void driver_flush(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_tlb_drop(container_of(mn, struct driver, mn)->tlb, start, end);
	__sd_event("device-flush", "the device drops {0:x}-{1:x}", start, end, 0);
	__sd_atomic_end();
}

static __maybe_unused int driver_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	if (MISTAKE == 2)
		driver_flush(mn, range->mm, range->start, range->end);
	return 0;
}

static __maybe_unused void driver_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	if (MISTAKE == 1)
		driver_flush(mn, range->mm, range->start, range->end);
}

static const struct mmu_notifier_ops driver_ops = {
#if MISTAKE == 0 || MISTAKE == 3
#if SD_KERNEL >= 606
	.arch_invalidate_secondary_tlbs = driver_flush,
#else
	.invalidate_range = driver_flush,
#endif
#endif
#if MISTAKE != 0
	.invalidate_range_start = driver_start,
	.invalidate_range_end = driver_end,
#endif
};

static void device(void *unused)
{
	sd_walker_access(driver.tlb, va, 1, true);
}

void scenario(void)
{
	one_page(NULL);
	driver.tlb = &sd_walkers[sd_nr_walkers++];
	driver.tlb->name = "device";
	driver.tlb->mm = mm;
	driver.mn.ops = &driver_ops;
	if (!DEAF)
		mmu_notifier_register(&driver.mn, mm);
	sd_cpu_run(0, mm, "madvise", dontneed, NULL);
	sd_loop_thread(1, "device", mm, device, NULL);
}
