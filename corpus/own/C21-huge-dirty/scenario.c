// SPDX-License-Identifier: Apache-2.0
/*
 * A process has said that a transparent huge page may be dropped while nobody writes to it (MADV_FREE). It writes, and reads what it
 * has written, while the page is reclaimed; with MIGRATE the page is moved before that.
 */
#include <shootdown/scenario.h>

#ifndef MIGRATE
#define MIGRATE 0
#endif

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

static void reclaim(void *unused)
{
	if (MIGRATE)
		sd_migrate(mm, va);
	sd_unmap_for_reclaim(mm, va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap_thp(mm);
	sd_populate(mm, va);
	sd_madvise(mm, va, HPAGE_PMD_NR, MADV_FREE);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, NULL, "reclaim", reclaim, NULL);
}
