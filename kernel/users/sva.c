// SPDX-License-Identifier: Apache-2.0
/*
 * sva.c - a device that shares the CPU's page tables (shared virtual addressing).
 *
 * It translates with a walker of its own, whose cached translations only a notifier flushes: it is in no cpumask and takes no
 * interrupt. Its page faults are served by the kernel as those of a CPU. Its flush is one operation and
 * does not sleep, so it may be called under a page-table lock.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct sd_device {
	struct sd_walker *walker;
	struct mmu_notifier mn;
};

void sd_tlb_daemon(void *walker);

static struct sd_device devices[SD_NR_DEVICES];
static int nr_devices;

static void device_flush(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct sd_device *dev = container_of(mn, struct sd_device, mn);

	(void)mm;
	__sd_atomic_begin(SD_STEP, NULL);
	sd_tlb_drop(dev->walker, start, end);
	__sd_event("device-flush", "{0:s} drops its translations of {1:x}-{2:x}", (sd_u64)dev->walker->name, start, end);
	__sd_atomic_end();
}

#if SD_KERNEL < 413
static void device_flush_page(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address)
{
	device_flush(mn, mm, address, address + PAGE_SIZE);
}
#endif

static const struct mmu_notifier_ops device_ops = {
	SD_RANGE_OPS(device_flush)
#if SD_KERNEL < 413
	.invalidate_page = device_flush_page,
#endif
};

struct sd_device *sd_device(const char *name, struct mm_struct *mm)
{
	struct sd_device *dev = &devices[nr_devices];
	struct sd_walker *w = &sd_walkers[NR_CPUS + nr_devices];

	if (nr_devices >= SD_NR_DEVICES)
		__sd_fail("model-limit", "the scenario has more devices than SD_NR_DEVICES, which is {0:d}", SD_NR_DEVICES, 0, 0);
	nr_devices++;
	sd_nr_walkers = NR_CPUS + nr_devices;
	w->name = name;
	w->mm = mm;
	mm->sd_mirrored = true;
	dev->walker = w;
	dev->mn.ops = &device_ops;
	mmu_notifier_register(&dev->mn, mm);
#ifdef SD_TLB_NAIVE
	sd_loop_thread(0, "TLB", NULL, sd_tlb_daemon, w);
#endif
	return dev;
}

void sd_device_run(struct sd_device *dev, void (*fn)(void *arg), void *arg)
{
	sd_loop_thread(0, dev->walker->name, dev->walker->mm, fn, arg);
}

void sd_device_write(struct sd_device *dev, unsigned long va)
{
	sd_walker_access(dev->walker, va, 1, true);
}

void sd_device_read(struct sd_device *dev, unsigned long va)
{
	sd_walker_access(dev->walker, va, 1, false);
}

void sd_device_write_any(struct sd_device *dev, unsigned long va, unsigned int nr)
{
	sd_walker_access(dev->walker, va, nr, true);
}
