// SPDX-License-Identifier: Apache-2.0
/* One of two threads forgets the lock: an update is lost. */
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <shootdown.h>

static DEFINE_SPINLOCK(lock);
static int counter;

static void add(void *arg)
{
	if (!arg)
		spin_lock(&lock);
	counter++;
	if (!arg)
		spin_unlock(&lock);
}

void scenario(void)
{
	__sd_thread("a", "CPU0", add, NULL, 0);
	__sd_thread("b", "CPU1", add, (void *)1, 0);
}

void sd_final(void)
{
	if (counter != 2)
		__sd_fail("lost-update", "counter is {0:d}, not 2", counter, 0, 0);
}
