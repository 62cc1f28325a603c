// SPDX-License-Identifier: Apache-2.0
/*
 * Two processes map the same gigabyte of a hugetlb file and share the table of its entries. The first is unshared, as its VMA
 * is split; the table is the second's alone then, which goes on to use it for a page of anonymous memory. Meanwhile another
 * thread of the first looks its page up without locks (GUP-fast) and reads it.
 */
#include <shootdown/scenario.h>

static struct file *file;
static struct mm_struct *a, *b;
static unsigned long va_a, va_b;

static void look_up(void *unused)
{
	struct page *page = sd_gup_fast(va_a, true, false);

	if (!page)
		return;
	sd_entry_read("GUP-fast of A", page, a, va_a);
	sd_gup_put(page, false);
}

static void unshare_and_reuse(void *unused)
{
	sd_madvise(a, va_a, HPAGE_PMD_NR, MADV_DONTFORK);
	sd_switch_mm(b);
	sd_munmap(b, va_b, HPAGE_PMD_NR);
	sd_mmap_fixed(b, va_b);
	sd_user_write(va_b);
}

void scenario(void)
{
	file = sd_hugetlb_file("file", 1);
	a = sd_mm("A");
	va_a = sd_mmap(a, file, 0);
	sd_populate(a, va_a);
	b = sd_mm("B");
	va_b = sd_mmap(b, file, 0);
	sd_populate(b, va_b);
	sd_cpu_run(0, a, "look up", look_up, NULL);
	sd_cpu_run(1, a, "unshare, reuse", unshare_and_reuse, NULL);
}
