// SPDX-License-Identifier: Apache-2.0
/* A page is dropped while its process writes to it; with MORE it is made read-only after that. VALUE stands for an edit. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;
unsigned long value;

static void user(void *unused)
{
	sd_user_write(va);
}

static void drop(void *unused)
{
	WRITE_ONCE(value, VALUE);
	sd_madvise(mm, va, 1, MADV_DONTNEED);
	if (MORE)
		sd_mprotect(mm, va, 1, false);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	if (!MORE)
		sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
}
