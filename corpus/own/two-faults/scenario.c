// SPDX-License-Identifier: Apache-2.0
/*
 * Two threads of a process write to the same address, where no page is yet: both fault, and one page must hold both writes. With -DLEFT=1 one page is all
 * that may be left.
 */
#include <shootdown/scenario.h>

#ifndef LEFT
#define LEFT 0
#endif

static struct mm_struct *mm;
static unsigned long va;
static unsigned int before;

static void write(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

/* Who came second has given its page back. */
void sd_at_end(void)
{
	if (LEFT && sd_pages_in_use() != before + 1)
		__sd_fail("leak", "the faults have left {0:d} pages instead of one", sd_pages_in_use() - before, 0, 0);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 2);
	/* The neighbour, so that the tables are there. */
	sd_populate(mm, va + PAGE_SIZE);
	sd_cpu_run(0, mm, "write 0", write, NULL);
	sd_cpu_run(1, mm, "write 1", write, NULL);
	before = sd_pages_in_use();
}
