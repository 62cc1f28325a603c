// SPDX-License-Identifier: Apache-2.0
/* A lock is initialised again while it is held. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static spinlock_t l; static long inside;
static void user(void *u){ spin_lock(&l); inside++; BUG_ON(inside != 1); inside--; spin_unlock(&l); }
static void init(void *u){ spin_lock_init(&l); user(u); }
void scenario(void){ sd_cpu_run(0, NULL, "a", user, NULL); sd_cpu_run(1, NULL, "b", init, NULL); }
void sd_final(void){}
