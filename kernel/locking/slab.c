// SPDX-License-Identifier: Apache-2.0
/*
 * slab.c - kmalloc and kfree.
 *
 * Slots of one size. As with frames, each task allocates from slots of its own (the lowest free one) and what it frees becomes its own,
 * so addresses do not depend on the order of other tasks. Free memory is dead and zero.
 */
#include <linux/slab.h>
#include <linux/sched.h>

#ifndef SD_SLOT_SIZE
#define SD_SLOT_SIZE 512
#endif
#ifndef SD_TASK_SLOTS
#define SD_TASK_SLOTS 4
#endif

#define NR_SLOTS (SD_TASK_SLOTS * SD_MAX_TASKS)
#define REDZONE 16	/* in no slot: an overrun of a full slot does not reach the next one */

static char slots[NR_SLOTS][SD_SLOT_SIZE + REDZONE] __aligned(16) __sd_arena;
static unsigned short slot_size[NR_SLOTS];	/* 0: free */
static unsigned char slot_home[NR_SLOTS];	/* task number + 1 if it changed hands */

void *sd_kmalloc(size_t size, gfp_t flags, const char *what)
{
	int me = __sd_self() + 1, i;
	void *p = NULL;

	might_sleep_if(flags & __GFP_DIRECT_RECLAIM);
	if (size > SD_SLOT_SIZE)
		__sd_fail("model-limit", "kmalloc of {0:d} bytes, more than SD_SLOT_SIZE, which is {1:d}", size, SD_SLOT_SIZE, 0);
	__sd_atomic_begin(SD_ALLOC, slots);
	for (i = 0; i < NR_SLOTS && !p; i++) {
		int home = slot_home[i] ? slot_home[i] - 1 : i / SD_TASK_SLOTS;

		if (!slot_size[i] && home == me) {
			slot_size[i] = size ? (unsigned short)size : 1;
			slot_home[i] = 0;
			p = slots[i];
			__sd_live(p, slot_size[i], what);
			if (!(flags & __GFP_ZERO))
				__sd_uninit(p, slot_size[i]);
		}
	}
	if (!p)
		__sd_fail("model-limit", "{0:s} allocates more objects than SD_TASK_SLOTS, which is {1:d}", (sd_u64)current->comm,
			  SD_TASK_SLOTS, 0);
	__sd_atomic_end();
	return p;
}

void kfree(const void *p)
{
	long i = ((const char *)p - slots[0]) / (long)sizeof(slots[0]);

	if (!p)
		return;
	__sd_atomic_begin(SD_STEP, slots);
	if (i < 0 || i >= NR_SLOTS || slots[i] != p || !slot_size[i])
		__sd_fail("double-free", "kfree of {0:p}, which is not allocated", (sd_u64)p, 0, 0);
	__sd_dead(slots[i], slot_size[i]);
	slot_size[i] = 0;
	slot_home[i] = (unsigned char)(__sd_self() + 2);
	__sd_atomic_end();
}
