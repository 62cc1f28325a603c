// SPDX-License-Identifier: Apache-2.0
/*
 * One cell of `shootdown report 4.4-invalidate`: is this design of try_to_unmap safe for this user of MMU notifiers in 4.4?
 *
 * MMS processes map a file of PAGES pages, shared. Each has a mirror of USER's kind, whose hardware writes to any of the pages at any time, while
 * MIGRATIONS threads at once migrate (or with CALLER=1 reclaim) a page each: all the first one with SAME=1, else neighbours.
 *   USER	kvm umem_odp gru gntdev amd_iommu_v2 intel_svm scif i915 radeon amdgpu amdkfd
 *   DESIGN	1 released  2 fix_only  3 convert_all  4 pass_size  5 start_end  6 shipped  7 huge
 *   PAGE	0 ordinary  1 huge, the mapping too small for tables to be shared  2 huge, a gigabyte: with MMS > 1 the PMD table is shared
 *   FIRST	which page is the first to be migrated; those before it are nobody's
 *   PIECES	1: the mirror holds a huge page in pieces of 4 KiB
 *   CALLER	0 migration  1 reclaim  2 as 0, and the user's own allocations reclaim
 *   SEED	what to leave out, to see that it is noticed: 1 notifiers not called, 2 references not held, 4 gntdev's pages are migrated
 *   FAULTS	0: mirrors have their translations from the start and make none later
 *   RECHECK 1: who has locked a PMD table looks again whether the mm still uses it. Without that, as in 4.4, two migrations at once
 *		under a shared table lose writes whatever notifiers do; so with it one sees what notifiers do
 *   FIX2	1: with c0d0381ade79 (5.7), which lets only one migration at a time change a shared table
 */
// shootdown: --kernel 4.4
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

#ifndef USER
#define USER kvm
#endif
#ifndef DESIGN
#define DESIGN 6
#endif
#ifndef PAGE
#define PAGE 2
#endif
#ifndef PIECES
#define PIECES 0
#endif
#ifndef MMS
#define MMS 2
#endif
#ifndef MIGRATIONS
#define MIGRATIONS 1
#endif
#ifndef SAME
#define SAME 0
#endif
#ifndef FIRST
#define FIRST 0
#endif
#ifndef PAGES
#define PAGES (FIRST + (SAME || MIGRATIONS == 0 ? 1 : MIGRATIONS))
#endif
#ifndef CALLER
#define CALLER 0
#endif
#ifndef SEED
#define SEED 0
#endif
#ifndef FAULTS
#define FAULTS (MIGRATIONS < 2)
#endif
#ifndef RECHECK
#define RECHECK 0
#endif
#ifndef FIX2
#define FIX2 0
#endif

#define MIRROR_OF(user) sd_##user##_mirror
#define MIRROR(user) MIRROR_OF(user)

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

void scenario(void)
{
	static const char *const names[] = { "A", "B", "C" };
	static const char *const threads[] = { CALLER == 1 ? "kswapd" : "migrate", CALLER == 1 ? "reclaim" : "migrate2" };
	struct mm_struct *mm[MMS];
	unsigned long base, size = PAGE ? HPAGE_SIZE : PAGE_SIZE;
	long i, v;

	sd_design = DESIGN;
	sd_seed = SEED;
	sd_fix_c0d0381ade79 = FIX2;
	sd_recheck_table = RECHECK;
	file = PAGE ? sd_hugetlb_file("file", PAGES) : sd_file("file", PAGES);
	for (i = 0; i < MMS; i++) {
		mm[i] = sd_mm(names[i]);
		base = sd_mmap(mm[i], file, 0);
		if (PAGE == 1)
			mm[i]->mmap->vm_end = base + PAGES * size;
		for (v = FIRST; v < PAGES; v++)
			sd_populate(mm[i], base + v * size);
		sd_mirror(&MIRROR(USER), mm[i], base + FIRST * size, PAGES - FIRST, PIECES);
	}
	if (CALLER == 2)
		sd_reclaim_from = file->f_mapping;
	for (v = 0; v < MIGRATIONS; v++)
		sd_cpu_run(v, NULL, threads[v], CALLER == 1 ? reclaim : migrate, (void *)v);
	sd_mirrors_run(MIGRATIONS, FAULTS);
}
