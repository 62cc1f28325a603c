// SPDX-License-Identifier: Apache-2.0
/* mremap() moves a clean page (MADV_FREE); the process reads the old address; the page is unmapped, found through the reverse map, without mmap_lock. */
#include <shootdown/scenario.h>

/* 1: one read, which is given up if it would fault. */
#ifndef MAPPED
#define MAPPED 0
#endif

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	if (MAPPED) {
		sd_user_read_mapped(va);
	} else {
		sd_user_read(va);
		sd_user_read(va);
	}
}

static void move(void *unused)
{
	sd_mremap(mm, va, 1);
}

static void unmap(void *unused)
{
	sd_unmap_now(mm, va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_madvise(mm, va, 1, MADV_FREE);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "mremap", move, NULL);
	sd_cpu_run(2, NULL, "unmap", unmap, NULL);
}
