// SPDX-License-Identifier: Apache-2.0
/*
 * Somebody holds mmap_lock for writing and believes that no fault comes. LOCK=1: he has the VMA's lock too. MEMORY: 0 anonymous, faulted in before;
 * 1 anonymous, never; 2 a file's; 3 hugetlb. -DDEVICE: a device that walks the tables faults, not a CPU.
 */
// shootdown: --kernel 6.12 -DLOCK=0 -DMEMORY=0
#include <shootdown/scenario.h>

static unsigned long va, size = PAGE_SIZE;

static void user(void *unused)
{
	sd_user_write(va);
}

#ifdef DEVICE
static void dma(void *device)
{
	sd_device_write(device, va);
}
#endif

static void driver(void *arg)
{
	struct mm_struct *mm = arg;
	u64 *slot = sd_leaf_slot(mm, va, size), before, after;

	mmap_write_lock(mm);
#if SD_KERNEL >= 604
	if (LOCK)
		vma_start_write(find_vma(mm, va));
#endif
	before = READ_ONCE(*slot);
	after = READ_ONCE(*slot);
	BUG_ON(before != after);
	mmap_write_unlock(mm);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");
	struct file *file = MEMORY == 3 ? sd_hugetlb_file("file", 2) : MEMORY == 2 ? sd_file("file", 2) : NULL;

	va = sd_mmap(mm, file, 2);
	size = MEMORY == 3 ? HPAGE_SIZE : PAGE_SIZE;
	/* So that the tables are there. */
	if (MEMORY == 1)
		sd_pte_alloc(mm, va);
	else
		sd_populate(mm, va + size);
#ifdef DEVICE
	struct sd_device *device = sd_device("gpu", mm);

	sd_device_run(device, dma, device);
#else
	sd_cpu_run(0, mm, "user", user, NULL);
#endif
	sd_cpu_run(1, mm, "driver", driver, mm);
}
