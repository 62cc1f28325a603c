// SPDX-License-Identifier: Apache-2.0
/* Bad unlock: another thread gives mmap_lock back for its reader, who then gives it back as well. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static int taken, given_back;

static void reader(void *unused)
{
	mmap_read_lock(mm);
	WRITE_ONCE(taken, 1);
	while (!READ_ONCE(given_back))
		cpu_relax();
	mmap_read_unlock(mm);
}

static void other(void *unused)
{
	while (!READ_ONCE(taken))
		cpu_relax();
	mmap_read_unlock(mm);
	WRITE_ONCE(given_back, 1);
}

void scenario(void)
{
	mm = sd_mm("A");
	sd_cpu_run(0, mm, "reader", reader, NULL);
	sd_cpu_run(1, mm, "other", other, NULL);
}
