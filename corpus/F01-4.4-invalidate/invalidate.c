// SPDX-License-Identifier: Apache-2.0
/*
 * One cell of `shootdown report 4.4-invalidate`: is this design of try_to_unmap safe for this user of MMU notifiers in 4.4?
 *
 * MMS processes map a file of PAGES pages, shared. Each has a mirror of USER's kind, whose hardware writes to any of the pages at any time, while
 * MIGRATIONS threads at once migrate (or with CALLER=1 reclaim) a page each: all the first one with SAME=1, else neighbours.
 *
 * All of these are parameters: -DUSER=gru -DDESIGN=5.
 *   USER	kvm umem_odp gru gntdev amd_iommu_v2 intel_svm scif i915 radeon amdgpu amdkfd
 *   DESIGN	1 released  2 fix_only  3 convert_all  4 pass_size  5 start_end  6 shipped  7 huge
 *   PAGE	0 ordinary  1 huge, the mapping too small for tables to be shared  2 huge, a gigabyte: with MMS > 1 the PMD table is shared
 *   FIRST	which page is the first to be migrated; those before it belong to no user
 *   PIECES	1: the mirror holds a huge page in pieces of 4 KiB
 *   CALLER	0 migration  1 reclaim  2 as 0, and the user's own allocations reclaim  3 the page's memory fails (memory_failure)
 *   SEED	what to leave out, to see that it is noticed: 1 notifiers not called, 2 references not held, 4 gntdev's pages are migrated
 *   FAULTS	0: mirrors have their translations from the start and make none later
 *   RECHECK 1: after locking a PMD table, check again whether the mm still uses it. Without that, as in 4.4, two migrations at once
 *		under a shared table lose writes whatever notifiers do; so with it one sees what notifiers do
 *   FIX2	1: with c0d0381ade79 (5.7), which lets only one migration at a time change a shared table
 */
// shootdown: --kernel 4.4
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

enum user { kvm, umem_odp, gru, gntdev, amd_iommu_v2, intel_svm, scif, i915, radeon, amdgpu, amdkfd };

SD_PARAM(enum user, USER, kvm);
SD_PARAM(int, DESIGN, SD_DESIGN_SHIPPED);
SD_PARAM(int, PAGE, 2);
SD_PARAM(int, PIECES, 0);
SD_PARAM(int, MMS, 2);
SD_PARAM(int, MIGRATIONS, 1);
SD_PARAM(int, SAME, 0);
SD_PARAM(int, FIRST, 0);
SD_PARAM(int, PAGES, 0);	/* 0: as many as FIRST and MIGRATIONS need */
SD_PARAM(int, CALLER, 0);
SD_PARAM(int, SEED, 0);
SD_PARAM(int, FAULTS, -1);	/* -1: with one migration only */
SD_PARAM(int, RECHECK, 0);
SD_PARAM(int, FIX2, 0);

static const struct sd_mirror_ops *const mirrors[] = {
	&sd_kvm_mirror, &sd_umem_odp_mirror, &sd_gru_mirror, &sd_gntdev_mirror, &sd_amd_iommu_v2_mirror, &sd_intel_svm_mirror,
	&sd_scif_mirror, &sd_i915_mirror, &sd_radeon_mirror, &sd_amdgpu_mirror, &sd_amdkfd_mirror,
};

static struct file *file;

static unsigned int page_nr(void *nr)
{
	return FIRST + (SAME ? 0 : (unsigned int)(long)nr);
}

static void migrate(void *nr)
{
	soft_offline_page(sd_page_of(file, page_nr(nr)), 0);
}

static void reclaim(void *nr)
{
	struct page *page = find_get_page(file->f_mapping, page_nr(nr));

	if (page)
		shrink_page(page);
}

static void fail(void *nr)
{
	memory_failure(page_to_pfn(sd_page_of(file, page_nr(nr))), 0, 0);
}

void scenario(void)
{
	static void (*const callers[])(void *nr) = { migrate, reclaim, migrate, fail };
	static const char *const names[] = { "A", "B", "C" };
	const char *const threads[] = {
		CALLER == 1 ? "kswapd" : CALLER == 3 ? "failure" : "migrate", CALLER == 1 ? "reclaim" : CALLER == 3 ? "failure2" : "migrate2",
	};
	unsigned int pages = PAGES ? PAGES : FIRST + (SAME || MIGRATIONS == 0 ? 1 : MIGRATIONS);
	unsigned long base, size = PAGE ? HPAGE_SIZE : PAGE_SIZE;
	struct mm_struct *mm;
	long i, v;

	sd_design = DESIGN;
	sd_seed = SEED;
	sd_fix_c0d0381ade79 = FIX2;
	sd_recheck_table = RECHECK;
	file = PAGE ? sd_hugetlb_file("file", pages) : sd_file("file", pages);
	for (i = 0; i < MMS; i++) {
		mm = sd_mm(names[i]);
		base = sd_mmap(mm, file, 0);
		if (PAGE == 1)
			mm->mmap->vm_end = base + pages * size;
		for (v = FIRST; v < pages; v++)
			sd_populate(mm, base + v * size);
		sd_mirror(mirrors[USER], mm, base + FIRST * size, pages - FIRST, PIECES);
	}
	if (CALLER == 2)
		sd_reclaim_from = file->f_mapping;
	for (v = 0; v < MIGRATIONS; v++)
		sd_cpu_run(v, NULL, threads[v], callers[CALLER], (void *)v);
	sd_mirrors_run(MIGRATIONS, FAULTS < 0 ? MIGRATIONS < 2 : FAULTS);
}
