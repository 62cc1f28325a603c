// SPDX-License-Identifier: Apache-2.0
/* Two threads add under a lock: always two. */
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <shootdown.h>

static DEFINE_SPINLOCK(lock);
static int counter;

static void add(void *arg)
{
	spin_lock(&lock);
	counter++;
	spin_unlock(&lock);
}

void scenario(void)
{
	__sd_thread("a", "CPU0", add, NULL, 0);
	__sd_thread("b", "CPU1", add, NULL, 0);
}

void sd_final(void)
{
	if (counter != 2)
		__sd_fail("lost-update", "counter is {0:d}, not 2", counter, 0, 0);
}
