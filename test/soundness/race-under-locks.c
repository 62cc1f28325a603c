// SPDX-License-Identifier: Apache-2.0
/* Two threads, one plain access each, under different locks: a data race. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
/* Two threads, one plain access each, under different locks: a data race. */
static spinlock_t a, b; long x; long r;
static void t1(void *u){ spin_lock(&a); x = 1; spin_unlock(&a); }
static void t2(void *u){ spin_lock(&b); r = x; spin_unlock(&b); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){}
