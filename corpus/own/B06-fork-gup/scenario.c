// SPDX-License-Identifier: Apache-2.0
/* fork() write-protects a page while another thread pins it for a device (GUP-fast with FOLL_PIN); then the process writes. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void pin(void *unused)
{
	struct page *page = sd_gup_fast(va, true, true);

	if (!page)
		return;
	/* The process writes, and the device reads what it wrote. */
	sd_user_write(va);
	sd_entry_read("the device", page, mm, va);
	sd_gup_put(page, true);
}

static void fork(void *unused)
{
	sd_fork(mm, "B");
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "pin", pin, NULL);
	sd_cpu_run(1, mm, "fork", fork, NULL);
}
