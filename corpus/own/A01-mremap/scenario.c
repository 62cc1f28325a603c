// SPDX-License-Identifier: GPL-2.0
/* mremap() moves a page; the process writes to the old address, once; the page migrates, found through the reverse map, without mmap_lock. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void move(void *unused)
{
	sd_mremap(mm, va, 1);
}

static void migrate(void *unused)
{
	sd_migrate(mm, va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "mremap", move, NULL);
	sd_cpu_run(2, NULL, "migrate", migrate, NULL);
}
