// SPDX-License-Identifier: Apache-2.0
/* What comes in pairs, with one half missing: -DMISSING says which. 0: none is. */
// shootdown: --kernel 4.19
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/swapops.h>
#include <shootdown/scenario.h>

static DEFINE_SPINLOCK(spin);
static DECLARE_RWSEM(sem);
static struct mm_struct *mm;
static struct file *file;
static unsigned long va;

static void run(void *arg)
{
	struct page *page = sd_page_of(file, 0);

	if (MISSING != 1)
		mmu_notifier_invalidate_range_start(mm, va, va + PAGE_SIZE);
	if (MISSING != 2)
		mmu_notifier_invalidate_range_end(mm, va, va + PAGE_SIZE);
	if (MISSING != 3)
		get_page(page);
	if (MISSING != 4)
		put_page(page);
	if (MISSING != 5)
		lock_page(page);
	if (MISSING != 6)
		unlock_page(page);
	if (MISSING != 7)
		spin_lock(&spin);
	if (MISSING != 8)
		spin_unlock(&spin);
	if (MISSING != 9)
		down_read(&sem);
	if (MISSING != 10)
		up_read(&sem);
	if (MISSING != 11)
		down_write(&sem);
	if (MISSING != 12)
		up_write(&sem);
	if (MISSING != 13)
		local_irq_disable();
	if (MISSING != 14)
		local_irq_enable();
	if (MISSING != 15)
		preempt_disable();
	if (MISSING != 16)
		preempt_enable();
}

void scenario(void)
{
	mm = sd_mm("A");
	file = sd_file("file", 1);
	va = sd_mmap(mm, file, 0);
	sd_populate(mm, va);
	sd_cpu_run(0, NULL, "run", run, NULL);
}
