// SPDX-License-Identifier: Apache-2.0
/* An update that forgets the grace period, then allocates again. */
#include <linux/slab.h>
#include <linux/rcupdate.h>
#include <shootdown/scenario.h>
/* RCU update that forgets the grace period, then allocates again. */
struct obj { long v; };
static struct obj *g;
static void reader(void *u){ struct obj *p; rcu_read_lock(); p = rcu_dereference(g); if (p) BUG_ON(READ_ONCE(p->v) > 9); rcu_read_unlock(); }
static void updater(void *u){ struct obj *old = g, *n; RCU_INIT_POINTER(g, NULL); kfree(old); n = kzalloc(sizeof(*n), GFP_KERNEL); n->v = 2; rcu_assign_pointer(g, n); }
void scenario(void){ g = kmalloc(sizeof(*g), GFP_KERNEL); g->v = 1;
 sd_cpu_run(0, NULL, "reader", reader, NULL); sd_cpu_run(1, NULL, "updater", updater, NULL); }
void sd_final(void){}
