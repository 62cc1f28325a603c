// SPDX-License-Identifier: Apache-2.0
/* The last index is one too many, unless -DGOOD; with -DFAR a whole word too many. */
#include <linux/slab.h>
#include <shootdown/scenario.h>

static void fill(void *arg)
{
	int *values = kmalloc(5 * sizeof(int), GFP_KERNEL);
	unsigned int i;

#ifdef GOOD
	for (i = 0; i < 5; i++)
#else
	for (i = 0; i <= 5; i++)
#endif
		WRITE_ONCE(values[i], 1);
#ifdef FAR
	WRITE_ONCE(values[FAR], 1);
#endif
	kfree(values);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "fill", fill, NULL);
}
