// SPDX-License-Identifier: Apache-2.0
/*
 * page-lock.c - the lock of a page, and who waits for it or for a migration. A bit of its flags, as the tree has it; whoever waits blocks until the bit is
 * clear, instead of sleeping on a wait queue that many pages share. Signals do not come.
 */
#include "own.h"

#include <linux/swapops.h>

static void lock_folio(struct folio *folio)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_STEP, NULL);
	if (test_bit(PG_locked, &folio->flags))
		__sd_block();
	set_bit(PG_locked, &folio->flags);
	__sd_atomic_end();
}

void __folio_lock(struct folio *folio)
{
	lock_folio(folio);
}

int __folio_lock_killable(struct folio *folio)
{
	lock_folio(folio);
	return 0;
}

void folio_unlock(struct folio *folio)
{
	__sd_atomic_begin(SD_STEP, NULL);
	clear_bit(PG_locked, &folio->flags);
	__sd_atomic_end();
}

static void wait_unlocked(struct folio *folio)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (test_bit(PG_locked, &folio->flags))
		__sd_block();
	__sd_atomic_end();
}

void folio_wait_bit(struct folio *folio, int bit)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (test_bit(bit, &folio->flags))
		__sd_block();
	__sd_atomic_end();
}

int folio_wait_bit_killable(struct folio *folio, int bit)
{
	folio_wait_bit(folio, bit);
	return 0;
}

/* At the end: a thread without end may hold one and let it go. */
void sd_final_page_locks(void)
{
	int i;

	for (i = 1; i < SD_MAX_TASKS; i++)
		if (sd_loops[i])
			return;
	for (i = 0; i < SD_FRAMES; i++)
		if (sd_kind[i] == SD_DATA && test_bit(PG_locked, &pfn_to_page(sd_pfn(i))->flags))
			__sd_fail("lock-leak", "at the end {0:p} is still locked", (sd_u64)sd_mem[i], 0, 0);
}

static struct folio *folio_of_entry(swp_entry_t entry)
{
	return page_folio(pfn_to_page(swp_offset_pfn(entry)));
}

/* The caller holds the lock of the table, and its page may go when it is given back: whoever waits has no reference. */
#ifdef SD_HAS_MIGRATION_LOCKED_PTL
void migration_entry_wait_on_locked(swp_entry_t entry, spinlock_t *ptl)
{
	struct folio *folio = folio_of_entry(entry);

	spin_unlock(ptl);
	wait_unlocked(folio);
}
#else
void migration_entry_wait_on_locked(swp_entry_t entry, pte_t *ptep, spinlock_t *ptl)
{
	struct folio *folio = folio_of_entry(entry);

	/* A huge entry is not mapped. */
	if (!ptep)
		spin_unlock(ptl);
	else
		pte_unmap_unlock(ptep, ptl);
	wait_unlocked(folio);
}
#endif
