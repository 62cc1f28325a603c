// SPDX-License-Identifier: Apache-2.0
/*
 * After fork() a process writes to a page that its child shares: it gets a copy. WHO looks at the page meanwhile: 0 another
 * thread of it, 1 a guest of it, 2 its child, 3 another thread of it that writes too.
 */
#include <shootdown/scenario.h>

#ifndef WHO
#define WHO 0
#endif

static struct mm_struct *mm, *child;
static struct kvm *kvm;
static unsigned long va;

static void writer(void *unused)
{
	sd_user_write(va);
}

static void reader(void *unused)
{
	sd_user_read(va);
	sd_user_read(va);
}

static void guest(void *unused)
{
	sd_guest_read(kvm, 0);
	sd_guest_read(kvm, 0);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	child = sd_fork(mm, "B");
	sd_cpu_run(0, mm, "writer", writer, NULL);
	if (WHO == 1) {
		kvm = sd_kvm("guest", mm, va, 1);
		sd_cpu_run(1, mm, "vCPU", guest, NULL);
	} else if (WHO == 3) {
		sd_cpu_run(1, mm, "other", writer, NULL);
	} else {
		sd_cpu_run(1, WHO ? child : mm, "reader", reader, NULL);
	}
}
