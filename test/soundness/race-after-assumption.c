// SPDX-License-Identifier: Apache-2.0
/* A plain load that an assumption comes right before: it races with a store all the same. */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <shootdown.h>

static struct {
	unsigned char byte;
	unsigned short other;
} __aligned(8) word;
static int seen;

static void reader(void *arg)
{
	int chosen = __sd_choose(2);

	WRITE_ONCE(word.other, 1);
	__sd_assume(chosen == 1);
	WRITE_ONCE(seen, word.byte);
}

static void writer(void *arg)
{
	WRITE_ONCE(word.byte, 1);
}

void scenario(void)
{
	__sd_thread("reader", "CPU0", reader, NULL, 0);
	__sd_thread("writer", "CPU1", writer, NULL, 0);
}
