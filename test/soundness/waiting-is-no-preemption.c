// SPDX-License-Identifier: Apache-2.0
/* With one preemption: while somebody holds the lock, who wants it waits, and that switch is free. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
/* One preemption is enough: t0 holds L when t1 comes, and t1 then waits for L between y and z. */
static spinlock_t L; static long p, y, z;
static void t0(void *u){ long a, b; WRITE_ONCE(p, 1); spin_lock(&L); spin_unlock(&L); a = READ_ONCE(y); b = READ_ONCE(z); if (a && !b) __sd_fail("half", "y without z", 0,0,0); }
static void t1(void *u){ if (!READ_ONCE(p)) return; WRITE_ONCE(y, 1); spin_lock(&L); spin_unlock(&L); WRITE_ONCE(z, 1); }
void scenario(void){ sd_cpu_run(0, NULL, "t0", t0, NULL); sd_cpu_run(1, NULL, "t1", t1, NULL); }
void sd_final(void){}
