// SPDX-License-Identifier: Apache-2.0
/* munmap() frees page and tables; another thread of the process looks the page up without locks (GUP-fast). */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void look_up(void *unused)
{
	struct page *page = sd_gup_fast(va, true, false);

	if (page)
		sd_gup_put(page, false);
}

static void unmap(void *unused)
{
	sd_munmap(mm, va, 1);
}

/* The page and its tables are gone, and only the top level is left. */
void sd_at_end(void)
{
	if (sd_pages_in_use() != 1)
		__sd_fail("leak", "munmap() and GUP-fast have left {0:d} pages instead of the top level of the tables", sd_pages_in_use(), 0, 0);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "look up", look_up, NULL);
	sd_cpu_run(1, mm, "munmap", unmap, NULL);
}
