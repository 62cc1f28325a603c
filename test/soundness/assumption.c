// SPDX-License-Identifier: Apache-2.0
/* What a thread did before an assumption that fails, others may have seen. */
#include <shootdown/scenario.h>
/* x is 1 before the assumption is evaluated, so t2 may see it */
static long x;
static void t1(void *u){ int c = __sd_choose(2); WRITE_ONCE(x, 1 + c); __sd_assume(c); }
static void t2(void *u){ if (READ_ONCE(x) == 1) __sd_fail("seen", "x was 1", 0,0,0); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){}
