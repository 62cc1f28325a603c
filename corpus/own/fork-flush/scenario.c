// SPDX-License-Identifier: Apache-2.0
/* fork() while another thread of the process writes: what the parent writes afterwards is the parent's alone. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write(va);
}

static void fork(void *unused)
{
	sd_fork(mm, "B");
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, mm, "fork", fork, NULL);
}
