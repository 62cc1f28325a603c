// SPDX-License-Identifier: Apache-2.0
/*
 * One thread of a process drops a transparent huge page (MADV_DONTNEED) and then looks whether it is gone, while another makes a call
 * that rewrites its entry. CALL: 0 MADV_FREE, 1 mprotect(), 2 MADV_DONTNEED of another part, which splits the entry.
 */
#include <shootdown/scenario.h>

#ifndef CALL
#define CALL 0
#endif

static struct mm_struct *mm;
static unsigned long va;

static void rewrite(void *unused)
{
	switch (CALL) {
	case 0: sd_madvise(mm, va, HPAGE_PMD_NR, MADV_FREE); break;
	case 1: sd_mprotect(mm, va, HPAGE_PMD_NR, false); break;
	case 2: sd_madvise(mm, va + PAGE_SIZE, 1, MADV_DONTNEED); break;
	}
}

static void drop(void *unused)
{
	sd_madvise(mm, va, HPAGE_PMD_NR, MADV_DONTNEED);
	sd_user_read_mapped(va);
}

void scenario(void)
{
	static const char *const names[] = { "MADV_FREE", "mprotect", "split" };

	mm = sd_mm("A");
	va = sd_mmap_thp(mm);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, names[CALL], rewrite, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
}
