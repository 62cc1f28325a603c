// SPDX-License-Identifier: Apache-2.0
/* Deadlock: behind one of two choices a thread waits for what never comes; the other one is out of bounds. */
#include <linux/compiler.h>
#include <shootdown/scenario.h>
static int never;
static void t0(void *u)
{
	__sd_assume(__sd_choose(2));
	__sd_atomic_begin(SD_STEP, NULL);
	if (!READ_ONCE(never))
		__sd_block();
	__sd_atomic_end();
}
void scenario(void)
{
	sd_cpu_run(0, NULL, "t0", t0, NULL);
}
