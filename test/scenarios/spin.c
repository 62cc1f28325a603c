// SPDX-License-Identifier: Apache-2.0
/* One thread spins until the other lets it go: no loop without end. */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <shootdown.h>

static int go;

static void spin(void *arg)
{
	while (!READ_ONCE(go))
		;
}

static void release(void *arg)
{
	WRITE_ONCE(go, 1);
}

void scenario(void)
{
	__sd_thread("spin", "CPU0", spin, NULL, 0);
	__sd_thread("release", "CPU1", release, NULL, 0);
}
