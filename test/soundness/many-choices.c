// SPDX-License-Identifier: Apache-2.0
/* More choices in a step than the engine has room for. */
#include <shootdown/scenario.h>
static void t1(void *u){ int i, s = 0; for (i = 0; i < 20; i++) s += __sd_choose(2); if (s == 20) __sd_fail("all", "x", 0,0,0); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); }
void sd_final(void){}
