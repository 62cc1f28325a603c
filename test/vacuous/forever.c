// SPDX-License-Identifier: Apache-2.0
/* Waits for a flag that nobody sets: no schedule reaches its end. */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <shootdown.h>

static int go;

static void spin(void *arg)
{
	while (!READ_ONCE(go))
		;
}

static void look(void *arg)
{
	WRITE_ONCE(go, 0);
}

void scenario(void)
{
	__sd_thread("spin", "CPU0", spin, NULL, 0);
	__sd_thread("look", "CPU1", look, NULL, 0);
}
