// SPDX-License-Identifier: Apache-2.0
/*
 * access.c - user-mode loads and stores of CPUs and devices.
 *
 * Translation and access are one operation: a flush does not return while an access that it should have caught is under
 * way, since an interrupt is taken between instructions. -DSD_INFLIGHT makes them two, and no flush waits: then no flush protects
 * anything, and every scenario must fail.
 */
#include <shootdown/scenario.h>

struct sd_upage sd_upages[SD_NR_UPAGES];
int sd_nr_upages;

int sd_find_upage(struct mm_struct *mm, unsigned long va)
{
	int i;

	if (!mm)
		__sd_fail("scenario", "{1:s} accesses {0:x} and has no address space: give it one where it is created", va,
			  (sd_u64)current->comm, 0);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].mm == mm && va - sd_upages[i].va < sd_upages[i].size)
			return i;
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].ended == mm && va - sd_upages[i].va < sd_upages[i].size)
			__sd_fail("use-after-free", "{0:s} accesses {1:x} of an address space whose last user is gone",
				  (sd_u64)current->comm, va, 0);
	__sd_fail("scenario", "{2:s} accesses {0:x}, which is not an address that the scenario mapped in {1:s}", va,
		  (sd_u64)mm->sd_name, (sd_u64)current->comm);
}

#if SD_KERNEL >= 604
/* Without mmap_lock. False if the fault has to be served with it. */
static bool fault_under_vma_lock(struct mm_struct *mm, unsigned long va, bool write, vm_fault_t *fault)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mm, va);

	if (!vma)
		return false;
	if (write && !(vma->vm_flags & VM_WRITE)) {
		vma_end_read(vma);
		return false;
	}
	*fault = handle_mm_fault(vma, va, FAULT_FLAG_USER | FAULT_FLAG_VMA_LOCK | (write ? FAULT_FLAG_WRITE : 0));
	/* With VM_FAULT_RETRY the lock has been released. */
	if (*fault & VM_FAULT_RETRY)
		return false;
	vma_end_read(vma);
	return true;
}
#endif

static vm_fault_t fault_under_mmap_lock(struct mm_struct *mm, unsigned long va, bool write)
{
	struct vm_area_struct *vma;
	vm_fault_t fault;

	down_read(sd_mmap_sem(mm));
	vma = find_vma(mm, va);
	if (!vma || va < vma->vm_start || (write && !(vma->vm_flags & VM_WRITE)))
		__sd_fail("segfault", "the access to {0:x} in {1:s} is not allowed by any VMA", va, (sd_u64)mm->sd_name, 0);
	fault = handle_mm_fault(vma, va, FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0));
	up_read(sd_mmap_sem(mm));
	return fault;
}

/*
 * The page fault of a CPU or device: the kernel's part starts here. Those of devices (iommu_sva) take mmap_lock in every version. False: there is no such
 * memory any more, since it failed, and the thread gets SIGBUS; its handler goes on behind the access.
 */
static bool page_fault(struct sd_walker *w, unsigned long va, bool write)
{
	struct mm_struct *mm = w->mm;
	vm_fault_t fault;

	sd_enter_kernel();
	__sd_event("fault", "page fault at {0:x} in {1:s}", va, (sd_u64)mm->sd_name, 0);
#if SD_KERNEL >= 604
	if (w >= sd_walkers + NR_CPUS || !fault_under_vma_lock(mm, va, write, &fault))
#endif
		fault = fault_under_mmap_lock(mm, va, write);
	if ((fault & VM_FAULT_HWPOISON) && sd_data_failed(sd_upages[sd_find_upage(mm, va)].location)) {
		__sd_event("signal", "SIGBUS: the memory of {0:x} in {1:s} has failed", va, (sd_u64)mm->sd_name, 0);
		sd_leave_kernel();
		return false;
	}
	if (fault & VM_FAULT_ERROR)
		__sd_fail("sigbus", "the fault at {0:x} in {1:s} fails with {2:x}", va, (sd_u64)mm->sd_name, fault);
	sd_leave_kernel();
	return true;
}

/*
 * -DSD_FAULT_WAITS: a fault on a page that is being migrated is not run through the handler, which would only wait for the page lock and
 * return; the access simply waits until the entry is back. (Lost: the reference that the handler holds while it waits, for which the
 * migration may fail.) Only where the table of the entry is missing does the handler run.
 */
bool sd_fault_waits(struct sd_upage *up)
{
#ifdef SD_FAULT_WAITS
	u64 *slot = sd_leaf_slot(up->mm, up->va, up->size);
	struct page *page = up->mapping ? up->mapping->sd_pages[up->index] : NULL;

	if (!slot || pte_present(__pte(*slot)))
		return false;
	return *slot || (page && (page->flags & (1UL << PG_locked)));
#else
	(void)up;
	return false;
#endif
}

/* Which page it is, is chosen inside the operation: a thread that has not begun its access is not yet bound to one. */
void sd_walker_access(struct sd_walker *w, unsigned long va, unsigned int nr, bool write)
{
	for (;;) {
		struct sd_upage *up;
		int upage;
		u64 leaf;

		__sd_atomic_begin(SD_STEP, NULL);
		upage = sd_find_upage(w->mm, va);
		if (nr > 1)
			upage += __sd_choose((int)nr);
		up = &sd_upages[upage];
		leaf = sd_translate(w, upage, write);
#ifdef SD_INFLIGHT
		__sd_atomic_end();
		__sd_atomic_begin(SD_STEP, NULL);
#endif
		if (leaf) {
			unsigned int word = nr > 1 ? 0 : (unsigned int)((va - up->va) / 8);

			sd_data_access(pfn_to_page((leaf & PTE_PFN_MASK) >> PAGE_SHIFT), word, up->location, write, current->comm, up->va);
		} else if (sd_fault_waits(up)) {
			__sd_block();
		}
		__sd_atomic_end();
		if (leaf || !page_fault(w, up->va, write))
			return;
	}
}

void sd_user_write(unsigned long va)
{
	sd_walker_access(&sd_walkers[current->cpu], va, 1, true);
}

void sd_user_read(unsigned long va)
{
	sd_walker_access(&sd_walkers[current->cpu], va, 1, false);
}

void sd_user_write_any(unsigned long va, unsigned int nr)
{
	sd_walker_access(&sd_walkers[current->cpu], va, nr, true);
}

static void entry_access(const char *who, struct page *page, struct mm_struct *mm, unsigned long va, bool write)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_data_access(page, 0, sd_upages[sd_find_upage(mm, va)].location, write, who, va);
	__sd_atomic_end();
}

void sd_entry_write(const char *who, struct page *page, struct mm_struct *mm, unsigned long va)
{
	entry_access(who, page, mm, va, true);
}

void sd_entry_read(const char *who, struct page *page, struct mm_struct *mm, unsigned long va)
{
	entry_access(who, page, mm, va, false);
}
