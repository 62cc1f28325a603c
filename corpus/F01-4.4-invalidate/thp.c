// SPDX-License-Identifier: Apache-2.0
/*
 * Huge pages of anonymous memory in 4.4, for each user of MMU notifiers and each design of try_to_unmap.
 *
 * The thread calls 4.4 "broken in respect to THP". In 4.4 try_to_unmap() never meets such a page: whoever unmaps splits it first, and what else happens to it
 * has a range start and end of its own. So what a design does matters for the ordinary pages that a split leaves, and for what users still hold from before.
 *
 *   HOW	1 zap			madvise(MADV_DONTNEED) of the whole
 *		2 split, migration	soft offline of one of its pages: it is split, then that page migrates
 *		3 NUMA balancing	the permissions go, then the page moves to another node
 *		4 collapse		khugepaged makes a huge page of ordinary ones
 *   PIECES	1: KVM has shadow entries of 4 KiB alone
 *   EXACT	1: the IOTLB keeps a 2 MiB translation when one 4 KiB page of it is flushed
 *   LOCKLESS	1: the GRU's driver looks an address up without a lock first, as in 4.4   2: and gets the right page
 *   USER, DESIGN, SEED: as in invalidate.c
 */
// shootdown: --kernel 4.4
#include <linux/huge_mm.h>
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

enum user { kvm, umem_odp, gru, gntdev, amd_iommu_v2, intel_svm, scif, i915, radeon, amdgpu, amdkfd };

SD_PARAM(enum user, USER, kvm);
SD_PARAM(int, DESIGN, SD_DESIGN_SHIPPED);
SD_PARAM(int, HOW, 2);
SD_PARAM(int, PIECES, 0);
SD_PARAM(int, EXACT, 0);
SD_PARAM(int, LOCKLESS, 0);
SD_PARAM(int, SEED, 0);

static const struct sd_mirror_ops *const mirrors[] = {
	&sd_kvm_mirror, &sd_umem_odp_mirror, &sd_gru_mirror, &sd_gntdev_mirror, &sd_amd_iommu_v2_mirror, &sd_intel_svm_mirror,
	&sd_scif_mirror, &sd_i915_mirror, &sd_radeon_mirror, &sd_amdgpu_mirror, &sd_amdkfd_mirror,
};

static struct mm_struct *mm;
static unsigned long va;
static struct page *second;

static void zap(void *unused)
{
	(void)unused;
	sd_zap_thp(mm, va);
}

static void migrate(void *unused)
{
	(void)unused;
	soft_offline_page(second, 0);
}

static void balance(void *unused)
{
	(void)unused;
	sd_numa_balance_thp(mm, va);
}

static void collapse(void *unused)
{
	(void)unused;
	sd_collapse_thp(mm, va);
}

void scenario(void)
{
	static const struct {
		const char *name;
		void (*fn)(void *unused);
	} threads[] = { { "zap", zap }, { "migrate", migrate }, { "numa", balance }, { "khugepaged", collapse } };
	int i;

	sd_design = DESIGN;
	sd_seed = SEED;
	sd_iommu_exact = EXACT;
	sd_gru_lockless = LOCKLESS;
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, SD_THP_PAGES);
	if (HOW == 4) {
		sd_thp_mapping(mm, va);
		for (i = 0; i < SD_THP_PAGES; i++)
			sd_populate(mm, va + (unsigned long)i * PAGE_SIZE);
	} else {
		sd_populate_thp(mm, va);
	}
	second = pfn_to_page((sd_walk(mm, va + PAGE_SIZE, false) & PTE_PFN_MASK) >> PAGE_SHIFT);
	sd_mirror(mirrors[USER], mm, va, SD_THP_PAGES, PIECES);
	sd_cpu_run(0, NULL, threads[HOW - 1].name, threads[HOW - 1].fn, NULL);
	sd_mirrors_run(1, true);
}
