// SPDX-License-Identifier: Apache-2.0
/* A loop on a plain flag that nobody sets. */
#include <shootdown/scenario.h>
long flag;
static void t1(void *u){ while (!flag) barrier(); }
static void t2(void *u){ }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){}
