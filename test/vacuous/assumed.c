// SPDX-License-Identifier: Apache-2.0
/* Assumes what never holds: every path is abandoned. */
#include <linux/kernel.h>
#include <shootdown.h>

static void never(void *arg)
{
	__sd_assume(0);
}

void scenario(void)
{
	__sd_thread("never", "CPU0", never, NULL, 0);
}
