// SPDX-License-Identifier: Apache-2.0
/*
 * harness.c - processes that share a hugetlb file, and a migration of its page, on the files of a 4.4 tree.
 *
 * Real: page tables and their sharing, faults, the walk over VMAs, unmapping, migration entries, the copy's surroundings
 * (mm/hugetlb.c, mm/rmap.c, mm/migrate.c, mm/mmu_notifier.c). Ours: this file and the runtime in kernel/real-invalidate-page.
 *
 * -DMMS: processes that map the file, each on a CPU of its own. -DUSERS=0 takes their own accesses away; bit i of it stands for the i-th.
 * -DKVM=1: each runs a virtual machine (kvm-unit.c). -DODP=1: each has registered the pages with a device (../4.4-invalidate-page/odp-unit.c).
 * -DGRU=1: each uses a GRU (gru-unit.c there). mirror.h has what these take.
 * -DPRIVATE_PMD=1: the mappings are not aligned alike, so nothing is shared. -DSMALL=1: they are of the pages alone, so nothing can be.
 * -DMIGRATIONS=2: two neighbouring pages of the file migrate, each by a thread of its own; the processes access the last. -DSAME=1: one page
 * that both want. -DFIRST: its index in the file, or that of the first of two.
 * -DPASSES: how often there is memory for migrate_pages() to try; its own bound is ten.
 */
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>

#include "mirror.h"

#ifndef MMS
#define MMS 2
#endif
#ifndef KVM
#define KVM 0
#endif
#ifndef ODP
#define ODP 0
#endif
#ifndef GRU
#define GRU 0
#endif
#ifndef PRIVATE_PMD
#define PRIVATE_PMD 0
#endif
#ifndef SMALL
#define SMALL 0
#endif
#ifndef FIRST
#define FIRST 0
#endif
#ifndef PASSES
#define PASSES 10
#endif
#ifndef USERS
#define USERS 7
#endif

void sd_machine_start(int i, int upage);
void sd_odp_start(int i, int upage);
void sd_gru_start(int i, int upage);
extern initcall_t sd_initcall_mmu_notifier_init;
void sd_hugetlb_unit_init(void);

int sd_fault(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long va, bool write)
{
	return hugetlb_fault(mm, vma, va, FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0));
}

struct page *sd_get_user_page(struct mm_struct *mm, unsigned long va)
{
	struct page *page = NULL;
	unsigned long one = 1;

	follow_hugetlb_page(mm, find_vma(mm, va), &page, NULL, &va, &one, 0, FOLL_GET | FOLL_WRITE | FOLL_TOUCH);
	return page;
}

/* As hugetlbfs has it: the mapping's entry moves, then contents and flags. */
static int move_huge_page(struct address_space *mapping, struct page *newpage, struct page *page, enum migrate_mode mode)
{
	int rc = migrate_huge_page_move_mapping(mapping, newpage, page);

	if (rc == MIGRATEPAGE_SUCCESS)
		migrate_page_copy(newpage, page);
	return rc;
}

static const struct address_space_operations huge_aops = { .migratepage = move_huge_page };

static int attempts[MIGRATIONS];

static struct page *new_huge_page(struct page *page, unsigned long private, int **result)
{
	struct page *new;

	if (attempts[private] == PASSES)
		return NULL;	/* then migrate_pages() gives up */
	attempts[private]++;
	new = alloc_huge_page_node(page_hstate(page), 0);

	if (new)
		sd_frame_claim(new);
	return new;
}

static struct page *moved[PAGES];

static void migrator(void *arg)
{
	unsigned long n = (unsigned long)arg;
	struct page *page = moved[SAME ? 0 : n];
	bool isolated;
	LIST_HEAD(pages);

	isolated = isolate_huge_page(page, &pages);
	if (!isolated && !SAME)
		__sd_fail("setup", "the page is not to be isolated", 0, 0, 0);
	put_page(page);
	if (!isolated)
		return;	/* the other has it: busy, says soft_offline_page() then */
	if (migrate_pages(&pages, new_huge_page, NULL, n, MIGRATE_SYNC, MR_MEMORY_FAILURE))
		putback_movable_pages(&pages);
}

static void user(void *arg)
{
	long cpu = (long)arg;

	for (;;)
		sd_user_access(&sd_walkers[cpu], cpu * PAGES + PAGES - 1, true);
}

void scenario(void)
{
	static const char *const names[] = { "A", "B", "C" };
	static const char *const cpus[] = { "CPU1", "CPU2", "CPU3" };
	static const char *const migrators[] = { "migrate", "migrate 2" };
	static const char *const migrator_cpus[] = { "CPU0", "CPU4" };
	struct file *file;
	long i, n;

	sd_memory_init();
	sd_initcall_mmu_notifier_init();
	sd_hugetlb_unit_init();
	file = sd_hugetlb_file(&huge_aops);
	for (n = 0; n < MIGRATIONS; n++) {
		struct page *spare = sd_huge_page(PAGES + n);

		list_add(&spare->lru, &hstates[0].hugepage_freelists[0]);
		hstates[0].free_huge_pages = ++hstates[0].free_huge_pages_node[0];
	}
	for (n = 0; n < PAGES; n++) {
		moved[n] = sd_huge_page(n);
		sd_cache_page(file, moved[n], FIRST + n);
		list_add(&moved[n]->lru, &hstates[0].hugepage_activelist);
		SetPagePrivate(&moved[n][1]);	/* page_huge_active() */
	}
	for (i = 0; i < MMS; i++) {
		struct mm_struct *mm = sd_mm(i, names[i]);
		int upage = sd_mmap(mm, file, (4 * i + 1) * PUD_SIZE + (PRIVATE_PMD ? i * PMD_SIZE : 0),
				    SMALL ? (FIRST + PAGES) * PMD_SIZE : PUD_SIZE, FIRST);

		sd_run_on(i, cpus[i], mm);
		for (n = 1; n < PAGES; n++)
			sd_populate(sd_map_more(upage, FIRST + n));
		sd_populate(upage);
	}
	for (n = 0; n < MIGRATIONS; n++) {
		atomic_inc(&moved[SAME ? 0 : n]->_count);	/* the migrator found it */
		__sd_thread(migrators[n], migrator_cpus[n], migrator, (void *)n, 0);
	}
	for (i = 0; i < MMS; i++)
		if (USERS & 1UL << i)
			__sd_thread(names[i], cpus[i], user, (void *)i, SD_DAEMON);
	for (i = 0; i < MMS; i++) {
#if KVM
		sd_machine_start(i, i * PAGES);
#endif
#if ODP
		sd_odp_start(i, i * PAGES);
#endif
#if GRU
		sd_gru_start(i, i * PAGES);
#endif
	}
}

void sd_final(void)
{
	sd_data_final();
}
