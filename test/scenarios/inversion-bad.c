// SPDX-License-Identifier: Apache-2.0
/* Two locks taken in two orders: deadlock. */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <shootdown.h>

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void one(void *arg)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
}

static void other(void *arg)
{
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

void scenario(void)
{
	__sd_thread("one", "CPU0", one, NULL, 0);
	__sd_thread("other", "CPU1", other, NULL, 0);
}
