// SPDX-License-Identifier: Apache-2.0
/* Two plain accesses that nothing orders, marked with -DGOOD. */
#include <linux/compiler.h>
#include <shootdown/scenario.h>

int flag, seen;

static void set(void *arg)
{
#ifdef GOOD
	WRITE_ONCE(flag, 1);
#else
	flag = 1;
#endif
}

static void get(void *arg)
{
#ifdef GOOD
	seen = READ_ONCE(flag);
#else
	seen = flag;
#endif
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "set", set, NULL);
	sd_cpu_run(1, NULL, "get", get, NULL);
}
