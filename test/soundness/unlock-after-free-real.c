// SPDX-License-Identifier: Apache-2.0
/* Giving a real lock back touches it, and it may be freed by then. */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "shootdown.h"
struct obj { spinlock_t lock; int dead; };
static struct obj *g;
static void owner(void *u){ struct obj *p = g; spin_lock(&p->lock); WRITE_ONCE(p->dead, 1); spin_unlock(&p->lock); }
static void reaper(void *u){ struct obj *p = g; if (READ_ONCE(p->dead)) kfree(p); }
void scenario(void){ g = kzalloc(sizeof(*g), GFP_KERNEL); spin_lock_init(&g->lock);
 __sd_thread("owner", "c1", owner, (void *)0, 0); __sd_thread("reaper", "c2", reaper, (void *)0, 0); }
void sd_final(void){}
