// SPDX-License-Identifier: Apache-2.0
/*
 * A debugger writes to a page that the process may only read (FOLL_FORCE), while the process drops it (MADV_DONTNEED); with READS=1 it reads
 * it first. With ANON=1 there is no file behind the page, and what must not be written to is the zero page.
 */
#include <shootdown/scenario.h>

#ifndef ANON
#define ANON 0
#endif
#ifndef READS
#define READS 0
#endif

static struct mm_struct *mm;
static unsigned long va;

static void debug(void *unused)
{
	sd_debugger_write(mm, va);
}

static void drop(void *unused)
{
	if (READS)
		sd_user_read(va);
	sd_madvise(mm, va, 1, MADV_DONTNEED);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap_readonly(mm, ANON ? NULL : sd_file("file", 1));
	sd_cpu_run(0, NULL, "debugger", debug, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
}
