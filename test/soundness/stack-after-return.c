// SPDX-License-Identifier: Apache-2.0
/* The worker writes to a variable on the stack of a function that may have returned. */
#include <linux/completion.h>
#include <shootdown/scenario.h>
/* The worker writes to a variable on the stack of a function that may have returned. */
struct work { struct completion done; long extra; };
static struct work *slot; static DECLARE_WAIT_QUEUE_HEAD(wq);
static noinline void submit(void){ struct work w; init_completion(&w.done); w.extra = 0; WRITE_ONCE(slot, &w); wake_up(&wq); wait_for_completion(&w.done); }
static void sender(void *u){ submit(); }
static void worker(void *u){ struct work *p; wait_event(wq, slot != NULL); p = READ_ONCE(slot); complete(&p->done); WRITE_ONCE(p->extra, 1); }
void scenario(void){ sd_cpu_run(0, NULL, "sender", sender, NULL); sd_cpu_run(1, NULL, "worker", worker, NULL); }
void sd_final(void){}
