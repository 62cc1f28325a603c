/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror.h - what the units with a secondary MMU have in common (kvm-unit.c, ../4.4-invalidate-page/odp-unit.c, gru-unit.c): each process
 * has one mirror, which holds all PAGES of the scenario and writes to any of them at any time.
 *
 * -DPIECES=1: it holds a huge page in pieces of 4 KiB, of which the second is the one that is used. -DFAULTS=0: it has its translations from
 * the start and makes none later. -DDEAF=1: its notifier is registered and does nothing. -DNO_RETRY=1 and others: in the units.
 */
#ifndef SHOOTDOWN_REAL_MIRROR_H
#define SHOOTDOWN_REAL_MIRROR_H

#include <linux/mm.h>
#include <linux/mmu_notifier.h>

#include "../../../kernel/real-invalidate-page/machine.h"

#ifndef MIGRATIONS
#define MIGRATIONS 1
#endif
#ifndef SAME
#define SAME 0
#endif
#ifndef PIECES
#define PIECES 0
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef DEAF
#define DEAF 0
#endif
#ifndef NO_RETRY
#define NO_RETRY 0
#endif

#define PAGES	(SAME ? 1 : MIGRATIONS)
#define MIRRORS 2

/* Of a user page, the part that one entry of the mirror covers. */
static inline unsigned long mirror_from(const struct sd_upage *up)
{
	return PIECES && up->size > PAGE_SIZE ? up->va + PAGE_SIZE : up->va;
}

static inline bool mirror_hit(const struct sd_upage *up, unsigned long start, unsigned long end)
{
	return mirror_from(up) < end && start < mirror_from(up) + (PIECES ? PAGE_SIZE : up->size);
}

/* What an entry for this page is: the number of its frame plus 1; 0 is none. */
static inline unsigned long mirror_entry(struct page *page)
{
	return sd_frame_of(page_to_pfn(compound_head(page))) + 1;
}

/* Which page is accessed next. In an atomic section. */
static inline int mirror_choose(void)
{
	return PAGES > 1 ? __sd_choose(PAGES) : 0;
}

static inline void mirror_write(const char *name, unsigned long entry, const struct sd_upage *up)
{
	sd_data_access(entry - 1, up->location, true, name, mirror_from(up));
}

/* Called when the user's own code has registered it. */
static inline void mirror_listens(struct mmu_notifier *mn)
{
	static const struct mmu_notifier_ops deaf;

	if (DEAF)
		mn->ops = &deaf;
}

#endif
