// SPDX-License-Identifier: Apache-2.0
/* Deadlock: one of two choices ends at a lock that nobody gives back. The other one goes on. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static DEFINE_SPINLOCK(L);
static void t0(void *u)
{
	if (__sd_choose(2)) {
		spin_lock(&L);
		spin_unlock(&L);
	}
}
void scenario(void)
{
	spin_lock(&L);
	sd_cpu_run(0, NULL, "t0", t0, NULL);
}
