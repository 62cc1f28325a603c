// SPDX-License-Identifier: Apache-2.0
/* A class of the scenario's own, with the name that the engine has for a function that is left out. */
#include <shootdown/scenario.h>
static void thread(void *u)
{
	__sd_fail("left out", "by the scenario", 0, 0, 0);
}
void scenario(void)
{
	sd_cpu_run(0, NULL, "a", thread, NULL);
}
