// SPDX-License-Identifier: Apache-2.0
/* mprotect(PROT_READ) while the process writes; with -DZAP a third thread drops the page. */
// shootdown: -DZAP=0
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void protect(void *unused)
{
	sd_mprotect(mm, va, 1, false);
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
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "protect", protect, NULL);
	if (ZAP)
		sd_cpu_run(2, mm, "drop", drop, NULL);
}
