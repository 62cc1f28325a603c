// SPDX-License-Identifier: Apache-2.0
/* Two locks in one word are two locks. */
#include <shootdown/scenario.h>
#include <linux/atomic.h>
/* A lock of 4 bytes of the scenario's own, as shootdown.h explains; two of them side by side. */
struct lk { unsigned held; };
static __always_inline void lk_lock(struct lk *l){ __sd_atomic_begin(SD_ACQUIRE, l); if (l->held) __sd_block(); l->held = 1; __sd_atomic_end(); }
static __always_inline void lk_unlock(struct lk *l){ __sd_atomic_begin(SD_RELEASE, l); l->held = 0; __sd_atomic_end(); }
static struct { struct lk a, b; } __aligned(8) d;
int x;
static void t1(void *u){ int r; lk_lock(&d.a); r = READ_ONCE(x); WRITE_ONCE(x, r + 1); lk_unlock(&d.a); }
static void t2(void *u){ int r; lk_lock(&d.b); r = READ_ONCE(x); WRITE_ONCE(x, r + 1); lk_unlock(&d.b); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){ if (x != 2) __sd_fail("lost", "an update is lost", 0,0,0); }
