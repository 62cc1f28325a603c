// SPDX-License-Identifier: Apache-2.0
/*
 * A page is in swap. Two threads of its process fault on it; one of them writes to it, and the page is swapped out again, to the only slot.
 */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void reader(void *unused)
{
	sd_user_read(va);
}

static void writer(void *unused)
{
	sd_user_write(va);
	sd_swap_out(mm, va);
}

void scenario(void)
{
	mm = sd_mm("A");
	sd_swapon(1);
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	if (sd_swap_out(mm, va))
		__sd_fail("scenario", "the page is not swapped out", 0, 0, 0);
	sd_cpu_run(0, mm, "reader", reader, NULL);
	sd_cpu_run(1, mm, "writer", writer, NULL);
}
