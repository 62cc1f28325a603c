/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlb-set.h - what a TLB may have of one page besides what a walk gives. The model kernel's CPUs have it, those of a tree's own mm, and those of 4.4's files.
 *
 * A real TLB fills and evicts entries at any moment, also speculatively. As events these would multiply states and interleavings. Instead each TLB holds, for
 * each user page, the SET of translations that were valid at some time since the last invalidation that reached it and are not what a walk gives now; each
 * access chooses one of them or a walk.
 *
 * Why the behaviours are the same. (1) Whatever an access may use here, a real TLB may hold: a translation t in the set
 * was valid at a time T after the last invalidation; let the real TLB fill it just before it ceased to be valid and keep it
 * until this access, evicting whatever else it held. (2) Whatever a real TLB may hold at an access is here: it was filled by a walk
 * at some time since the last invalidation, so it was valid then; either it still is what a walk gives, or some store since made it
 * otherwise, and sd_watched_store() put it into the set just before that store. Using an entry removes nothing
 * from either. So no event is needed, and a TLB in which nothing is stale costs no state at all.
 *
 * A set is SD_TLB_WAYS words: leaf entries with the permissions of all levels combined, in ascending order, and then zeros. Whoever includes this has said how
 * many there are.
 */
#ifndef SHOOTDOWN_TLB_SET_H
#define SHOOTDOWN_TLB_SET_H

/* Whether a TLB may go on using what a walk gave until now, when a walk gives @after from now on. */
static __always_inline bool sd_tlb_may_keep(sd_u64 before, sd_u64 after)
{
	/* Hardware sets the accessed bit before it caches an entry. */
	if (!(before & _PAGE_ACCESSED))
		return false;
	/* Clean, and otherwise the same as now: a store through it walks again, a load finds the same. */
	return (before & _PAGE_DIRTY) || (before | _PAGE_DIRTY | _PAGE_SOFT_DIRTY) != (after | _PAGE_DIRTY | _PAGE_SOFT_DIRTY);
}

/* False: there is no room for another one. */
static __maybe_unused bool sd_tlb_add(sd_u64 *set, sd_u64 leaf)
{
	int i, at;

	for (at = 0; at < SD_TLB_WAYS && set[at] && set[at] < leaf; at++)
		;
	if (at < SD_TLB_WAYS && set[at] == leaf)
		return true;
	if (at == SD_TLB_WAYS || set[SD_TLB_WAYS - 1])
		return false;
	for (i = SD_TLB_WAYS - 1; i > at; i--)
		set[i] = set[i - 1];
	set[at] = leaf;
	return true;
}

static __maybe_unused void sd_tlb_remove(sd_u64 *set, sd_u64 leaf)
{
	int i;

	for (i = 0; i < SD_TLB_WAYS && set[i] != leaf; i++)
		;
	for (; i < SD_TLB_WAYS; i++)
		set[i] = i + 1 < SD_TLB_WAYS ? set[i + 1] : 0;
}

/* A word in which nothing is, is not written: other threads would have to take notice. */
static __maybe_unused void sd_tlb_clear(sd_u64 *set)
{
	int i;

	for (i = 0; i < SD_TLB_WAYS; i++)
		if (set[i])
			set[i] = 0;
}

/* One that an access may use, whichever; 0: it walks. */
static __maybe_unused sd_u64 sd_tlb_choose(const sd_u64 *set)
{
	int n = 0, choice;

	while (n < SD_TLB_WAYS && set[n])
		n++;
	choice = n ? __sd_choose(n + 1) : 0;
	return choice ? set[choice - 1] : 0;
}

#endif
