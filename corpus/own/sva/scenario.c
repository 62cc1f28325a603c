// SPDX-License-Identifier: Apache-2.0
/*
 * A device that walks the page tables (SVA) writes to a page while the host's CPU takes the page away. CALL: 0 MADV_DONTNEED,
 * 1 munmap(), 2 mremap(), 3 migrate_pages(), 4 mprotect().
 */
#include <shootdown/scenario.h>

#ifndef CALL
#define CALL 0
#endif

static struct mm_struct *mm;
static struct sd_device *dev;
static unsigned long va;

static void device(void *unused)
{
	sd_device_write(dev, va);
}

static void host(void *unused)
{
	switch (CALL) {
	case 0: sd_madvise(mm, va, 1, MADV_DONTNEED); break;
	case 1: sd_munmap(mm, va, 1); break;
	case 2: sd_mremap(mm, va, 1); break;
	case 3: sd_migrate(mm, va); break;
	case 4: sd_mprotect(mm, va, 1, false); break;
	}
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	dev = sd_device("device", mm);
	sd_device_run(dev, device, NULL);
	sd_cpu_run(1, mm, "host", host, NULL);
}
