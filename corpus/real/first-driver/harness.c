// SPDX-License-Identifier: Apache-2.0
/*
 * The smallest harness for a file of a real tree, to begin one of your own with: a driver that mirrors one page under an interval notifier, a CPU
 * that unmaps and frees the page, and between them the kernel's own mm/mmu_notifier.c.
 * -DMISTAKE=1: no retry; 2: the retry is asked for before the lock is taken; 3: the callback forgets mmu_interval_set_seq().
 */
#include <linux/mutex.h>
#include <shootdown/harness.h>

#ifndef MISTAKE
#define MISTAKE 0
#endif
#define START 0x100000UL

struct mm_struct mm;
static struct mmu_interval_notifier notifier;
static DEFINE_MUTEX(lock);
unsigned long pte = 1;		/* the process's entry: the number of a page, or 0 */
unsigned long entry;		/* the device's */
bool freed;			/* page 1 is */

static bool invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long seq)
{
	mutex_lock(&lock);
	if (MISTAKE != 3)
		mmu_interval_set_seq(mni, seq);
	WRITE_ONCE(entry, 0);
	mutex_unlock(&lock);
	return true;
}

static const struct mmu_interval_notifier_ops ops = { .invalidate = invalidate };

static void fault(void)
{
	unsigned long seq, page;
	bool again = false;

	do {
		seq = mmu_interval_read_begin(&notifier);
		page = READ_ONCE(pte);
		if (MISTAKE == 2)
			again = mmu_interval_read_retry(&notifier, seq);
		mutex_lock(&lock);
		if (MISTAKE == 0 || MISTAKE == 3)
			again = mmu_interval_read_retry(&notifier, seq);
		if (!again)
			WRITE_ONCE(entry, page);
		mutex_unlock(&lock);
	} while (again);
}

static void driver(void *unused)
{
	if (mmu_interval_notifier_insert(&notifier, &mm, START, PAGE_SIZE, &ops))
		__sd_fail("setup", "mmu_interval_notifier_insert failed", 0, 0, 0);
	fault();
	__sd_atomic_begin(SD_STEP, &entry);
	if (entry && freed)
		__sd_fail("freed-page-access", "the device still has page {0:d}, which was freed", entry, 0, 0);
	__sd_atomic_end();
	mmu_interval_notifier_remove(&notifier);
}

static void cpu(void *unused)
{
	struct mmu_notifier_range range;

	sd_range_init(&range, MMU_NOTIFY_CLEAR, &mm, START, START + PAGE_SIZE);
	mmap_read_lock(&mm);
	mmu_notifier_invalidate_range_start(&range);
	WRITE_ONCE(pte, 0);
	mmu_notifier_invalidate_range_end(&range);
	mmap_read_unlock(&mm);
	WRITE_ONCE(freed, true);
}

void scenario(void)
{
	sd_mm_init(&mm);
	sd_run("driver", &mm, driver, NULL);
	sd_run("CPU0", &mm, cpu, NULL);
}
