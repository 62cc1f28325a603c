// SPDX-License-Identifier: Apache-2.0
/*
 * access.c - user loads and stores, and the page fault.
 *
 * Translation and access are one operation, since an interrupt is taken between instructions. A fault goes the way of do_user_addr_fault(): under the lock
 * of its VMA where the tree has that, else, or if that does not work out, under mmap_lock. (The trylock that comes before mmap_read_lock() there is
 * left out: whoever gets it has the lock, whoever does not waits.)
 */
#include "own.h"

static unsigned int fault_flags(bool write)
{
	return FAULT_FLAG_DEFAULT | FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
}

static bool allowed(const struct vm_area_struct *vma, bool write)
{
	return vma->vm_flags & (write ? VM_WRITE : VM_READ | VM_EXEC | VM_WRITE);
}

/* False: SIGSEGV. */
bool sd_fault(const struct sd_upage *up, bool write)
{
	struct mm_struct *mm = up->mm;
	unsigned int flags = fault_flags(write);
	struct vm_area_struct *vma;
	vm_fault_t fault;

#if defined(CONFIG_PER_VMA_LOCK) && defined(SD_HAS_LOCK_VMA)
	vma = lock_vma_under_rcu(mm, up->va);
	if (vma && !allowed(vma, write)) {
		vma_end_read(vma);
		vma = NULL;
	}
	if (vma) {
		fault = handle_mm_fault(vma, up->va, flags | FAULT_FLAG_VMA_LOCK, NULL);
		if (!(fault & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
			vma_end_read(vma);
		if (!(fault & VM_FAULT_RETRY))
			goto done;
		if (fault & VM_FAULT_MAJOR)
			flags |= FAULT_FLAG_TRIED;
	}
#endif
again:
	mmap_read_lock(mm);
	vma = find_vma(mm, up->va);
	if (!vma || vma->vm_start > up->va || !allowed(vma, write)) {
		mmap_read_unlock(mm);
		return false;
	}
	fault = handle_mm_fault(vma, up->va, flags, NULL);
	if (fault & VM_FAULT_COMPLETED)
		return true;
	if (fault & VM_FAULT_RETRY) {
		flags |= FAULT_FLAG_TRIED;
		goto again;
	}
	mmap_read_unlock(mm);
done: __maybe_unused;
	/* pagefault_out_of_memory() does nothing, and the access is tried again. */
	if (fault & VM_FAULT_OOM)
		return true;
	if (fault & VM_FAULT_ERROR)
		__sd_fail("sigbus", "the fault at {0:x} fails with {1:x}", up->va, fault, 0);
	return true;
}

/* Who tries an access again and again is where he was: what counts his faults is no state. */
struct statistics {
	unsigned long minor, major;
	int rss_events;
};

static struct statistics statistics(void)
{
	return (struct statistics){
		.minor = current->min_flt,
		.major = current->maj_flt,
#ifdef SPLIT_RSS_COUNTING
		.rss_events = current->rss_stat.events,
#endif
	};
}

static void put_back(const struct statistics *before)
{
	current->min_flt = before->minor;
	current->maj_flt = before->major;
#ifdef SPLIT_RSS_COUNTING
	current->rss_stat.events = before->rss_events;
#endif
}

static bool access(unsigned long va, unsigned int nr, bool write, bool faults)
{
	struct mm_struct *mm = current->mm;
	struct statistics first;
	bool again = false;

	for (;;) {
		int cpu = sd_cpu(), upage;
		unsigned long leaf;
		bool went;

		__sd_atomic_begin(SD_STEP, NULL);
		upage = sd_upage_at(mm, va);
		if (nr > 1)
			upage += __sd_choose((int)nr);
		if (sd_cr3[cpu] != sd_upages[upage].pgd)
			__sd_fail("scenario", "{0:s} accesses {1:x}, and the address space that it has loaded is another", (sd_u64)sd_walker_names[cpu],
				  va, 0);
		leaf = sd_translate(cpu, upage, write);
		if (leaf)
			sd_contents_access(sd_walker_names[cpu], upage, sd_leaf_frame(leaf), write);
		__sd_atomic_end();
		if (leaf || !faults)
			return leaf;
		__sd_busy(1);
		__sd_event("fault", "page fault of {0:s} at {1:x}", (sd_u64)sd_walker_names[cpu], sd_upages[upage].va, 0);
		went = sd_fault(&sd_upages[upage], write);
		__sd_busy(0);
		if (again)
			put_back(&first);
		else
			first = statistics();
		again = true;
		if (!went && sd_loops[sd_me()])
			sd_wait_for_ever();
		if (!went)
			return false;
	}
}

bool sd_user_write(unsigned long va)
{
	return access(va, 1, true, true);
}

bool sd_user_read(unsigned long va)
{
	return access(va, 1, false, true);
}

bool sd_user_write_any(unsigned long va, unsigned int nr)
{
	return access(va, nr, true, true);
}

bool sd_user_write_mapped(unsigned long va)
{
	return access(va, 1, true, false);
}

bool sd_user_read_mapped(unsigned long va)
{
	return access(va, 1, false, false);
}
