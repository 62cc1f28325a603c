// SPDX-License-Identifier: Apache-2.0
/* hugetlb-unit.c - the tree's mm/hugetlb.c, unchanged, and what hugetlb_init() would set of its own variables. */
#include <../mm/hugetlb.c>

void sd_hugetlb_unit_init(void)
{
	num_fault_mutexes = 1;
}
