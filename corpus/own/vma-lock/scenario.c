// SPDX-License-Identifier: Apache-2.0
/* A fault under the lock of its VMA, while a system call changes that VMA under mmap_lock. -DCALL: 0 mprotect(PROT_READ), 1 munmap(), 2 mremap(). */
// shootdown: -DCALL=0
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void call(void *unused)
{
	if (CALL == 0)
		sd_mprotect(mm, va, 1, false);
	else if (CALL == 1)
		sd_munmap(mm, va, 1);
	else
		sd_mremap(mm, va, 1);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "call", call, NULL);
}
