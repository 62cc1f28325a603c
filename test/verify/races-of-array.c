// SPDX-License-Identifier: Apache-2.0
/* Two threads write all elements of an array plainly, and a third reads them: the same lines race at every element, whichever a search meets first. */
#include <shootdown/scenario.h>

static unsigned long a[4];
static unsigned long sum;

static void write(void *unused)
{
	int i;

	for (i = 0; i < 4; i++)
		a[i]++;
}

static void read(void *unused)
{
	int i;

	for (i = 3; i >= 0; i--)
		sum += a[i];
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "one", write, NULL);
	sd_cpu_run(1, NULL, "two", write, NULL);
	sd_cpu_run(2, NULL, "reader", read, NULL);
}
