// SPDX-License-Identifier: Apache-2.0
/*
 * A transparent huge page of 4.4 is zapped, split, moved or made while the process goes on using it: nothing goes wrong.
 *
 *   HOW	1 zap  2 split, and one of its pages migrates  3 NUMA balancing  4 collapse: as in corpus/F01-4.4-invalidate/thp.c
 */
// shootdown: --kernel 4.4
#include <linux/huge_mm.h>
#include <shootdown/scenario.h>

SD_PARAM(int, HOW, 1);

static struct mm_struct *mm;
static unsigned long va;
static struct page *second;

static void change(void *unused)
{
	(void)unused;
	switch (HOW) {
	case 1: sd_zap_thp(mm, va); break;
	case 2: soft_offline_page(second, 0); break;
	case 3: sd_numa_balance_thp(mm, va); break;
	case 4: sd_collapse_thp(mm, va); break;
	}
}

static void use(void *unused)
{
	(void)unused;
	sd_user_write(va + PAGE_SIZE);
	sd_user_read(va);
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
	sd_cpu_run(0, NULL, "kernel", change, NULL);
	sd_cpu_run(1, mm, "user", use, NULL);
}
