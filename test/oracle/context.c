// SPDX-License-Identifier: Apache-2.0
/* What must not be done where: sleeping in atomic context, or the same outside it with -DGOOD. -DHOW says what makes it atomic. */
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <shootdown/scenario.h>

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(mutex);

static void sleep(void)
{
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

static void run(void *arg)
{
#ifdef GOOD
	sleep();
#endif
#if HOW == 0
	spin_lock(&spin);
#elif HOW == 1
	local_irq_disable();
#elif HOW == 2
	rcu_read_lock();
#else
	non_block_start();
#endif
#ifndef GOOD
	sleep();
#endif
#if HOW == 0
	spin_unlock(&spin);
#elif HOW == 1
	local_irq_enable();
#elif HOW == 2
	rcu_read_unlock();
#else
	non_block_end();
#endif
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "run", run, NULL);
}
