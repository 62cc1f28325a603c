// SPDX-License-Identifier: Apache-2.0
/*
 * Both threads use x right behind a spin_unlock(), under no lock. The release of the lock waits in a store buffer, where the other CPU cannot take the lock yet;
 * it may have left all the same before x is used, so that the lock protects nothing there. With LATE=0 x is used under the lock.
 */
#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>

static unsigned long x, y, old_y, new_x;
static DEFINE_SPINLOCK(spin);
static rwlock_t rw;
SD_PARAM(int, LATE, 1);
SD_PARAM(int, RWLOCK, 0);

static void lock(void)
{
	if (RWLOCK)
		write_lock(&rw);
	else
		spin_lock(&spin);
}

static void unlock(void)
{
	if (RWLOCK)
		write_unlock(&rw);
	else
		spin_unlock(&spin);
}

static void writer(void *unused)
{
	lock();
	WRITE_ONCE(y, 1);
	if (!LATE)
		WRITE_ONCE(x, 1);
	unlock();
	if (LATE)
		WRITE_ONCE(x, 1);
}

static void reader(void *unused)
{
	lock();
	old_y = READ_ONCE(y);
	if (!LATE)
		new_x = READ_ONCE(x);
	unlock();
	if (LATE)
		new_x = READ_ONCE(x);
}

void sd_final(void)
{
	if (!old_y && new_x)
		__sd_fail("seen", "y was read before it was written, and x afterwards", 0, 0, 0);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "writer", writer, NULL);
	sd_cpu_run(1, NULL, "reader", reader, NULL);
}
