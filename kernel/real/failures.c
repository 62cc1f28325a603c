// SPDX-License-Identifier: Apache-2.0
/*
 * failures.c - allocations and trylocks that fail for no reason to be seen (--failures): as if memory had run out, or somebody outside of the scenario had
 * the lock.
 *
 * At most SD_FAILURES of a run, anywhere, in any thread; setup and the final check see none. Each that may fail is then an operation that others notice,
 * since the count is one for all. With 0, the default, nothing of this is compiled.
 */
#include "real.h"

static unsigned long failures;

bool sd_fails_now(const char *what)
{
	bool fails = false;

	if (!sd_me())
		return false;
	__sd_atomic_begin(SD_STEP, NULL);
	if (failures < SD_FAILURES && __sd_choose(2)) {
		failures++;
		fails = true;
		__sd_event("failure", "{0:s} fails", (sd_u64)what, 0, 0);
	}
	__sd_atomic_end();
	return fails;
}
