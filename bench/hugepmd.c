// SPDX-License-Identifier: Apache-2.0
/*
 * The protocol of promela/hugepmd.pml as kernel C, for the bench: huge pages that two address spaces map through one shared PMD table
 * are migrated, while CPUs of both write to them and virtual machines mirror them.
 *
 * NCPU CPUs, CPU c in address space c % 2; NV pages, each with its own migrator; NK virtual machines, k of address space (k + 1) % 2; ROUNDS
 * migrations a page. BROKEN=0 correct; 1 the walk over the VMAs ends once the mapcount is 0, so that only one address space is flushed;
 * 2 the guest's fault ignores count and sequence.
 * Not the kernel's whole path (corpus/D01 has that), but what the Promela has: no reference counts, no faults: a thread that meets a migration entry
 * waits until it is gone. Nothing is merged by hand: the sections are those of the machine and of the locks.
 */
// shootdown: --kernel 4.19 -DSD_TLB_ON_ACCESS -DSD_IPI_ONE_BY_ONE -DSD_FAULT_WAITS
#include <linux/hugetlb.h>
#include <linux/mmu_notifier.h>
#include <shootdown/machine.h>
#include <shootdown/scenario.h>

#ifndef NCPU
#define NCPU 2
#endif
#ifndef NV
#define NV 1
#endif
#ifndef NK
#define NK 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef BROKEN
#define BROKEN 0
#endif
#define NMM 2

static struct file *file;
static struct kvm *kvm[NK + 1];
static unsigned long base[NMM];		/* where each address space maps the file */
static struct mutex migrating[NV];
static struct page *mapped[NV];		/* the pages, by index, under their mutex */

/* The entry, once it is there: for guests what SD_FAULT_WAITS is for CPUs. */
static pte_t present_entry(pte_t *ptep)
{
	pte_t pte;

	__sd_atomic_begin(SD_STEP, NULL);
	pte = huge_ptep_get(ptep);
	if (!pte_present(pte))
		__sd_block();
	__sd_atomic_end();
	return pte;
}

/* A guest's fault, but for the reference: the page is looked up, and mapped unless an invalidation came in between. */
int kvm_mmu_page_fault(struct kvm *kvm, unsigned long gfn)
{
	unsigned long mmu_seq = READ_ONCE(kvm->mmu_notifier_seq);
	pte_t *ptep = huge_pte_offset(kvm->mm, kvm->userspace_addr + gfn * HPAGE_SIZE, HPAGE_SIZE);
	pte_t pte;

	smp_rmb();
	pte = present_entry(ptep);
	spin_lock(&kvm->mmu_lock);
	if (BROKEN == 2 || !mmu_notifier_retry(kvm, mmu_seq))
		WRITE_ONCE(kvm->spte[gfn], pte_val(pte));
	spin_unlock(&kvm->mmu_lock);
	return 0;
}

static void unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long addr)
{
	pte_t *ptep = huge_pte_offset(vma->vm_mm, addr, HPAGE_SIZE);
	spinlock_t *ptl;

	mmu_notifier_invalidate_range_start(vma->vm_mm, addr, addr + HPAGE_SIZE);
	ptl = huge_pte_lock(hstate_vma(vma), vma->vm_mm, ptep);
	set_huge_pte_at(vma->vm_mm, addr, ptep, swp_entry_to_pte(make_migration_entry(page, 1)));
	flush_tlb_range(vma, addr, addr + HPAGE_SIZE);
	atomic_set(&page->_mapcount, -1);
	spin_unlock(ptl);
	mmu_notifier_invalidate_range_end(vma->vm_mm, addr, addr + HPAGE_SIZE);
}

static void unmap(struct page *page, pgoff_t index)
{
	struct vm_area_struct *vma;

	vma_interval_tree_foreach(vma, &file->f_mapping->i_mmap, index, index) {
		if (BROKEN == 1 && !page_mapped(page))
			break;
		unmap_one(page, vma, vma->vm_start + index * HPAGE_SIZE);
	}
}

/* One entry of the shared table serves both address spaces. */
static void map(struct page *page, pgoff_t index)
{
	struct vm_area_struct *vma = file->f_mapping->i_mmap.sd_first;
	unsigned long addr = vma->vm_start + index * HPAGE_SIZE;
	pte_t *ptep = huge_pte_offset(vma->vm_mm, addr, HPAGE_SIZE);
	pte_t pte = pte_mkhuge(pte_mkyoung(pte_mkdirty(pte_mkwrite(mk_pte(page, vma->vm_page_prot)))));
	spinlock_t *ptl = huge_pte_lock(hstate_vma(vma), vma->vm_mm, ptep);

	set_huge_pte_at(vma->vm_mm, addr, ptep, pte);
	atomic_set(&page->_mapcount, 0);
	spin_unlock(ptl);
}

/* Contents go over in one operation, as everywhere in the model kernel. */
static void copy(struct page *new, struct page *page)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_data_copy(new, page, 0);
	sd_data_moved(page, "migration");
	__sd_atomic_end();
}

static void migrate_one(pgoff_t index)
{
	struct page *page, *new;

	mutex_lock(&migrating[index]);
	page = mapped[index];
	new = alloc_huge_page(NULL, 0, 0);
	unmap(page, index);
	copy(new, page);
	map(new, index);
	mapped[index] = new;
	put_page(page);
	mutex_unlock(&migrating[index]);
}

static void migrate(void *index)
{
	int round;

	for (round = 0; round < ROUNDS; round++)
		migrate_one((pgoff_t)index);
}

static void user(void *mm)
{
	for (;;)
		sd_user_write_any(base[(long)mm], NV);
}

static void guest(void *k)
{
	for (;;)
		sd_guest_write_any(kvm[(long)k], 0, NV);
}

/* Counts are none of this protocol's business; contents are. */
void sd_final(void)
{
	sd_data_final();
}

void scenario(void)
{
	static const char *const mms[NMM] = { "A", "B" }, *const guests[] = { "guest0", "guest1" };
	struct mm_struct *mm[NMM];
	long i, v;

	file = sd_hugetlb_file("file", NV);
	for (i = 0; i < NMM; i++) {
		mm[i] = sd_mm(mms[i]);
		base[i] = sd_mmap(mm[i], file, 0);
		for (v = 0; v < NV; v++)
			sd_populate(mm[i], base[i] + v * HPAGE_SIZE);
	}
	/* One reference for all users of the page. */
	for (v = 0; v < NV; v++) {
		mapped[v] = sd_page_of(file, v);
		atomic_set(&mapped[v]->_refcount, 1);
	}
	for (v = 0; v < NV; v++)
		sd_cpu_run(NCPU + v, NULL, "migrate", migrate, (void *)v);
	for (i = 0; i < NCPU; i++)
		sd_user(i, mm[i % NMM], user, (void *)(i % NMM));
	for (i = 0; i < NK; i++) {
		kvm[i] = sd_kvm(guests[i], mm[(i + 1) % NMM], base[(i + 1) % NMM], NV);
		sd_vcpu(NCPU + NV + i, kvm[i], guest, (void *)i);
	}
}
