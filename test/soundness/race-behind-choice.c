// SPDX-License-Identifier: Apache-2.0
/* By what it chooses, a thread comes to a plain store or to a plain load: each races with the other thread's cmpxchg(). */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <shootdown.h>

static unsigned long word, loaded;

static void chooser(void *arg)
{
	if (__sd_choose(2) == 1)
		word = 1;
	barrier();
	WRITE_ONCE(loaded, word);
}

static void other(void *arg)
{
	cmpxchg(&word, 2, 1);
}

void scenario(void)
{
	__sd_thread("chooser", "CPU0", chooser, NULL, 0);
	__sd_thread("other", "CPU1", other, NULL, 0);
}
