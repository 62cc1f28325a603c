// SPDX-License-Identifier: Apache-2.0
/* A copy of several words is several accesses. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
struct pair { long a, b, c, d, e; };
struct pair s, one = {1,1,1,1,1};
static noinline void look(struct pair *l){ if (l->a != l->e) __sd_fail("torn", "a != e", 0,0,0); }
static void t1(void *u){ s = one; }
static void t2(void *u){ struct pair l = s; look(&l); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){}
