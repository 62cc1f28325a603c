// SPDX-License-Identifier: Apache-2.0
/*
 * A CPU with PCIDs goes to another address space and back, while a page of the first one is dropped. What it has cached of the first one stays in its TLB meanwhile,
 * and no flush reaches it: it has to see at its return that it missed one.
 * -DBACK=0: it comes to the address space for the first time.
 */
// shootdown: -DSD_PCID -DBACK=1
#include <shootdown/scenario.h>

static struct mm_struct *first, *second;
static unsigned long va;

static void user(void *unused)
{
	if (BACK) {
		sd_user_write(va);
		sd_switch_mm(second);
	}
	sd_switch_mm(first);
	sd_user_write(va);
}

static void drop(void *unused)
{
	sd_madvise(first, va, 1, MADV_DONTNEED);
}

void scenario(void)
{
	first = sd_mm("A");
	second = sd_mm("B");
	va = sd_mmap(first, NULL, 1);
	sd_populate(first, va);
	sd_cpu_run(0, BACK ? first : second, "user", user, NULL);
	sd_cpu_run(1, first, "drop", drop, NULL);
}
