// SPDX-License-Identifier: Apache-2.0
/* Giving a lock back touches it, and it may be freed by then. */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
struct obj { spinlock_t lock; long dead; };
static struct obj *g;
static void owner(void *u){ struct obj *p = g; spin_lock(&p->lock); WRITE_ONCE(p->dead, 1); spin_unlock(&p->lock); }
static void reaper(void *u){ struct obj *p = g; if (READ_ONCE(p->dead)) kfree(p); }
void scenario(void){ g = kmalloc(sizeof(*g), GFP_KERNEL); spin_lock_init(&g->lock); g->dead = 0;
 sd_cpu_run(0, NULL, "owner", owner, NULL); sd_cpu_run(1, NULL, "reaper", reaper, NULL); }
void sd_final(void){}
