// SPDX-License-Identifier: Apache-2.0
/*
 * Two processes map the same gigabyte of a hugetlb file, so that they share the table of its entries. USERS (1 the
 * first, 2 the second, 3 both) write to a page while it is migrated; with GUEST, so does a virtual machine of the first.
 */
#include <shootdown/scenario.h>

#ifndef USERS
#define USERS 1
#endif
#ifndef FOR_EVER
#define FOR_EVER 1
#endif
#ifndef GUEST
#define GUEST 0
#endif

static struct file *file;
static struct kvm *kvm;
static unsigned long va[2];

static void user(void *which)
{
	sd_user_write(va[(long)which]);
}

static void guest(void *unused)
{
	sd_guest_write(kvm, 0);
}

static void migrate(void *unused)
{
	sd_migrate_huge(sd_page_of(file, 0));
}

static void for_ever(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *), void *arg)
{
	sd_user(cpu, mm, fn, arg);
}

void scenario(void)
{
	void (*run)(int, struct mm_struct *, const char *, void (*)(void *), void *) = FOR_EVER ? for_ever : sd_cpu_run;
	static const char *const names[] = { "A", "B" };
	struct mm_struct *mm[2];
	long i;

	file = sd_hugetlb_file("file", 1);
	for (i = 0; i < 2; i++) {
		mm[i] = sd_mm(names[i]);
		va[i] = sd_mmap(mm[i], file, 0);
		sd_populate(mm[i], va[i]);
	}
	for (i = 0; i < 2; i++)
		if (USERS & (1 << i))
			run((int)i, mm[i], "user", user, (void *)i);
	if (GUEST) {
		kvm = sd_kvm("guest", mm[0], va[0], 1);
		run(3, mm[0], "vCPU", guest, NULL);
	}
	sd_cpu_run(2, NULL, "migrate", migrate, NULL);
}
