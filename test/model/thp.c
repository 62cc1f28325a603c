// SPDX-License-Identifier: Apache-2.0
/*
 * A transparent huge page of 4.4 under the hands of CPUs: one writes to any of its pages all the time, while HOW happens to it as in
 * corpus/F01-4.4-invalidate/thp.c: 1 zap, 2 split and migration, 3 NUMA balancing, 4 collapse.
 */
#include <linux/huge_mm.h>
#include <shootdown/scenario.h>

SD_PARAM(int, HOW, 1);

static struct mm_struct *mm;
static unsigned long va;
static struct page *second;

static void touch(void *unused)
{
	(void)unused;
	sd_user_write_any(va, SD_THP_PAGES);
}

static void change(void *unused)
{
	(void)unused;
	switch (HOW) {
	case 1:
		sd_zap_thp(mm, va);
		break;
	case 2:
		soft_offline_page(second, 0);
		break;
	case 3:
		sd_numa_balance_thp(mm, va);
		break;
	default:
		sd_collapse_thp(mm, va);
	}
}

void scenario(void)
{
	int i;

	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, SD_THP_PAGES);
	if (HOW == 4) {
		sd_thp_mapping(mm, va);
		for (i = 0; i < SD_THP_PAGES; i++)
			sd_populate(mm, va + (unsigned long)i * PAGE_SIZE);
	} else {
		sd_populate_thp(mm, va);
	}
	second = pfn_to_page((sd_walk(mm, va + PAGE_SIZE, false) & PTE_PFN_MASK) >> PAGE_SHIFT);
	sd_cpu_run(0, NULL, "change", change, NULL);
	sd_user(1, mm, touch, NULL);
}
