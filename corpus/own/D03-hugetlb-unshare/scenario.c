// SPDX-License-Identifier: Apache-2.0
/*
 * Two processes map the same gigabyte of a hugetlb file and share the table of its entries. The first is unshared by a call (CALL: 0
 * munmap() of all, 1 mprotect() of all, 2 madvise() that splits its VMA), while another thread of it writes; then its page is moved, or (PUNCH) taken out of the file.
 */
#include <shootdown/scenario.h>

#ifndef PUNCH
#define PUNCH 0
#endif
#ifndef CALL
#define CALL 0
#endif
#define NR (PUD_SIZE / PAGE_SIZE)

static struct file *file;
static struct mm_struct *a, *b;
static unsigned long va_a, va_b;

static void user(void *unused)
{
	sd_user_write_mapped(va_a);
}

static void unshare(void *unused)
{
	switch (CALL) {
	case 0: sd_munmap(a, va_a, NR); break;
	case 1: sd_mprotect(a, va_a, NR, false); break;
	case 2: sd_madvise(a, va_a, HPAGE_PMD_NR, MADV_DONTFORK); break;
	}
}

static void take(void *unused)
{
	if (PUNCH)
		sd_punch_hole(file, 0);
	else
		sd_migrate_huge(sd_page_of(file, 0));
}

void scenario(void)
{
	static const char *const names[] = { "munmap", "mprotect", "madvise" };

	file = sd_hugetlb_file("file", 2);
	a = sd_mm("A");
	va_a = sd_mmap(a, file, 0);
	sd_populate(a, va_a);
	b = sd_mm("B");
	va_b = sd_mmap(b, file, 0);
	sd_populate(b, va_b);
	sd_populate(b, va_b + HPAGE_SIZE);	/* so that the file keeps a page */
	sd_cpu_run(0, a, "user", user, NULL);
	sd_cpu_run(1, a, names[CALL], unshare, NULL);
	sd_cpu_run(2, NULL, PUNCH ? "punch" : "migrate", take, NULL);
}
