// SPDX-License-Identifier: Apache-2.0
/*
 * A process ends that has set up a TID of hfi1's, while the OOM reaper takes its memory: two callbacks for one TID at once, which the mutex of its node keeps apart.
 * The driver, and the rest of the machine, are those of ../hfi1-tid.
 */
#define CHECK ALL
#define NOTIFIED 1
#include <shootdown/scenario.h>
#include "../hfi1-tid/context.h"

/* As mm/oom_kill.c, which asks not to wait; that the driver waits all the same is another matter (docs/findings/nonblocking-start.md). */
static void reap(void *unused)
{
	struct mmu_notifier_range range;

	mmap_read_lock(mm);
	if (!test_bit(MMF_OOM_SKIP, &mm->flags)) {
		mmu_notifier_range_init(&range, MMU_NOTIFY_UNMAP, 0, mm, va, va + PAGE_SIZE);
		if (!mmu_notifier_invalidate_range_start_nonblock(&range))
			mmu_notifier_invalidate_range_end(&range);
	}
	mmap_read_unlock(mm);
	mmdrop(mm);
}

static void end(void *unused)
{
	sd_exit(mm);
}

/* The TID is off, and its page was let go once. */
void sd_at_end(void)
{
	int i;

	for (i = 0; i < TIDS; i++)
		if (rcvarray[i])
			__sd_fail("stale-tid", "the process has ended, and TID {0:d} is pfn {1:x}", i, rcvarray[i], 0);
	if (page_ref_count(page))
		__sd_fail("bad-count", "the process has ended, and its page has {0:d} references", page_ref_count(page), 0, 0);
}

void scenario(void)
{
	open_context();
	if (hfi1_user_exp_rcv_setup(&fd, &tinfo))
		__sd_fail("scenario", "no TID can be set up", 0, 0, 0);
	mmgrab(mm);
	sd_cpu_run(0, NULL, "the reaper", reap, NULL);
	sd_cpu_run(1, NULL, "exit", end, NULL);
}
