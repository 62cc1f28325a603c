// SPDX-License-Identifier: Apache-2.0
/*
 * shadow.c - for harnesses of drivers: the entry that a device or a guest has for one page, in a table of the driver's, and the TLB before it. An entry that
 * is removed may be used as long as the TLB is not flushed. Whoever uses it writes; the oracle judges where that goes.
 */
#include "own.h"

void sd_shadow_set(struct sd_shadow *shadow, struct page *page)
{
	__sd_atomic_begin(SD_STEP, NULL);
	shadow->entry = page;
	__sd_event("shadow", "the entry of {0:s} is {1:p}", (sd_u64)shadow->who, (sd_u64)page, 0);
	__sd_atomic_end();
}

bool sd_shadow_remove(struct sd_shadow *shadow)
{
	bool there;

	__sd_atomic_begin(SD_STEP, NULL);
	there = shadow->entry;
	if (there) {
		shadow->removed = shadow->entry;
		shadow->entry = NULL;
		__sd_event("shadow", "the entry of {0:s} is removed, not yet from its TLB", (sd_u64)shadow->who, 0, 0);
	}
	__sd_atomic_end();
	return there;
}

void sd_shadow_flush(struct sd_shadow *shadow)
{
	__sd_atomic_begin(SD_STEP, NULL);
	shadow->removed = NULL;
	__sd_event("shadow", "the TLB of {0:s} is flushed", (sd_u64)shadow->who, 0, 0);
	__sd_atomic_end();
}

bool sd_shadow_write(struct sd_shadow *shadow, struct mm_struct *mm, unsigned long va)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, NULL);
	page = shadow->removed && __sd_choose(2) ? shadow->removed : shadow->entry;
	if (page)
		sd_entry_write(shadow->who, page, mm, va);
	__sd_atomic_end();
	return page;
}
