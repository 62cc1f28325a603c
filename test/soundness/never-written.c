// SPDX-License-Identifier: Apache-2.0
/* Memory that was allocated and never written: HOW=0 a branch depends on it, 1 an address, 2 it is only copied, 3 it was written, 4 zeroed; 5 half of a word was written. */
#include <linux/slab.h>
#include <shootdown/scenario.h>

struct obj {
	int a, b;
	int *p;
	char tail[3];
};

volatile int seen;

static void run(void *unused)
{
	struct obj *x = kmalloc(sizeof(*x), HOW == 4 ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL);
	struct obj *y = kmalloc(sizeof(*y), GFP_KERNEL);

	if (HOW == 3)
		x->b = 7;
	if (HOW == 5)
		x->a = 7;
	*y = *x;
	if (HOW == 1)
		*x->p = 1;
	else if (HOW != 2 && x->b)
		seen = 1;
	kfree(x);
	kfree(y);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "run", run, NULL);
}
