// SPDX-License-Identifier: Apache-2.0
/*
 * hfi1 sets up a TID for a page while another thread of the process unmaps it: hfi1's own user_exp_rcv.c, exp_rcv.c and user_pages.c, with the
 * tree's own get_user_pages_fast(), munmap() and mmu_notifier.c. corpus/real/hfi1-tid has the same question with fewer states, and what mends it.
 * -DCHECK: what must hold, see there. -DFREED=1: the TID is set up before, and the ioctl of the thread frees it.
 * -DNOTIFIED=0: the process has asked not to be told of what is unmapped, and the driver has no notifier.
 */
// shootdown: -DCHECK=ALL -DFREED=0 -DNOTIFIED=1
#include <shootdown/scenario.h>
#include "context.h"

static int returned;			/* calls that have */
static long result = 1;			/* of the ioctl */

/* When both calls have returned. */
static void check(void)
{
	int i;

	__sd_atomic_begin(SD_STEP, rcvarray);
	if (++returned == 2) {
		for (i = 0; i < TIDS; i++) {
			if ((CHECK & LOST) && rcvarray[i] && !result)
				__sd_fail("stale-tid", "the ioctl has succeeded and munmap() has returned, and TID {0:d} is pfn {1:x}", i, rcvarray[i], 0);
			if ((CHECK & LEAKED) && rcvarray[i] && result)
				__sd_fail("leaked-tid", "the ioctl has failed with {0:d}, and TID {1:d} is still pfn {2:x} in the hardware", (sd_u64)result,
					  i, rcvarray[i]);
		}
	}
	__sd_atomic_end();
}

static void ioctl(void *unused)
{
	result = FREED ? hfi1_user_exp_rcv_clear(&fd, &tinfo) : hfi1_user_exp_rcv_setup(&fd, &tinfo);
	__sd_event("return", "the ioctl returns {0:d}", (sd_u64)result, 0, 0);
	check();
}

/* A TID that was freed is off and counts for nothing, its page is let go, and the process is told of it if the unmapping came first. */
void sd_at_end(void)
{
	if (!FREED)
		return;
	if (result || fd.tid_used || uctxt.tid_used_list.count || uctxt.tid_group_list.count != 1)
		__sd_fail("bad-count", "a TID was freed: {0:d}, and {1:d} are in use", (sd_u64)result, fd.tid_used, 0);
	if (page_ref_count(page) >= GUP_PIN_COUNTING_BIAS)
		__sd_fail("pin-leak", "the TID was freed, and its page is still pinned", 0, 0, 0);
	if (!!fd.invalid_tid_idx != test_bit(_HFI1_EVENT_TID_MMU_NOTIFY_BIT, events) || (fd.invalid_tid_idx && fd.invalid_tids[0] != user_tidlist[0]))
		__sd_fail("bad-event", "{0:d} TIDs are listed for the process, of which it is not told, or not of the right one", fd.invalid_tid_idx, 0, 0);
}

static void unmap(void *unused)
{
	sd_munmap(mm, va, 1);
	check();
}

void scenario(void)
{
	open_context();
	if (FREED && hfi1_user_exp_rcv_setup(&fd, &tinfo))
		__sd_fail("scenario", "no TID can be set up", 0, 0, 0);
	sd_cpu_run(0, mm, "ioctl", ioctl, NULL);
	sd_cpu_run(1, mm, "munmap", unmap, NULL);
}
