// SPDX-License-Identifier: Apache-2.0
/* A page is dropped from its file while a process uses it. FIX=0: without being unmapped first. */
// shootdown: -DFIX=1
#include <shootdown/scenario.h>

static struct file *file;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

static void truncate(void *unused)
{
	struct page *page = find_lock_page(file->f_mapping, 0);

	if (!page)
		return;
	if (FIX)
		try_to_unmap(page, TTU_IGNORE_MLOCK | TTU_IGNORE_ACCESS);
	delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	file = sd_file("file", 1);
	va = sd_mmap(mm, file, 0);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, NULL, "truncate", truncate, NULL);
}
