// SPDX-License-Identifier: Apache-2.0
/*
 * munmap() frees a page table in which no entry is left, while another thread of the process accesses the address. No translation is cached, but the CPU may have
 * cached the entry above: until it is flushed it walks on through the table, which is free.
 */
// shootdown: -DSD_PSC
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void unmap(void *unused)
{
	sd_madvise(mm, va, 1, MADV_DONTNEED);
	sd_munmap(mm, va, 1);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	/* A neighbour, so that only the lowest table is freed. */
	sd_mmap_fixed(mm, va + 2 * PMD_SIZE);
	sd_populate(mm, va);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "unmap", unmap, NULL);
}
