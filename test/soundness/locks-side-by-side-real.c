// SPDX-License-Identifier: Apache-2.0
/* Two real spinlocks side by side, 4 bytes each. */
#include <linux/spinlock.h>
#include "shootdown.h"
static struct { spinlock_t a, b; } __attribute__((aligned(8))) d;
int x;
static void t1(void *u){ int r; spin_lock(&d.a); r = READ_ONCE(x); WRITE_ONCE(x, r + 1); spin_unlock(&d.a); }
static void t2(void *u){ int r; spin_lock(&d.b); r = READ_ONCE(x); WRITE_ONCE(x, r + 1); spin_unlock(&d.b); }
void scenario(void){ spin_lock_init(&d.a); spin_lock_init(&d.b);
 _Static_assert(sizeof(spinlock_t) == 4, "size");
 __sd_thread("t1", "c1", t1, (void *)0, 0); __sd_thread("t2", "c2", t2, (void *)0, 0); }
void sd_final(void){ if (x != 2) __sd_fail("lost", "an update is lost", 0,0,0); }
