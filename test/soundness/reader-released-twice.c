// SPDX-License-Identifier: Apache-2.0
/* Bad unlock: another thread has given back what a reader holds, and the reader gives it back again. */
#include <linux/rwsem.h>
#include <linux/completion.h>
#include <shootdown/scenario.h>
static struct rw_semaphore sem;
static rwlock_t lock;
static struct completion given_back, taken;
/* Whoever gives it back is the one that holds it, as far as the model's own counts go. */
static void give_back(void)
{
	current->locks_held += 1;
	if (SLEEPS) {
		up_read(&sem);
	} else {
		preempt_disable();
		read_unlock(&lock);
	}
}
static void reader(void *u)
{
	if (SLEEPS) {
		down_read(&sem);
	} else {
		read_lock(&lock);
		preempt_enable();
	}
	current->locks_held -= 1;
	complete(&taken);
	wait_for_completion(&given_back);
	give_back();
}
static void other(void *u)
{
	wait_for_completion(&taken);
	give_back();
	complete(&given_back);
}
void scenario(void)
{
	sd_cpu_run(0, NULL, "reader", reader, NULL);
	sd_cpu_run(1, NULL, "other", other, NULL);
}
