// SPDX-License-Identifier: Apache-2.0
/* Freeing and allocating again, one after the other: between the two the memory is dead, and a reader may come. */
#include <linux/slab.h>
#include <shootdown/scenario.h>
struct obj { long v; };
static struct obj *g;
static void reader(void *u){ struct obj *p = READ_ONCE(g); long r = READ_ONCE(p->v); (void)r; }
static void replacer(void *u){ struct obj *old = READ_ONCE(g), *n; kfree(old); n = kmalloc(sizeof(*n), GFP_KERNEL); WRITE_ONCE(n->v, 2); WRITE_ONCE(g, n); }
void scenario(void){ g = kmalloc(sizeof(*g), GFP_KERNEL); g->v = 1;
 sd_cpu_run(0, NULL, "reader", reader, NULL); sd_cpu_run(1, NULL, "replacer", replacer, NULL); }
void sd_final(void){}
