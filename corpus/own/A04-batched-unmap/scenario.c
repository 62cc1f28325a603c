// SPDX-License-Identifier: Apache-2.0
/* Reclaim takes a clean page (MADV_FREE) out of the tables and defers the flush; the process reads it; another thread drops it. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_read(va);
}

static void reclaim(void *unused)
{
	sd_unmap_for_reclaim(mm, va);
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
	sd_madvise(mm, va, 1, MADV_FREE);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, NULL, "reclaim", reclaim, NULL);
	sd_cpu_run(2, mm, "drop", drop, NULL);
}
