// SPDX-License-Identifier: Apache-2.0
/* A deadlock that needs one preemption. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static spinlock_t a, b; static long x;
static void t1(void *u){ spin_lock(&a); spin_lock(&b); spin_unlock(&b); spin_unlock(&a); WRITE_ONCE(x, 1); WRITE_ONCE(x, 2); }
static void t2(void *u){ spin_lock(&b); spin_lock(&a); spin_unlock(&a); spin_unlock(&b); WRITE_ONCE(x, 3); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){}
