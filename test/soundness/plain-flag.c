// SPDX-License-Identifier: Apache-2.0
/* A loop on a plain flag that another thread sets, late. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static long flag, y;
static void t1(void *u){ while (!flag) barrier(); }
static void t2(void *u){ int i; for (i = 0; i < 40; i++) WRITE_ONCE(y, i); flag = 1; }
static void t3(void *u){ int i; for (i = 0; i < 3; i++) WRITE_ONCE(y, i); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); sd_cpu_run(2, NULL, "t3", t3, NULL);}
void sd_final(void){}
