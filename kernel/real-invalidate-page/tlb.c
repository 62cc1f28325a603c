// SPDX-License-Identifier: Apache-2.0
/*
 * tlb.c - CPUs that walk real page tables, what their TLBs may hold, and the flushes of arch/x86/mm/tlb.c.
 *
 * A TLB is a set for each page, as on every machine of ours (../machine/tlb-set.h). sd_watched_store() adds to the sets: the engine calls it just before a
 * word of a page table changes.
 * A flush reaches all CPUs of the mm in one step: a flush only takes choices away, so an order among them adds nothing.
 */
#include <linux/mm.h>

#include <asm/tlbflush.h>

#include "machine.h"

#include "../machine/tlb-set.h"

extern unsigned long sd_low[SD_LOW_FRAMES][PAGE_SIZE / sizeof(long)];

struct sd_walker sd_walkers[SD_WALKERS];
struct sd_upage sd_upages[SD_UPAGES];
int sd_nr_upages;

#define frame_of_leaf(leaf) sd_frame_of(((leaf) & PTE_PFN_MASK) >> PAGE_SHIFT)

/* Walks as the hardware does. With a word given, as if it held val. */
static __always_inline unsigned long walk(struct mm_struct *mm, unsigned long va, unsigned long *word, unsigned long val, bool *through)
{
	static const int shifts[] = { PGDIR_SHIFT, PUD_SHIFT, PMD_SHIFT, PAGE_SHIFT };
	unsigned long allowed = _PAGE_RW | _PAGE_USER;
	int table = sd_frame_of(__pa(mm->pgd) >> PAGE_SHIFT);
	int level;

	for (level = 0; level < 4; level++) {
		unsigned long *slot = &sd_low[table][(va >> shifts[level]) & (PTRS_PER_PTE - 1)];
		unsigned long entry = *slot;

		if (slot == word) {
			*through = true;
			entry = val;
		}
		if (!(entry & _PAGE_PRESENT))
			return 0;
		allowed &= entry;
		if (level == 3 || (level == 2 && (entry & _PAGE_PSE)))
			return (entry & ~(_PAGE_RW | _PAGE_USER)) | allowed;
		table = frame_of_leaf(entry);
		if (table < 0 || sd_frames[table].kind != SD_TABLE)
			__sd_fail("freed-page-access", "a walk of {0:x} in {1:p} comes to frame {2:d}, which is no page table", va,
				  (sd_u64)mm, table);
	}
	return 0;
}

unsigned long sd_walk(struct mm_struct *mm, unsigned long va)
{
	bool through;

	return walk(mm, va, NULL, 0, &through);
}

/* For the story, from now on: what these words are. */
static __always_inline void name_ways(struct sd_walker *w, int upage)
{
	int i;

	if (!__sd_told())
		return;
	for (i = 0; i < SD_TLB_WAYS; i++)
		__sd_event("cached", i ? "TLB of {1:s}, {2:x} (another)" : "TLB of {1:s}, {2:x}", (sd_u64)&w->tlb[upage][i], (sd_u64)w->name,
			   sd_upages[upage].va);
}

void sd_watched_store(sd_u64 addr, sd_u64 old, sd_u64 new)
{
	int i, c;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		bool through = false;
		unsigned long before = walk(up->mm, up->va, (unsigned long *)addr, old, &through);
		unsigned long after;

		if (!through)
			continue;
		after = walk(up->mm, up->va, (unsigned long *)addr, new, &through);
		if (before == after)
			continue;
		for (c = 0; c < SD_WALKERS; c++) {
			if (sd_walkers[c].mm != up->mm)
				continue;
			if (after)
				sd_tlb_remove(sd_walkers[c].tlb[i], after);
			if (!sd_tlb_may_keep(before, after))
				continue;
			name_ways(&sd_walkers[c], i);
			if (!sd_tlb_add(sd_walkers[c].tlb[i], before))
				__sd_fail("model-limit", "more than SD_TLB_WAYS stale translations of one page", 0, 0, 0);
		}
	}
}

/* Hardware sets these in the live entry, as one operation with the walk. */
static void hardware_set(struct mm_struct *mm, unsigned long va, unsigned long bits)
{
	static const int shifts[] = { PGDIR_SHIFT, PUD_SHIFT, PMD_SHIFT, PAGE_SHIFT };
	int table = sd_frame_of(__pa(mm->pgd) >> PAGE_SHIFT);
	int level;

	for (level = 0; level < 4; level++) {
		unsigned long *slot = &sd_low[table][(va >> shifts[level]) & (PTRS_PER_PTE - 1)];

		if (level == 3 || (level == 2 && (*slot & _PAGE_PSE))) {
			if ((*slot & bits) != bits)
				*slot |= bits;
			return;
		}
		table = frame_of_leaf(*slot);
	}
}

/* The leaf that this access uses, or 0 for a page fault. A store through a clean entry looks at the live one again. */
static unsigned long translate(struct sd_walker *w, int upage, bool write)
{
	struct sd_upage *up = &sd_upages[upage];
	unsigned long live = sd_walk(up->mm, up->va);
	unsigned long need = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0);
	unsigned long cached = sd_tlb_choose(w->tlb[upage]);
	unsigned long leaf = cached ? cached : live;

	if (write && leaf && !(leaf & _PAGE_RW)) {
		if (cached)
			sd_tlb_remove(w->tlb[upage], cached);
		return 0;
	}
	if ((leaf & need) != need) {
		leaf = live;
		if (cached && cached != live)
			sd_tlb_remove(w->tlb[upage], cached);
		if (!leaf || (write && !(leaf & _PAGE_RW)))
			return 0;
		hardware_set(up->mm, up->va, need);
		leaf |= need;
	}
	if (cached && frame_of_leaf(leaf) != frame_of_leaf(live))
		__sd_event("tlb-use", "{0:s} uses a translation of {1:x} that it cached before", (sd_u64)w->name, up->va, 0);
	return leaf;
}

void sd_user_access(struct sd_walker *w, int upage, bool write)
{
	struct sd_upage *up = &sd_upages[upage];

	for (;;) {
		struct vm_area_struct *vma;
		unsigned long leaf;
		int fault;

		__sd_atomic_begin(SD_STEP, NULL);
		leaf = translate(w, upage, write);
		if (leaf)
			sd_data_access(frame_of_leaf(leaf), up->location, write, w->name, up->va);
		__sd_atomic_end();
		if (leaf)
			return;
		__sd_event("fault", "{0:s} faults at {1:x}", (sd_u64)w->name, up->va, 0);
		down_read(&up->mm->mmap_sem);
		vma = find_vma(up->mm, up->va);
		fault = sd_fault(up->mm, vma, up->va, write);
		up_read(&up->mm->mmap_sem);
		if (fault & VM_FAULT_ERROR)
			__sd_fail("sigbus", "the fault at {0:x} ends with {1:x}", up->va, fault, 0);
	}
}

/* ---- flushes ---- */

static void flush(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	int c, i, k;

	__sd_atomic_begin(SD_STEP, NULL);
	for (c = 0; c < SD_WALKERS; c++)
		for (i = 0; sd_walkers[c].mm == mm && i < sd_nr_upages; i++)
			if (sd_upages[i].mm == mm && sd_upages[i].va < end && sd_upages[i].va + sd_upages[i].size > start)
				for (k = 0; k < SD_TLB_WAYS; k++)
					sd_walkers[c].tlb[i][k] = 0;
	__sd_event("flush", "TLBs of {0:p} are flushed from {1:x} to {2:x}", (sd_u64)mm, start, end);
	__sd_atomic_end();
}

void __weak flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long vmflag)
{
	flush(mm, start, end);
}

void __weak native_flush_tlb_others(const struct cpumask *cpumask, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	flush(mm, start, end);
}
