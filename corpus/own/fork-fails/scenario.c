// SPDX-License-Identifier: Apache-2.0
/*
 * fork() of a process fails somewhere, for want of memory (SD_FAILURES). Meanwhile (WHO) 0 another thread of the process writes and reads; 1 a guest
 * writes, whose shadow entries an MMU notifier removes; 2 the page is moved, found by the reverse map in parent and child; 3 another thread reads, and
 * the process is itself a child, so that its memory may be that of two.
 */
#include <shootdown/scenario.h>

#ifndef WHO
#define WHO 0
#endif

static struct mm_struct *mm;
static struct kvm *kvm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

static void reader(void *unused)
{
	sd_user_read(va);
}

static void guest(void *unused)
{
	sd_guest_write(kvm, 0);
}

static void move(void *unused)
{
	sd_migrate(mm, va);
}

static void fork_it(void *unused)
{
	sd_fork(mm, "child");
	sd_user_read(va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	switch (WHO) {
	case 0:
		sd_cpu_run(1, mm, "user", user, NULL);
		break;
	case 1:
		kvm = sd_kvm("guest", mm, va, 1);
		sd_cpu_run(1, mm, "vCPU", guest, NULL);
		break;
	case 3:
		mm = sd_fork(mm, "B");
		sd_cpu_run(1, mm, "user", reader, NULL);
		break;
	case 2:
		sd_cpu_run(1, NULL, "move", move, NULL);
		break;
	}
	sd_cpu_run(0, mm, "fork", fork_it, NULL);
}
