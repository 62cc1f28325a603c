// SPDX-License-Identifier: Apache-2.0
/* The last user of an address space leaves while a CPU still has it loaded lazily: the tables go. A plain run, to see that nothing is left behind. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void leave(void *unused)
{
	sd_user_write(va);
	sd_switch_mm(&init_mm);
	sd_exit(mm);
}

void sd_at_end(void)
{
	if (sd_pages_in_use())
		__sd_fail("leak", "the address space is gone, and {0:d} of its pages are not free", sd_pages_in_use(), 0, 0);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 2);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "leave", leave, NULL);
}
