// SPDX-License-Identifier: Apache-2.0
/* Look, then act: without a lock around both, unless -DGOOD. */
#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>

static DEFINE_SPINLOCK(lock);
static atomic_t users;

static void enter(void *arg)
{
#ifdef GOOD
	spin_lock(&lock);
#endif
	if (!atomic_read(&users)) {
		BUG_ON(atomic_inc_return(&users) != 1);
		atomic_dec(&users);
	}
#ifdef GOOD
	spin_unlock(&lock);
#endif
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "one", enter, NULL);
	sd_cpu_run(1, NULL, "two", enter, NULL);
}
