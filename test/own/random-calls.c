// SPDX-License-Identifier: Apache-2.0
/*
 * Random system calls: each thread makes those that its parameter names, four bits each, the lowest first. On a kernel as shipped nothing
 * may go wrong, whichever they are (random-calls.tree.test.ts).
 */
#include <shootdown/scenario.h>

SD_PARAM(unsigned long, T0, 0);
SD_PARAM(unsigned long, T1, 0);
SD_PARAM(unsigned long, T2, 0);
SD_PARAM(int, MAP, 0);
SD_PARAM(int, POPULATE, 1);
SD_PARAM(int, FORKED, 0);
SD_PARAM(int, WRITER, 0);
SD_PARAM(int, WATCH, 0);

static struct mm_struct *mm, *child;
static struct file *file;
static struct kvm *kvm;
static struct sd_device *dev;
static unsigned long va;

static void one(unsigned int op)
{
	struct page *page;
	unsigned long second = va + PAGE_SIZE;

	switch (op) {
	case 1:
		sd_user_write(va);
		break;
	case 2:
		sd_user_read(va);
		break;
	case 3:
		if (MAP == 1)
			sd_user_write(second);
		else
			sd_user_read(va);
		break;
	case 4:
		sd_madvise(mm, va, 1, MADV_DONTNEED);
		break;
	case 5:
		sd_mprotect(mm, va, 1, false);
		break;
	case 6:
		sd_mprotect(mm, va, 1, true);
		break;
	case 7:
		sd_migrate(mm, va);
		break;
	case 8:
		if (!child)
			child = sd_fork(mm, "child");
		break;
	case 9:
		sd_munmap(mm, va, 1);
		break;
	case 10:
		sd_mremap(mm, va, 1);
		break;
	case 11:
		page = sd_gup_fast(va, true, true);
		if (page)
			sd_gup_put(page, true);
		break;
	case 12:
		if (MAP == 3)
			sd_write_back(file, 0);
		else
			sd_swap_out(mm, va);
		break;
	case 13:
		sd_munmap(mm, va, 1);
		if (MAP != 2 && MAP != 4)
			sd_mmap_fixed(mm, va);
		break;
	case 14:
		if (MAP == 3)
			sd_madvise(mm, va, 1, MADV_DONTNEED);
		else
			sd_madvise(mm, va, 1, MADV_FREE);
		break;
	case 15:
		if (MAP == 4)
			sd_collapse(mm, va);
		else
			sd_debugger_write(mm, va);
		break;
	}
}

static void calls(void *arg)
{
	unsigned long ops;

	for (ops = (unsigned long)arg; ops; ops >>= 4)
		one(ops & 15);
}

static void user(void *unused)
{
	sd_user_write(va);
}

static void guest(void *unused)
{
	sd_guest_write(kvm, 0);
}

static void device(void *unused)
{
	sd_device_write(dev, va);
}

void scenario(void)
{
	mm = sd_mm("A");
	sd_swapon(2);
	if (MAP == 0 || MAP == 1)
		va = sd_mmap(mm, NULL, 1 + MAP);
	else if (MAP == 2)
		va = sd_mmap_thp(mm);
	else if (MAP == 3) {
		file = sd_file("file", 1);
		va = sd_mmap(mm, file, 1);
	} else
		va = sd_mmap_collapsible(mm);
	if (POPULATE)
		sd_populate(mm, va);
	if (FORKED)
		child = sd_fork(mm, "child");
	if (WATCH == 1)
		kvm = sd_kvm("guest", mm, va, 1);
	if (WATCH == 2)
		dev = sd_device("device", mm);
	if (WRITER)
		sd_user(0, mm, user, NULL);
	else if (T0)
		sd_cpu_run(0, mm, "calls 0", calls, (void *)T0);
	if (T1)
		sd_cpu_run(1, mm, "calls 1", calls, (void *)T1);
	if (T2)
		sd_cpu_run(2, mm, "calls 2", calls, (void *)T2);
	if (WATCH == 1)
		sd_vcpu(2, kvm, guest, NULL);
	if (WATCH == 2)
		sd_device_run(dev, device, NULL);
}
