// SPDX-License-Identifier: Apache-2.0
/*
 * iommu.c - devices that walk the CPU's page tables: amd_iommu_v2 and intel-svm of 4.4, and amdkfd on top of the former.
 *
 * The IOMMU's TLB (machine/tlb.c) may refill at any time from the tables, so only a flush after the entry went helps. Both flush one
 * 4 KiB page in invalidate_page and a range in invalidate_range, which must not sleep; neither has a range start or end of its own (range end
 * calls invalidate_range). AMD flushes everything if the range is more than a page. Intel rounds the number of pages up to a power of two and flushes
 * that much, aligned. Faults are served as those of a CPU.
 *
 * Does a flush of one 4 KiB page drop a cached 2 MiB translation? Here it does, if the page is in it. Then the question is what
 * else is cached: with pieces (shootdown/mirror.h) the IOTLB broke the huge page up, and holds a piece that is not the first. With sd_iommu_exact it does
 * not: then a 2 MiB translation of what has become ordinary pages stays until something larger is flushed.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct iommu_mn {
	struct sd_mirror m;
	struct mmu_notifier mn;
	struct mmu_notifier kfd;	/* amdkfd's own: release only */
	struct sd_walker *walker;
};

static struct iommu_mn iommus[SD_MAX_MIRRORS];
static int nr_iommus;

int sd_iommu_exact;

static void flush(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct iommu_mn *iommu = container_of(mn, struct iommu_mn, mn);
	unsigned int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < iommu->m.nr; i++)
		if (sd_iommu_exact && end - start == PAGE_SIZE)
			sd_tlb_drop_small(iommu->walker, start);
		else if (sd_mirror_hit(&iommu->m, i, start, end))
			sd_tlb_drop(iommu->walker, iommu->m.va[i], iommu->m.va[i] + iommu->m.size);
	__sd_event("device-flush", "{0:s} drops its translations of {1:x}-{2:x}", (sd_u64)iommu->m.name, start, end);
	__sd_atomic_end();
}

static void amd_range(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	if ((start ^ (end - 1)) < PAGE_SIZE)
		flush(mn, start & PAGE_MASK, (start & PAGE_MASK) + PAGE_SIZE);
	else
		flush(mn, 0, ULONG_MAX);
}

static void intel_range(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	unsigned long pages = (end - start + PAGE_SIZE - 1) >> PAGE_SHIFT, size = PAGE_SIZE;

	while (size < pages << PAGE_SHIFT)
		size <<= 1;
	flush(mn, start & ~(size - 1), (start & ~(size - 1)) + size);
}

SD_ON_PAGE(mn_invalidate_page, amd_range)
SD_ON_RANGE(mn_invalidate_range, amd_range)
SD_ON_PAGE(intel_invalidate_page, intel_range)
SD_ON_RANGE(intel_invalidate_range, intel_range)

static const struct mmu_notifier_ops iommu_mn_ops = {
	SD_PAGE_OPS(mn_invalidate_page)
	SD_RANGE_OPS(mn_invalidate_range)
};

static const struct mmu_notifier_ops intel_mmuops = {
	SD_PAGE_OPS(intel_invalidate_page)
	SD_RANGE_OPS(intel_invalidate_range)
};

static void kfd_process_notifier_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	(void)mn, (void)mm;
}

static const struct mmu_notifier_ops kfd_process_mmu_notifier_ops = { .release = kfd_process_notifier_release };

static bool iommu_access(struct sd_mirror *m, unsigned int i)
{
	struct iommu_mn *iommu = container_of(m, struct iommu_mn, m);
	u64 leaf = sd_translate(iommu->walker, sd_find_upage(m->mm, m->va[i]), true);

	if (leaf)
		sd_mirror_write(m, i, pfn_to_page((leaf & PTE_PFN_MASK) >> PAGE_SHIFT));
	return leaf != 0;
}

static void iommu_fault(struct sd_mirror *m, unsigned int i)
{
	vm_fault_t fault;

	current->mm = m->mm;
	down_read(sd_mmap_sem(m->mm));
	/* That the memory failed is answered to the device. */
	fault = handle_mm_fault(find_vma(m->mm, m->va[i]), m->va[i], FAULT_FLAG_USER | FAULT_FLAG_WRITE);
	if (fault & VM_FAULT_ERROR & ~VM_FAULT_HWPOISON)
		__sd_fail("sigbus", "the fault of {0:s} at {1:x} fails", (sd_u64)m->name, m->va[i], 0);
	up_read(sd_mmap_sem(m->mm));
}

static struct iommu_mn *attach(const struct sd_mirror *what, const struct sd_mirror_ops *ops, const struct mmu_notifier_ops *mn_ops)
{
	struct iommu_mn *iommu = &iommus[nr_iommus++];

	if (sd_nr_walkers >= NR_CPUS + SD_NR_DEVICES)
		__sd_fail("model-limit", "the scenario has more devices than SD_NR_DEVICES, which is {0:d}", SD_NR_DEVICES, 0, 0);
	iommu->walker = &sd_walkers[sd_nr_walkers++];
	iommu->walker->name = what->name;
	iommu->walker->mm = what->mm;
	iommu->m = *what;
	iommu->m.ops = ops;
	iommu->mn.ops = mn_ops;
	sd_mirror_listen(&iommu->mn, what->mm);
	return iommu;
}

static struct sd_mirror *amd_attach(const struct sd_mirror *what)
{
	return &attach(what, &sd_amd_iommu_v2_mirror, &iommu_mn_ops)->m;
}

static struct sd_mirror *intel_attach(const struct sd_mirror *what)
{
	return &attach(what, &sd_intel_svm_mirror, &intel_mmuops)->m;
}

/* Two subscribers of one mm: its own has nothing to invalidate and leaves that to the other. */
static struct sd_mirror *kfd_attach(const struct sd_mirror *what)
{
	struct iommu_mn *iommu = attach(what, &sd_amdkfd_mirror, &iommu_mn_ops);

	iommu->kfd.ops = &kfd_process_mmu_notifier_ops;
	sd_mirror_listen(&iommu->kfd, what->mm);
	return &iommu->m;
}

const struct sd_mirror_ops sd_amd_iommu_v2_mirror = {
	.name = "amd-iommu", .attach = amd_attach, .access = iommu_access, .fault = iommu_fault,
};
const struct sd_mirror_ops sd_intel_svm_mirror = {
	.name = "intel-svm", .attach = intel_attach, .access = iommu_access, .fault = iommu_fault,
};
const struct sd_mirror_ops sd_amdkfd_mirror = {
	.name = "amdkfd", .attach = kfd_attach, .access = iommu_access, .fault = iommu_fault,
};
