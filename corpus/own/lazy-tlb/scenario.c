// SPDX-License-Identifier: Apache-2.0
/* A CPU goes into lazy TLB mode and back to the same address space, while a page of it is dropped. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
	sd_enter_lazy_tlb();	/* a kernel thread runs */
	sd_switch_mm(mm);
	sd_user_write(va);
}

static void drop(void *unused)
{
	sd_madvise(mm, va, 1, MADV_DONTNEED);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "drop", drop, NULL);
}
