// SPDX-License-Identifier: Apache-2.0
/* A reader's lock is given back by another thread: it protects nothing any longer. */
#include <linux/rwsem.h>
#include <linux/completion.h>
#include <shootdown/scenario.h>
/* up_read by another thread (up_read_non_owner): the first is still taken to hold it. */
static struct rw_semaphore sem; static struct completion c1, c2; long w;
static void t1(void *u){ long a, b; down_read(&sem); complete(&c1); wait_for_completion(&c2); current->locks_held--; a = READ_ONCE(w); barrier(); b = READ_ONCE(w); if (a != b) __sd_fail("changed", "w changed", 0,0,0); }
static void t2(void *u){ wait_for_completion(&c1); up_read(&sem); current->locks_held++; complete(&c2); }
static void t3(void *u){ down_write(&sem); WRITE_ONCE(w, 1); up_write(&sem); }
void scenario(void){ sd_cpu_run(0, NULL, "t1", t1, NULL); sd_cpu_run(1, NULL, "t2", t2, NULL); sd_cpu_run(2, NULL, "t3", t3, NULL); }
void sd_final(void){}
