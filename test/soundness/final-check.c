// SPDX-License-Identifier: Apache-2.0
/* The final check reads what a daemon may be writing. */
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
static long w, y;
static void daemon(void *u){ WRITE_ONCE(w, 1); WRITE_ONCE(w, 0); WRITE_ONCE(y, !READ_ONCE(y)); }
static void worker(void *u){ READ_ONCE(y); }
void scenario(void){ sd_loop_thread(0, "daemon", NULL, daemon, NULL); sd_cpu_run(1, NULL, "worker", worker, NULL); }
void sd_final(void){ if (w) __sd_fail("seen", "w is 1", 0,0,0); }
