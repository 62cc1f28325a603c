/* SPDX-License-Identifier: Apache-2.0 */
/* Completions: a count of done, and waiting for it. */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/wait.h>

struct completion {
	unsigned long done;
};

#define DECLARE_COMPLETION(name) struct completion name = { 0 }
#define init_completion(x) ((x)->done = 0)
#define reinit_completion(x) ((x)->done = 0)

static inline void complete(struct completion *x)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (x->done != ULONG_MAX)
		x->done++;
	__sd_atomic_end();
}

static inline void complete_all(struct completion *x)
{
	__sd_atomic_begin(SD_STEP, NULL);
	x->done = ULONG_MAX;
	__sd_atomic_end();
}

static __always_inline void wait_for_completion(struct completion *x)
{
	might_sleep();
	__sd_atomic_begin(SD_STEP, NULL);
	if (!x->done)
		__sd_block();
	if (x->done != ULONG_MAX)
		x->done--;
	__sd_atomic_end();
}

#endif
