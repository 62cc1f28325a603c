// SPDX-License-Identifier: Apache-2.0
/* Migration of a huge page that somebody writes to by its reference alone, as direct I/O does. */
// shootdown: --kernel 4.19
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static struct file *file;
static unsigned long va;

static void direct_io(void *arg)
{
	struct page *page;

	if (get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	sd_data_access(page, 0, sd_upages[0].location, true, "the disk", va);
	__sd_atomic_end();
	put_page(page);
}

static void migrate(void *arg)
{
	soft_offline_huge_page(sd_page_of(file, 0), 0);
}

void scenario(void)
{
	mm = sd_mm("A");
	file = sd_hugetlb_file("file", 1);
	va = sd_mmap(mm, file, 0);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "direct_io", direct_io, NULL);
	sd_cpu_run(1, NULL, "migrate", migrate, NULL);
}
