// SPDX-License-Identifier: Apache-2.0
/*
 * On-demand paging of InfiniBand, drivers/infiniband/core/umem_odp.c, with hmm_range_fault(): an adapter faults a page of a process into its own table
 * and writes through it, while another thread of the process takes the page away. The adapter and its driver's callback are ours: the callback does
 * what mlx5's does, under the same mutex.
 * -DTAKE: UNMAP, DROP (MADV_DONTNEED), MIGRATE, or PROTECT (mprotect() to read-only), NOTHING (the fault brings the page). -DMAPPED=1: the adapter has the page before.
 * -DFAULT=0: it takes what is there and faults nothing in, as a prefetch may ask.
 */
// shootdown: -DTAKE=DROP -DMAPPED=0 -DFAULT=1
#include <shootdown/scenario.h>
#include SD_DRIVER

enum { UNMAP, DROP, MIGRATE, PROTECT, NOTHING };

static struct mm_struct *the_mm;
static unsigned long va;
static unsigned long adapter_pfn;	/* the adapter's table: 0 if it has nothing for va */

static dma_addr_t dma;			/* what is mapped for it */

static struct device dma_device;
static struct ib_device ibdev = { .dma_device = &dma_device };
static struct ib_umem_odp *odp;

/* The process is the one of the threads here. */
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	return get_task_struct(current);
}

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	if (dma)
		__sd_fail("bad-dma", "{0:x} is still mapped for DMA", dma, 0, 0);
	return dma = page_to_phys(page);
}

void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	if (addr != dma)
		__sd_fail("bad-dma", "{0:x} is unmapped for DMA, and mapped is {1:x}", addr, dma, 0);
	dma = 0;
}

static bool invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long seq)
{
	mutex_lock(&odp->umem_mutex);
	mmu_interval_set_seq(mni, seq);
	if (odp->npages) {
		WRITE_ONCE(adapter_pfn, 0);
		ib_umem_odp_unmap_dma_pages(odp, range->start, range->end);
	}
	mutex_unlock(&odp->umem_mutex);
	return true;
}

static const struct mmu_interval_notifier_ops adapter_ops = { .invalidate = invalidate };

static void fault(void)
{
	u64 mask = ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT;

	if (ib_umem_odp_map_dma_and_lock(odp, va, PAGE_SIZE, mask, FAULT) == 1) {
		if (odp->dma_list[1] & ODP_WRITE_ALLOWED_BIT)
			WRITE_ONCE(adapter_pfn, (odp->dma_list[1] & ODP_DMA_ADDR_MASK) >> PAGE_SHIFT);
		mutex_unlock(&odp->umem_mutex);
	}
}

static void adapter(void *unused)
{
	unsigned long pfn;

	if (!READ_ONCE(adapter_pfn))
		fault();
	__sd_atomic_begin(SD_STEP, NULL);
	pfn = adapter_pfn;
	if (TAKE == NOTHING && !pfn)
		__sd_fail("no-entry", "the fault has succeeded, nothing is taken away, and the adapter may not write", 0, 0, 0);
	if (pfn)
		sd_entry_write("the adapter", pfn_to_page(pfn), the_mm, va);
	__sd_atomic_end();
}

static void take(void *unused)
{
	if (TAKE == UNMAP)
		sd_munmap(the_mm, va, 1);
	else if (TAKE == DROP)
		sd_madvise(the_mm, va - PAGE_SIZE, 2, MADV_DONTNEED);
	else if (TAKE == MIGRATE)
		sd_migrate(the_mm, va);
	else if (TAKE == PROTECT)
		sd_mprotect(the_mm, va, 1, false);
}

/* What the driver counts is what is in its list, and mapped for DMA. */
void sd_at_end(void)
{
	if (odp->npages != !!odp->dma_list[1] || odp->npages != !!dma || odp->dma_list[0])
		__sd_fail("bad-count", "the driver counts {0:d} pages that the adapter may reach", odp->npages, 0, 0);
}

void scenario(void)
{
	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 2) + PAGE_SIZE;
	if (TAKE != NOTHING || !FAULT)
		sd_populate(the_mm, va);
	odp = kzalloc(sizeof(*odp), GFP_KERNEL);
	odp->umem.ibdev = &ibdev;
	odp->umem.address = va - PAGE_SIZE;
	odp->umem.length = 2 * PAGE_SIZE;
	odp->umem.writable = 1;
	odp->umem.owning_mm = the_mm;
	odp->page_shift = PAGE_SHIFT;
	if (ib_init_umem_odp(odp, &adapter_ops))
		__sd_fail("scenario", "ib_init_umem_odp() fails", 0, 0, 0);
	if (MAPPED)
		fault();
	sd_cpu_run(0, the_mm, "adapter", adapter, NULL);
	sd_cpu_run(1, the_mm, "take", take, NULL);
}
