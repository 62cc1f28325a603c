// SPDX-License-Identifier: Apache-2.0
/* Compiled as one with the tree's mm/hugetlb.c: what hugetlb_init() sets up, for pages of 2 MiB only. */
#include <shootdown/has.h>
#include SD_FILE

static struct mutex sd_fault_mutex;

void sd_hugetlb_init(void)
{
	num_fault_mutexes = 1;
	mutex_init(&sd_fault_mutex);
	hugetlb_fault_mutex_table = &sd_fault_mutex;
	hugetlb_add_hstate(HUGETLB_PAGE_ORDER);
	default_hstate_idx = 0;
	/* All pages are surplus pages: from the page allocator, and back to it. */
	default_hstate.nr_overcommit_huge_pages = 64;
}
