// SPDX-License-Identifier: Apache-2.0
/*
 * tlb.c - what CPUs and devices have cached, and how a flush reaches them.
 *
 * What a TLB may have of a page is a set, tlb-set.h, with the reasons.
 *
 * Switches: SD_TLB_ON_ACCESS, a TLB that fills on access only and never evicts; SD_TLB_NAIVE, one entry that a
 * daemon of each CPU fills and evicts, to test the above against; SD_TLBI_BROADCAST, flushes that do not wait for interrupts.
 */
#include <linux/mmu_notifier.h>
#include <linux/swapops.h>
#include <shootdown/machine.h>

#include "tlb-set.h"

struct sd_walker sd_walkers[NR_CPUS + SD_NR_DEVICES];
int sd_nr_walkers = NR_CPUS;

#define frame_of(leaf) ((leaf) & PTE_PFN_MASK)
#define page_at(entry) ((sd_u64)__va(frame_of(entry)))

/* For the story: an entry in words. */
static __always_inline void tell_value(u64 entry)
{
	if (pte_protnone(__pte(entry)))
		__sd_event("+", "{0:p} (no access)", page_at(entry), 0, 0);
	else if (entry & _PAGE_PRESENT)
		__sd_event("+", !(entry & _PAGE_RW) ? "{0:p} (read-only)" : entry & _PAGE_DIRTY ? "{0:p} (rw, dirty)" : "{0:p} (rw)",
			   page_at(entry), 0, 0);
	else if (!entry)
		__sd_event("+", "none", 0, 0, 0);
	else if (is_migration_entry(__pte_to_swp_entry(__pte(entry))))
		__sd_event("+", "migration entry", 0, 0, 0);
	else if (is_hwpoison_entry(__pte_to_swp_entry(__pte(entry))))
		__sd_event("+", "poison entry", 0, 0, 0);
	else
		__sd_event("+", "{0:x}", entry, 0, 0);
}

/*
 * For the story, from now on: the value of an entry in words; and what it leads to, if that is a table: the table by its address space, with
 * its address if that has several of this level, and in it the entries of pages that the scenario has.
 */
static __always_inline void name_entry(struct sd_upage *up, int level, u64 entry)
{
	static const char *const tables[] = { "", "PUD table of {1:s}", "PMD table of {1:s}", "PTE table of {1:s}" };
	static const char *const several[] = { "", "PUD table of {1:s} {2:x}", "PMD table of {1:s} {2:x}", "PTE table of {1:s} {2:x}" };
	static const char *const entries[] = { "", "PUD entry of {1:s} {2:x}", "PMD entry of {1:s} {2:x}", "PTE entry of {1:s} {2:x}" };
	unsigned int shift = (unsigned int)PGDIR_SHIFT - 9 * (unsigned int)(level - 1);
	bool leaf = level == 4 || (entry & _PAGE_PSE), many = false;
	int i;

	if (!__sd_told() || !entry)
		return;
	if (!(entry & _PAGE_PRESENT)) {
		if (is_migration_entry(__pte_to_swp_entry(__pte(entry))))
			__sd_event("value", "migration entry", entry, 0, 0);
		else if (is_hwpoison_entry(__pte_to_swp_entry(__pte(entry))))
			__sd_event("value", "poison entry", entry, 0, 0);
		return;
	}
	__sd_event("value", !leaf ? "{1:p}" : !(entry & _PAGE_RW) ? "{1:p} (read-only)" : entry & _PAGE_DIRTY ? "{1:p} (rw, dirty)" :
		   "{1:p} (rw)", entry, page_at(entry), 0);
	if (leaf)
		return;
	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *other = &sd_upages[i];
		u64 *table = __va(frame_of(entry));

		if (other->mm != up->mm)
			continue;
		if ((other->va ^ up->va) >> shift)
			many = true;
		else
			__sd_event("word", entries[level], (sd_u64)&table[(other->va >> (shift - 9)) & (PTRS_PER_PTE - 1)],
				   (sd_u64)other->mm->sd_name, other->va);
	}
	if (level == 2 && pfn_to_page(frame_of(entry) >> PAGE_SHIFT)->_refcount.counter > 1)
		__sd_event("name", "shared PMD table", page_at(entry), 0, 0);
	else
		__sd_event("name", many ? several[level] : tables[level], page_at(entry), (sd_u64)up->mm->sd_name,
			   up->va >> shift << shift);
}

static __always_inline void tell_change(u64 old, u64 new)
{
	if ((old & new & _PAGE_PRESENT) && frame_of(old) == frame_of(new)) {
		__sd_event("+", (old & ~new & _PAGE_RW) ? ": read-only now" : (new & ~old & _PAGE_RW) ? ": writable now" :
			   (new & ~old & _PAGE_DIRTY) ? ": dirty now" : ": other flags", 0, 0, 0);
		return;
	}
	__sd_event("+", ": ", 0, 0, 0);
	tell_value(old);
	__sd_event("+", " -> ", 0, 0, 0);
	tell_value(new);
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

#if !defined(SD_TLB_ON_ACCESS) && !defined(SD_TLB_NAIVE)
/* What a walk gave until now stays in every TLB that could have it. */
static void keep_stale(int upage, u64 before, u64 after)
{
	int c;

	for (c = 0; c < sd_nr_walkers; c++) {
		struct sd_walker *w = &sd_walkers[c];

		if (w->mm != sd_upages[upage].mm)
			continue;
		if (after)
			sd_tlb_remove(w->tlb[upage], after);
		if (!sd_tlb_may_keep(before, after))
			continue;
		name_ways(w, upage);
		if (!sd_tlb_add(w->tlb[upage], before))
			__sd_fail("model-limit", "the TLB of {1:s} may hold more stale translations of {0:x} than SD_TLB_WAYS, which is {2:d}",
				  sd_upages[upage].va, (sd_u64)w->name, SD_TLB_WAYS);
	}
}
#else
#define keep_stale(upage, before, after) ((void)(upage))
#endif

/*
 * The engine calls this just before a word of the arena changes. If it is an entry on the way to a user page, the translation
 * that was valid until now stays in every TLB that could have it; and the oracle sees what is installed where.
 */
void sd_watched_store(sd_u64 addr, sd_u64 old, sd_u64 new)
{
	static const char *const levels[] = { "", "PGD", "PUD", "PMD", "PTE" };
	struct mm_struct *told = NULL;
	int i, level;

	if (virt_to_page(addr)->sd_kind != SD_FRAME_TABLE)
		return;
	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		u64 before, after;

		if (!up->mm)
			continue;
		before = sd_walk_if(up->mm, up->va, (void *)addr, old, &level);
		if (!level)
			continue;
		if (!told)
			name_entry(up, level, new);
		if (!told)
			__sd_event("pte", "{0:s} entry of {1:s} {2:x}", (sd_u64)levels[level], (sd_u64)up->mm->sd_name, up->va);
		else if (told != up->mm)
			__sd_event("+", ", shared with {0:s} {1:x}", (sd_u64)up->mm->sd_name, up->va, 0);
		told = up->mm;
		if (up->size == PAGE_SIZE && level == 4)
			sd_data_entry(i, old, new);
		after = sd_walk_if(up->mm, up->va, (void *)addr, new, &level);
		if (before != after)
			keep_stale(i, before, after);
	}
	if (told)
		tell_change(old, new);
	else if (!virt_to_page(addr)->sd_thp)
		sd_data_install(NULL, new);
}

/* The cached translation that this access uses, or 0 for a walk. */
static u64 tlb_lookup(struct sd_walker *w, int upage)
{
#if defined(SD_TLB_ON_ACCESS) || defined(SD_TLB_NAIVE)
	return w->tlb[upage][0];
#else
	return sd_tlb_choose(w->tlb[upage]);
#endif
}

/* For the story: through what this access is about to go, and what should have prevented it. */
static __always_inline void tell_stale(struct sd_walker *w, int upage, u64 cached)
{
	struct sd_upage *up = &sd_upages[upage];
	bool device = w >= sd_walkers + NR_CPUS;
	u64 *way = w->tlb[upage];

	while (way < w->tlb[upage] + SD_TLB_WAYS - 1 && *way != cached)
		way++;
	__sd_event("tlb-use", "{0:s} translates {1:x} of {2:s} by its TLB", (sd_u64)w->name, up->va, (sd_u64)up->mm->sd_name);
	__sd_event("+", ": still {0:p}", page_at(cached), 0, 0);
	__sd_event("stale", "{0:s}'s TLB has {1:x} as it was before {2:w}", (sd_u64)w->name, up->va, (sd_u64)way);
	__sd_event(device ? "missing device-flush" : "missing flush", device ?
		   "No notifier call for {0:x} of {1:s} has reached {2:s} since" : "No flush of {1:s}'s TLB entry for {0:x} has reached {2:s} since",
		   up->va, (sd_u64)up->mm->sd_name, (sd_u64)w->name);
	__sd_event("+", device ? "; {0:s} walks the page tables of {1:s}" : ", and {0:s} runs {1:s}", (sd_u64)w->name,
		   (sd_u64)up->mm->sd_name, 0);
}

/*
 * A page fault of a CPU leaves no entry for its address in that CPU's TLB (Intel SDM volume 3, 4.10.4.1), so that none is used afterwards that was not used
 * now. A device that reports a fault drops the entry that it has used.
 */
static u64 translation_fault(struct sd_walker *w, int upage, u64 cached)
{
	if (w < sd_walkers + NR_CPUS)
		sd_tlb_clear(w->tlb[upage]);
	else if (cached)
		sd_tlb_remove(w->tlb[upage], cached);
	return 0;
}

/*
 * One access of the walker to a user page: the leaf it uses, or 0 for a page fault. A store through an entry cached dirty does not read the page-table
 * entry again; through a clean one it looks at the live entry, which must still allow it, and sets accessed and dirty there.
 */
u64 sd_translate(struct sd_walker *w, int upage, bool write)
{
	struct sd_upage *up = &sd_upages[upage];
	u64 cached = tlb_lookup(w, upage);
	u64 need = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0);
	u64 leaf = cached ? cached : sd_walk(up->mm, up->va, true);

	if (write && leaf && !(leaf & _PAGE_RW))
		return translation_fault(w, upage, cached);
	if ((leaf & need) != need) {
		if (cached) {
			leaf = sd_walk(up->mm, up->va, true);
			if (leaf != cached)
				sd_tlb_remove(w->tlb[upage], cached);
		}
		if (!leaf || (write && !(leaf & _PAGE_RW)))
			return translation_fault(w, upage, 0);
		sd_hardware_set(up->mm, up->va, need);
		leaf |= need;
	}
#ifdef SD_TLB_ON_ACCESS
	w->tlb[upage][0] = leaf;
#endif
	if (cached && __sd_told() && frame_of(leaf) != frame_of(sd_walk(up->mm, up->va, false)))
		tell_stale(w, upage, cached);
	return leaf;
}

void sd_tlb_drop(struct sd_walker *w, unsigned long start, unsigned long end)
{
	int i, k;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];

		if (up->mm != w->mm || up->va >= end || up->va + up->size <= start)
			continue;
		for (k = 0; k < SD_TLB_WAYS; k++)
			w->tlb[i][k] = 0;
	}
}

/* A flush of one 4 KiB page by a TLB that keeps what is larger. */
void sd_tlb_drop_small(struct sd_walker *w, unsigned long va)
{
	int i, k;

	for (i = 0; i < sd_nr_upages; i++)
		for (k = SD_TLB_WAYS - 1; k >= 0 && sd_upages[i].mm == w->mm && sd_upages[i].va == va; k--)
			if (w->tlb[i][k] && !(w->tlb[i][k] & _PAGE_PSE))
				sd_tlb_remove(w->tlb[i], w->tlb[i][k]);
}

#ifdef SD_TLBI_BROADCAST
#define REACHED " {0:s} (broadcast)"
#else
#define REACHED " {0:s} (IPI)"
#endif

/* An interrupt is taken when the stores before it have reached memory, which they do by themselves. */
static bool stores_wait(int cpu)
{
	return __sd_store_buffers() && sd_thread_on[cpu] && __sd_stores_waiting(sd_thread_on[cpu] - 1);
}

/*
 * All targets that can take the interrupt now are flushed in one step. With TLBs as sets, a flush only takes choices away, so
 * flushing one earlier than the others adds nothing. (One case is lost: a target that takes its IPI, then turns interrupts off, while
 * another has not taken its own yet. -DSD_IPI_ONE_BY_ONE delivers them singly, in any order.)
 */
void __weak flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long pending = mm_cpumask(mm)->bits[0];
	unsigned long ready;
	int cpu;

	if (pending & ~(1UL << smp_processor_id()) && irqs_disabled())
		__sd_fail("ipi-irqs-off", "{0:s} is flushed on other CPUs with interrupts off: two such senders wait for each other",
			  (sd_u64)mm->sd_name, 0, 0);
	while (pending) {
		__sd_atomic_begin(SD_STEP, NULL);
		ready = 0;
		for (cpu = 0; cpu < NR_CPUS; cpu++) {
			if (!(pending & (1UL << cpu)))
				continue;
#ifndef SD_TLBI_BROADCAST
			if (cpu != smp_processor_id() && (sd_walkers[cpu].irqs_off || stores_wait(cpu)))
				continue;
#endif
			ready |= 1UL << cpu;
		}
		if (!ready)
			__sd_block();
#ifdef SD_IPI_ONE_BY_ONE
		for (cpu = __sd_choose(__builtin_popcountl(ready)); cpu > 0; cpu--)
			ready &= ready - 1;
		ready &= -ready;
#endif
		__sd_event("flush", "flushes {1:x}-{2:x} of {0:s} on", (sd_u64)mm->sd_name, start, end);
		for (cpu = 0; cpu < NR_CPUS; cpu++) {
			if (!(ready & (1UL << cpu)) || sd_walkers[cpu].mm != mm)
				continue;
			__sd_event("+", cpu == smp_processor_id() ? " {0:s} itself" : REACHED, (sd_u64)sd_walkers[cpu].name, 0, 0);
			sd_tlb_drop(&sd_walkers[cpu], start, end);
		}
		pending &= ~ready;
		__sd_atomic_end();
	}
#if SD_KERNEL >= 606
	mmu_notifier_arch_invalidate_secondary_tlbs(mm, start, end);
#endif
}

pte_t __weak ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	pte_t pte = ptep_get_and_clear(vma->vm_mm, addr, ptep);

	if (pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE))
		flush_tlb_page(vma, addr);
	return pte;
}

int __weak ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t entry, int dirty)
{
	int changed = !pte_same(ptep_get(ptep), entry);

	(void)vma, (void)addr;
	if (changed && dirty)
		set_pte(ptep, entry);
	return changed;
}

#ifdef SD_TLB_NAIVE
/* What the daemon of each walker does over and over: fills a free entry from the tables, or evicts the one that is there. */
void sd_tlb_daemon(void *arg)
{
	struct sd_walker *w = arg;
	int upage;
	u64 leaf;

	__sd_atomic_begin(SD_STEP, NULL);
	upage = __sd_choose(sd_nr_upages);
	if (sd_upages[upage].mm != w->mm)
		__sd_block();
	if (w->tlb[upage][0]) {
		w->tlb[upage][0] = 0;
	} else {
		leaf = sd_walk(w->mm, sd_upages[upage].va, true);
		if (!leaf || !(leaf & _PAGE_ACCESSED))
			__sd_block();
		w->tlb[upage][0] = leaf;
		__sd_event("tlb-fill", "{0:s} caches {1:x}", (sd_u64)w->name, sd_upages[upage].va, 0);
	}
	__sd_atomic_end();
}
#endif
