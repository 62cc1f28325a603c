// SPDX-License-Identifier: Apache-2.0
/*
 * Two threads drop the same page (MADV_DONTNEED) while the process writes to it, over and over; with MAPPED=1 once, and not if it would fault.
 */
#include <shootdown/scenario.h>

#ifndef MAPPED
#define MAPPED 0
#endif

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	if (MAPPED)
		sd_user_write_mapped(va);
	else
		sd_user_write(va);
}

static void drop(void *unused)
{
	sd_madvise(mm, va, 1, MADV_DONTNEED);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	if (MAPPED)
		sd_cpu_run(0, mm, "user", user, NULL);
	else
		sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "first", drop, NULL);
	sd_cpu_run(2, mm, "second", drop, NULL);
}
