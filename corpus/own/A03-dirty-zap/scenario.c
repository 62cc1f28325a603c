// SPDX-License-Identifier: Apache-2.0
/* A page of a file is mapped, shared and dirty. A thread writes to it, another drops the mapping's page (MADV_DONTNEED), and the page is written back. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static struct file *file;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write_mapped(va);
}

static void drop(void *unused)
{
	sd_madvise(mm, va, 1, MADV_DONTNEED);
}

static void write_back(void *unused)
{
	sd_write_back(file, 0);
}

void scenario(void)
{
	mm = sd_mm("A");
	file = sd_file("file", 1);
	va = sd_mmap(mm, file, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
	sd_cpu_run(2, NULL, "write back", write_back, NULL);
}
