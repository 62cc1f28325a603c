// SPDX-License-Identifier: Apache-2.0
/* A deadlock of two threads beside a loop that has nothing to do with them. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static spinlock_t a, b; static long x;
static void t1(void *u){ spin_lock(&a); spin_lock(&b); spin_unlock(&b); spin_unlock(&a); }
static void t2(void *u){ spin_lock(&b); spin_lock(&a); spin_unlock(&a); spin_unlock(&b); }
static void d(void *u){ WRITE_ONCE(x, !READ_ONCE(x)); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); sd_loop_thread(2, "d", NULL, d, NULL); }
void sd_final(void){}
