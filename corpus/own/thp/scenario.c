// SPDX-License-Identifier: Apache-2.0
/*
 * A process writes to a transparent huge page while another thread of it makes a call. CALL: 0 MADV_DONTNEED of all of it,
 * 1 MADV_DONTNEED of its first page (which splits the entry), 2 mprotect() of all, 3 mremap() of all, 4 munmap() of all.
 */
#include <shootdown/scenario.h>

#ifndef CALL
#define CALL 0
#endif

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void other(void *unused)
{
	switch (CALL) {
	case 0: sd_madvise(mm, va, HPAGE_PMD_NR, MADV_DONTNEED); break;
	case 1: sd_madvise(mm, va, 1, MADV_DONTNEED); break;
	case 2: sd_mprotect(mm, va, HPAGE_PMD_NR, false); break;
	case 3: sd_mremap(mm, va, HPAGE_PMD_NR); break;
	case 4: sd_munmap(mm, va, HPAGE_PMD_NR); break;
	}
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap_thp(mm);
	sd_populate(mm, va);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "other", other, NULL);
}
