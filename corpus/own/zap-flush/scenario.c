// SPDX-License-Identifier: Apache-2.0
/* MADV_DONTNEED, or with -DUNMAP munmap(), while the process writes. */
// shootdown: -DUNMAP=0
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void drop(void *unused)
{
	if (UNMAP)
		sd_munmap(mm, va, 1);
	else
		sd_madvise(mm, va, 1, MADV_DONTNEED);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
}
