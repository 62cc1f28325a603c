// SPDX-License-Identifier: Apache-2.0
/* An assertion about a lock is about the thread that asks. */
#include <linux/rwsem.h>
#include <linux/lockdep.h>
#include <shootdown/scenario.h>
/* asserting a lock that only somebody else holds */
static struct rw_semaphore sem; long go, done;
static void t1(void *u){ down_read(&sem); WRITE_ONCE(go, 1); while (!READ_ONCE(done)) cpu_relax(); up_read(&sem); }
static void t2(void *u){ while (!READ_ONCE(go)) cpu_relax(); if (!sd_rwsem_held(&sem, false)) __sd_fail("lock-not-held", "", 0,0,0); WRITE_ONCE(done, 1); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); }
void sd_final(void){}
