// SPDX-License-Identifier: Apache-2.0
/*
 * harness.c - processes that map a page of an ordinary file, and a migration of that page, on the files of a 4.4 tree.
 *
 * Real: the walk over VMAs and page tables, unmapping, migration entries and the waits for them, the moves and copies around them
 * (mm/rmap.c, mm/migrate.c, mm/mmu_notifier.c). A page like this has no range_start and range_end, only invalidate_page.
 * Ours: this file, the runtime in kernel/real-invalidate-page, and of the fault what mm/memory.c does for a page that is in the cache.
 *
 * -DMMS: processes, each on a CPU of its own; -DUSERS=0: they do not access. -DKVM=1: each has a virtual machine (kvm-unit.c).
 * -DODP=1: each has registered the page with a device through drivers/infiniband/core/umem_odp.c (odp-unit.c). -DGRU=1: each
 * uses a GRU (gru-unit.c). -DPASSES: how often there is memory for migrate_pages() to try.
 */
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include <asm/pgalloc.h>

#include "../../../kernel/real-invalidate-page/machine.h"

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
#ifndef PASSES
#define PASSES 10
#endif
#ifndef USERS
#define USERS 1
#endif

extern initcall_t sd_initcall_mmu_notifier_init;
void sd_machine_start(int i, int upage);
void sd_odp_start(int i, int upage);
void sd_gru_start(int i, int upage);

static pte_t *pte_of(struct mm_struct *mm, unsigned long va, pmd_t **pmd)
{
	pud_t *pud = pud_alloc(mm, pgd_offset(mm, va), va);

	*pmd = pmd_alloc(mm, pud, va);
	return pte_alloc_map(mm, NULL, *pmd, va);
}

int sd_fault(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long va, bool write)
{
	pmd_t *pmd;
	pte_t *ptep = pte_of(mm, va, &pmd), pte = READ_ONCE(*ptep);
	spinlock_t *ptl = pte_lockptr(mm, pmd);
	struct page *page;

	if (pte_present(pte))
		return 0;
	if (!pte_none(pte)) {
		migration_entry_wait(mm, pmd, va);
		return 0;
	}
	page = find_lock_page(vma->vm_file->f_mapping, vma->vm_pgoff);
	if (!page)
		return VM_FAULT_SIGBUS;
	spin_lock(ptl);
	if (pte_none(*ptep)) {
		page_add_file_rmap(page);
		set_pte_at(mm, va, ptep, pte_mkyoung(pte_mkdirty(mk_pte(page, PAGE_SHARED))));
		get_page(page);
	}
	spin_unlock(ptl);
	unlock_page(page);
	put_page(page);
	return 0;
}

struct page *sd_get_user_page(struct mm_struct *mm, unsigned long va)
{
	struct page *page = NULL;

	while (!page) {
		pmd_t *pmd;
		pte_t *ptep = pte_of(mm, va, &pmd);
		spinlock_t *ptl = pte_lockptr(mm, pmd);

		spin_lock(ptl);
		if (pte_present(*ptep)) {
			page = pte_page(*ptep);
			get_page(page);
		}
		spin_unlock(ptl);
		if (!page && sd_fault(mm, find_vma(mm, va), va, true))
			break;
	}
	return page;
}

static const struct address_space_operations file_aops = { .migratepage = migrate_page };

static int attempts;

static struct page *new_page(struct page *page, unsigned long private, int **result)
{
	if (attempts == PASSES)
		return NULL;	/* then migrate_pages() gives up */
	attempts++;
	return sd_frame_page(sd_frame_alloc(SD_DATA));
}

static void migrator(void *arg)
{
	struct page *page = arg;
	LIST_HEAD(pages);

	list_add(&page->lru, &pages);
	if (migrate_pages(&pages, new_page, NULL, 0, MIGRATE_SYNC, MR_SYSCALL))
		putback_movable_pages(&pages);
}

static void user(void *arg)
{
	long cpu = (long)arg;

	for (;;)
		sd_user_access(&sd_walkers[cpu], cpu, true);
}

void scenario(void)
{
	static const char *const names[] = { "A", "B", "C" };
	static const char *const cpus[] = { "CPU1", "CPU2", "CPU3" };
	struct file *file;
	struct page *page;
	long i;

	sd_memory_init();
	sd_initcall_mmu_notifier_init();
	file = sd_file(&file_aops);
	page = sd_frame_page(sd_frame_alloc(SD_DATA));
	sd_cache_page(file, page, 0);
	for (i = 0; i < MMS; i++) {
		struct mm_struct *mm = sd_mm(i, names[i]);
		int upage = sd_mmap(mm, file, (4 * i + 1) * PUD_SIZE, PAGE_SIZE, 0);

		sd_run_on(i, cpus[i], mm);
		sd_populate(upage);
	}
	atomic_inc(&page->_count);	/* the migrator isolated it */
	__sd_thread("migrate", "CPU0", migrator, page, 0);
	for (i = 0; USERS && i < MMS; i++)
		__sd_thread(names[i], cpus[i], user, (void *)i, SD_DAEMON);
	for (i = 0; i < MMS; i++) {
#if KVM
		sd_machine_start(i, i);
#endif
#if ODP
		sd_odp_start(i, i);
#endif
#if GRU
		sd_gru_start(i, i);
#endif
	}
}

void sd_final(void)
{
	sd_data_final();
}
