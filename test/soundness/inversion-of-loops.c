// SPDX-License-Identifier: Apache-2.0
/* Two loops that wait for each other inside the kernel. */
// shootdown: -DWORKER=1
#include <linux/mutex.h>
#include <shootdown/scenario.h>

static struct mutex a, b;

static void ab(void *unused)
{
	sd_enter_kernel();
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	sd_leave_kernel();
}

static void ba(void *unused)
{
	sd_enter_kernel();
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
	sd_leave_kernel();
}

static void once(void *unused)
{
	mutex_lock(&a);
	mutex_unlock(&a);
}

void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");

	sd_loop_thread(0, "dev0", mm, ab, NULL);
	sd_loop_thread(1, "dev1", mm, ba, NULL);
	if (WORKER)
		sd_cpu_run(2, NULL, "once", once, NULL);
	else
		sd_cpu_run(2, NULL, "once", (void (*)(void *))sd_leave_kernel, NULL);
}
