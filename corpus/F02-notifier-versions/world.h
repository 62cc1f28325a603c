/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - what is around the driver in each of these scenarios: a process with a page, a device with a table of one entry for it, and a CPU
 * that takes the page away, as the kernel chosen does.
 */
#include <shootdown/scenario.h>

#ifndef MISTAKE
#define MISTAKE 0
#endif
#ifndef DEAF
#define DEAF 0		/* 1: the driver's notifier hears of nothing */
#endif

static struct mm_struct *mm;
static unsigned long va;

/* ---- the device: writes through its entry; false if it has none, and its driver has to make one ---- */

struct device {
	struct page *entry;
};

static __maybe_unused bool device_write(struct device *dev)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, NULL);
	page = dev->entry;
	if (page)
		sd_entry_write("the device", page, mm, va);
	__sd_atomic_end();
	return page;
}

/* ---- the process: an anonymous page, or one of a file ---- */

static __maybe_unused void one_page(struct file *file)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, file, 1);
	sd_populate(mm, va);
}

/* ---- the CPU ---- */

/* The page of the file moves; its entry goes by try_to_unmap. */
static __maybe_unused void migrate(void *file)
{
	soft_offline_page(sd_page_of(file, 0), 0);
}

/* The entry goes, the CPUs are flushed, then devices that walk the same tables: up to 6.1 mmu_gather does that, later the flush itself. */
static struct page *clear_entry(struct vm_area_struct *vma)
{
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	ptep = pte_offset_map_lock(mm, mm_find_pmd(mm, va), va, &ptl);
	__sd_atomic_begin(SD_STEP, NULL);
	pte = ptep_get_and_clear(mm, va, ptep);
	if (pte_present(pte)) {
		page = pte_page(pte);
		sd_data_drop(page);
	}
	__sd_atomic_end();
	if (page)
		page_remove_rmap(page, false);
	pte_unmap_unlock(ptep, ptl);
	flush_tlb_page(vma, va);
#if SD_KERNEL < 606
	mmu_notifier_invalidate_range(mm, va, va + PAGE_SIZE);
#endif
	return page;
}

/* madvise(MADV_DONTNEED) of an anonymous page; or the OOM reaper, which may not wait, and gives up if it would have to. */
static __maybe_unused void zap(bool may_block)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	struct page *page;
	int ret = 0;

	down_read(sd_mmap_sem(mm));
#if SD_KERNEL >= 504
	struct mmu_notifier_range range;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0,
#if SD_KERNEL < 606
				vma,
#endif
				mm, va, va + PAGE_SIZE);
	if (may_block)
		mmu_notifier_invalidate_range_start(&range);
	else
		ret = mmu_notifier_invalidate_range_start_nonblock(&range);
#else
#if SD_KERNEL >= 419
	if (!may_block)
		ret = mmu_notifier_invalidate_range_start_nonblock(mm, va, va + PAGE_SIZE);
	else
#endif
		mmu_notifier_invalidate_range_start(mm, va, va + PAGE_SIZE);
#endif
	if (!ret) {
		page = clear_entry(vma);
		if (page)
			put_page(page);		/* freed, before the range ends */
#if SD_KERNEL >= 504
		mmu_notifier_invalidate_range_end(&range);
#else
		mmu_notifier_invalidate_range_end(mm, va, va + PAGE_SIZE);
#endif
	}
	up_read(sd_mmap_sem(mm));
}

static __maybe_unused void dontneed(void *unused)
{
	zap(true);
}

static __maybe_unused void reap(void *unused)
{
	zap(false);
}

/* ---- for the picture of the machine ---- */

static struct device *shown;

void sd_show_more(void)
{
	struct page *entry = shown ? shown->entry : NULL;

	if (!shown)
		return;
	__sd_event("show box devices and guests", "the device", (sd_u64)shown, 0, 0);
	sd_show_holds(&shown->entry, "{1:x}", mm, va, entry);
}
