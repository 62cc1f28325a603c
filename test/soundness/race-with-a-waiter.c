// SPDX-License-Identifier: Apache-2.0
/* No race: whoever waits for a word reads it when its plain store is done; a third thread goes on meanwhile. */
#include <shootdown/scenario.h>
static unsigned long word, other;
static void writer(void *u)
{
	*(volatile unsigned long *)&other;
	word = 1;
	barrier();
}
static void waiter(void *u)
{
	__sd_atomic_begin(SD_STEP, &word);
	if (READ_ONCE(word) != 1)
		__sd_block();
	__sd_atomic_end();
}
static void third(void *u)
{
	WRITE_ONCE(other, 1);
}
void scenario(void)
{
	sd_cpu_run(0, NULL, "writer", writer, NULL);
	sd_cpu_run(1, NULL, "waiter", waiter, NULL);
	sd_cpu_run(2, NULL, "third", third, NULL);
}
