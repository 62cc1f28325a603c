// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of a page fails that A has mapped. B has not, and touches it at any time.
 *
 * HUGE=1: a huge page stays in its file, and a fault asks whether it has failed: B gets SIGBUS, as A does. HUGE=0: an ordinary page leaves the page
 * cache, and B reads what is on disk, as if the last write had never been: mm/memory-failure.c says itself that this error is not told to everyone.
 * ALONE=1: without B.
 */
#include <shootdown/scenario.h>

SD_PARAM(int, HUGE, 1);
SD_PARAM(int, ALONE, 0);

static unsigned long va[2];

static void touch(void *arg)
{
	sd_user_read(*(unsigned long *)arg);
}

static void fail(void *arg)
{
	unsigned long pfn = page_to_pfn(sd_page_of(arg, 0));

#if SD_KERNEL < 416
	memory_failure(pfn, 0, 0);
#else
	memory_failure(pfn, 0);
#endif
}

void scenario(void)
{
	struct file *file = HUGE ? sd_hugetlb_file("file", 1) : sd_file("file", 1);
	struct mm_struct *a = sd_mm("A"), *b = sd_mm("B");

	va[0] = sd_mmap(a, file, 0);
	va[1] = sd_mmap(b, file, 0);
	if (HUGE)	/* too small for a shared table */
		a->mmap->vm_end = va[0] + HPAGE_SIZE, b->mmap->vm_end = va[1] + HPAGE_SIZE;
	sd_populate(a, va[0]);
	sd_user(1, a, touch, &va[0]);
	if (!ALONE)
		sd_user(2, b, touch, &va[1]);
	sd_cpu_run(0, NULL, "failure", fail, file);
}
