// SPDX-License-Identifier: Apache-2.0
/* The flag is raised before the message is there, and whoever sees it reads too early. */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <shootdown.h>

static int message, ready;

static void send(void *arg)
{
	WRITE_ONCE(ready, 1);
	WRITE_ONCE(message, 42);
}

static void receive(void *arg)
{
	if (READ_ONCE(ready) && READ_ONCE(message) != 42)
		__sd_fail("too-early", "the message is {0:d}", message, 0, 0);
}

void scenario(void)
{
	__sd_thread("send", "CPU0", send, NULL, 0);
	__sd_thread("receive", "CPU1", receive, NULL, 0);
}
