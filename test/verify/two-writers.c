// SPDX-License-Identifier: Apache-2.0
/* Two threads write one word, each in a single step. */
#include <linux/compiler.h>
#include <shootdown/scenario.h>

static long word;

static void writer(void *value)
{
	WRITE_ONCE(word, (long)value);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "one", writer, (void *)1);
	sd_cpu_run(1, NULL, "other", writer, (void *)2);
}
