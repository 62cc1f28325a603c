// SPDX-License-Identifier: Apache-2.0
/* Two threads of a process write to the same address, where no page is yet: both fault, and one page must hold both writes. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void write(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 2);
	/* The neighbour, so that the tables are there. */
	sd_populate(mm, va + PAGE_SIZE);
	sd_cpu_run(0, mm, "write 0", write, NULL);
	sd_cpu_run(1, mm, "write 1", write, NULL);
}
