// SPDX-License-Identifier: Apache-2.0
/* Bad unlock: another thread has given back what a reader holds, and the reader gives it back again. */
#include <linux/rwsem.h>
#include <linux/completion.h>
#include <shootdown/scenario.h>
static struct rw_semaphore sem;
static rwlock_t lock;
static struct completion c1, c2;
static void reader(void *u)
{
	if (SLEEPS)
		down_read(&sem);
	else
		read_lock(&lock);
	current->locks_held -= 1;
	if (!SLEEPS)
		preempt_enable();
	complete(&c1);
	wait_for_completion(&c2);
	current->locks_held += 1;
	if (!SLEEPS)
		preempt_disable();
	if (SLEEPS)
		up_read(&sem);
	else
		read_unlock(&lock);
}
static void other(void *u)
{
	wait_for_completion(&c1);
	current->locks_held += 1;
	if (!SLEEPS)
		preempt_disable();
	if (SLEEPS)
		up_read(&sem);
	else
		read_unlock(&lock);
	complete(&c2);
}
void scenario(void)
{
	sd_cpu_run(0, NULL, "reader", reader, NULL);
	sd_cpu_run(1, NULL, "other", other, NULL);
}
