// SPDX-License-Identifier: Apache-2.0
/*
 * tlb.c - what CPUs have cached, page tables as watched words, and the instructions that drop what is cached.
 *
 * A TLB is a set: for each user page the translations that were valid at some time since the last invalidation that reached it, while the CPU's CR3 led there, and
 * that a walk does not give now. An access chooses one of them or a walk. Why that is all that a real TLB may do: kernel/machine/tlb-set.h and
 * docs/machine.md. Which invalidation reaches which CPU is the tree's own code (arch/x86/mm/tlb.c), down to the instruction.
 *
 * Without PCIDs (pcid.c) writing CR3 drops everything. Paging-structure caches: psc.c.
 */
#include "own.h"

#include "../machine/tlb-set.h"

struct sd_upage sd_upages[SD_UPAGES];
int sd_nr_upages;
sd_u64 sd_tlb[SD_WALKERS][SD_UPAGES][SD_TLB_WAYS];
unsigned long sd_cr3[SD_WALKERS];
const char *sd_walker_names[SD_WALKERS] = { "CPU0", "CPU1", "CPU2", "CPU3" };
_Static_assert(SD_CPUS == 4, "each CPU has a name");

int sd_upage_at(struct mm_struct *mm, unsigned long va)
{
	int i;

	for (i = sd_nr_upages - 1; i >= 0; i--)
		if (sd_upages[i].mm == mm && sd_upages[i].va == (va & PAGE_MASK))
			return i;
	__sd_fail("scenario", "{0:x} is no address that the scenario has mapped in this address space", va, 0, 0);
}

/* What a call names has to be mapped, all of it: a call that promises nothing about any page would find nothing either. */
void sd_need_mapped(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned long at = va, end = va + nr * PAGE_SIZE;
	int i;

	while (at < end) {
		for (i = sd_nr_upages - 1; i >= 0; i--)
			if (sd_upages[i].mm == mm && at - sd_upages[i].va < sd_upage_size(i))
				break;
		if (i < 0)
			__sd_fail("scenario", "{0:x} is no address that the scenario has mapped in this address space", at, 0, 0);
		at = sd_upages[i].va + sd_upage_size(i);
	}
}

/*
 * The leaf for a user page, with the permissions of all levels, or 0. If @word is on the way it counts as @value, and *through says at which level.
 */
static __always_inline unsigned long walk_on(const struct sd_upage *up, int table, int level, unsigned long allowed, const unsigned long *word,
					     unsigned long value, int *through, unsigned long set, bool hardware)
{
	for (; level < 4; level++) {
		int shift = PGDIR_SHIFT - 9 * level;
		unsigned long *slot, entry;

		if (table < 0 || (hardware && sd_kind[table] != SD_TABLE))
			__sd_fail("freed-table-walk", "a walk of {0:x} goes through {1:p}, which is no page table", up->va,
				  table < 0 ? 0 : (sd_u64)sd_mem[table], 0);
		if (sd_kind[table] != SD_TABLE)
			return 0;
		slot = &sd_mem[table][(up->va >> shift) & (PTRS_PER_PTE - 1)];
		entry = *slot;
		if (slot == word) {
			*through = level + 1;
			entry = value;
		}
		if (!(entry & _PAGE_PRESENT))
			return 0;
		allowed &= entry;
		if (level == 3 || (level == 2 && (entry & _PAGE_PSE))) {
			if (set && (entry & set) != set)
				WRITE_ONCE(*slot, entry | set);
			return (entry & ~(_PAGE_RW | _PAGE_USER)) | allowed;
		}
		table = sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT);
	}
	return 0;
}

static __always_inline unsigned long walk_if(const struct sd_upage *up, const unsigned long *word, unsigned long value, int *through,
					     unsigned long set, bool hardware)
{
	return walk_on(up, (int)up->pgd, 0, _PAGE_RW | _PAGE_USER, word, value, through, set, hardware);
}

unsigned long sd_walk_from(const struct sd_upage *up, int table, int level, unsigned long allowed, const unsigned long *word, unsigned long value,
			   int *through, unsigned long set, bool hardware)
{
	return walk_on(up, table, level, allowed, word, value, through, set, hardware);
}

/* Tables that were made before anybody asked for this page are tables from now on: fork() fills its child's before there is an mm to ask for. */
void sd_find_tables(const struct sd_upage *up)
{
	static const char *const levels[] = { "PGD", "PUD", "PMD", "PTE" };
	int table = (int)up->pgd, level;

	for (level = 0; level < 4 && table >= 0; level++) {
		unsigned long entry = sd_mem[table][(up->va >> (PGDIR_SHIFT - 9 * level)) & (PTRS_PER_PTE - 1)];

		if (sd_kind[table] != SD_TABLE) {
			sd_kind[table] = SD_TABLE;
			if (level)
				__sd_event("name", "{1:s} table of {2:x}", (sd_u64)sd_mem[table], (sd_u64)levels[level], up->va);
		}
		if (!(entry & _PAGE_PRESENT) || level == 3 || (level == 2 && (entry & _PAGE_PSE)))
			return;
		table = sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT);
	}
}

unsigned long sd_walk(const struct sd_upage *up, bool hardware)
{
	int through;

	return walk_if(up, NULL, 0, &through, 0, hardware);
}

/* A TLB through which no access ever goes need not be kept: nobody can tell what is in it. That none does is a guess, which sd_translate() refutes. */
static bool consulted(int cpu)
{
	return __sd_refuted(sd_tlb[cpu]);
}

/* For the story, from now on: what these words are, and this translation in words. */
static __always_inline void name_ways(int cpu, int upage, unsigned long leaf)
{
	int i, frame = sd_leaf_frame(leaf);

	if (!__sd_told())
		return;
	for (i = 0; i < SD_TLB_WAYS; i++)
		__sd_event("cached", i ? "TLB of {1:s}, {2:x} (another)" : "TLB of {1:s}, {2:x}", (sd_u64)&sd_tlb[cpu][upage][i],
			   (sd_u64)sd_walker_names[cpu], sd_upages[upage].va);
	if (frame >= 0)
		__sd_event("value", !(leaf & _PAGE_RW) ? "{1:p} (read-only)" : leaf & _PAGE_DIRTY ? "{1:p} (rw, dirty)" : "{1:p} (rw)", leaf,
			   (sd_u64)sd_mem[frame], 0);
}

/* From now on the CPU may go on using this, which a walk does not give. */
void sd_tlb_keep(int cpu, int upage, unsigned long leaf)
{
	name_ways(cpu, upage, leaf);
	if (!sd_tlb_add(sd_tlb[cpu][upage], leaf))
		__sd_fail("model-limit", "a TLB may hold more stale translations of one page than SD_TLB_WAYS, which is {0:d}", SD_TLB_WAYS, 0, 0);
}

static void keep_stale(int upage, unsigned long before, unsigned long after)
{
	int cpu;

	for (cpu = 0; cpu < SD_WALKERS; cpu++) {
		if (!consulted(cpu) || sd_cr3[cpu] != sd_upages[upage].pgd)
			continue;
		if (after)
			sd_tlb_remove(sd_tlb[cpu][upage], after);
		if (sd_tlb_may_keep(before, after))
			sd_tlb_keep(cpu, upage, before);
	}
}

static __always_inline void tell_entry(unsigned long entry)
{
	int frame = sd_frame_at((entry & PTE_PFN_MASK) >> PAGE_SHIFT);

	if (!(entry & _PAGE_PRESENT))
		sd_tell_absent("+", entry);
	else if (frame >= 0)
		__sd_event("+", !(entry & _PAGE_RW) ? "{0:p} (read-only)" : entry & _PAGE_DIRTY ? "{0:p} (rw, dirty)" : "{0:p} (rw)",
			   (sd_u64)sd_mem[frame], 0, 0);
	else
		__sd_event("+", "{0:x}", entry, 0, 0);
}

/* Before a word of physical memory changes. */
void sd_watched_store(sd_u64 addr, sd_u64 old, sd_u64 new)
{
	static const char *const levels[] = { "", "PGD", "PUD", "PMD", "PTE" };
	bool told = false;
	int i, level;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		unsigned long before, after;
		int next;

		level = 0;
		before = walk_if(up, (unsigned long *)addr, old, &level, 0, false);
		sd_psc_changed(i, level, (unsigned long *)addr, old, new);
		if (!level)
			continue;
		if (level < 4 && (new & _PAGE_PRESENT) && !(level == 3 && (new & _PAGE_PSE))) {
			next = sd_frame_at((new & PTE_PFN_MASK) >> PAGE_SHIFT);
			if (next < 0 || sd_kind[next] == SD_FREE)
				__sd_fail("freed-table-walk", "an entry on the way to {0:x} leads to memory that is no table", up->va, 0, 0);
			if (sd_kind[next] != SD_TABLE) {
				sd_kind[next] = SD_TABLE;
				__sd_event("name", "{1:s} table of {2:x}", (sd_u64)sd_mem[next], (sd_u64)levels[level + 1], up->va);
			}
		}
		after = walk_if(up, (unsigned long *)addr, new, &level, 0, false);
		if (!told)
			__sd_event("pte", "{0:s} entry of {1:x}: ", (sd_u64)levels[level], up->va, 0);
		if (before != after)
			keep_stale(i, before, after);
		told = true;
	}
	if (!told)
		return;
	tell_entry(old);
	__sd_event("+", " -> ", 0, 0, 0);
	tell_entry(new);
}

/* --- what an access uses --- */

static __always_inline void tell_stale(int cpu, int upage, unsigned long cached)
{
	struct sd_upage *up = &sd_upages[upage];
	sd_u64 *way = sd_tlb[cpu][upage];

	while (way < sd_tlb[cpu][upage] + SD_TLB_WAYS - 1 && *way != cached)
		way++;
	__sd_event("tlb-use", "{0:s} translates {1:x} by its TLB: still {2:p}", (sd_u64)sd_walker_names[cpu], up->va,
		   (sd_u64)sd_mem[sd_leaf_frame(cached)]);
	__sd_event("stale", "{0:s}'s TLB has {1:x} as it was before {2:w}", (sd_u64)sd_walker_names[cpu], up->va, (sd_u64)way);
	__sd_event("missing flush", "No flush of {0:x} has reached {1:s} since", up->va, (sd_u64)sd_walker_names[cpu], 0);
}

/* It leads elsewhere than the tables do now, or lets a store through where they do not. */
static __always_inline bool is_stale(unsigned long cached, unsigned long now)
{
	return sd_leaf_frame(cached) != sd_leaf_frame(now) || (cached & ~now & _PAGE_RW);
}

static unsigned long translation_fault(int cpu, int upage)
{
	sd_tlb_clear(sd_tlb[cpu][upage]);
	sd_psc_clear(cpu, upage);
	return 0;
}

unsigned long sd_translate(int cpu, int upage, bool write)
{
	struct sd_upage *up = &sd_upages[upage];
	unsigned long need = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0);
	unsigned long cached, leaf;
	int through, ways, way;

	__sd_refute(sd_tlb[cpu]);
	ways = sd_psc_ways(cpu, upage);
	way = ways ? __sd_choose(ways + 1) : 0;
	cached = way ? 0 : sd_tlb_choose(sd_tlb[cpu][upage]);
	if (way)
		sd_psc_tell(cpu, upage, way - 1);
	leaf = way ? sd_psc_walk(cpu, upage, way - 1, NULL, 0, &through, 0, true) : cached ? cached : sd_walk(up, true);
	if (leaf && !(leaf & _PAGE_USER))
		return translation_fault(cpu, upage);
	if (write && leaf && !(leaf & _PAGE_RW))
		return translation_fault(cpu, upage);
	if ((leaf & need) != need) {
		if (cached) {
			leaf = sd_walk(up, true);
			if (leaf != cached)
				sd_tlb_remove(sd_tlb[cpu][upage], cached);
		}
		if (!leaf || (write && !(leaf & _PAGE_RW)))
			return translation_fault(cpu, upage);
		if (way)
			sd_psc_walk(cpu, upage, way - 1, NULL, 0, &through, need, true);
		else
			walk_if(up, NULL, 0, &through, need, true);
		leaf |= need;
	}
	if (cached && __sd_told() && is_stale(cached, sd_walk(up, false)))
		tell_stale(cpu, upage, cached);
	return leaf;
}

u64 sd_reachable(int upage)
{
	unsigned long leaf = sd_walk(&sd_upages[upage], false);
	u64 set = leaf && sd_leaf_frame(leaf) >= 0 ? 1ULL << sd_leaf_frame(leaf) : 0;
	int cpu, i, through;

	for (cpu = 0; cpu < SD_WALKERS; cpu++)
		for (i = 0; i < SD_TLB_WAYS; i++)
			if (consulted(cpu) && sd_tlb[cpu][upage][i] && sd_leaf_frame(sd_tlb[cpu][upage][i]) >= 0)
				set |= 1ULL << sd_leaf_frame(sd_tlb[cpu][upage][i]);
	for (cpu = 0; cpu < SD_WALKERS; cpu++)
		for (i = 0; i < sd_psc_ways(cpu, upage); i++) {
			leaf = sd_psc_walk(cpu, upage, i, NULL, 0, &through, 0, false);
			if (consulted(cpu) && leaf && sd_leaf_frame(leaf) >= 0)
				set |= 1ULL << sd_leaf_frame(leaf);
		}
	return set;
}

/* --- instructions --- */

static void drop(int cpu, int upage)
{
	if (!consulted(cpu))
		return;
	sd_tlb_clear(sd_tlb[cpu][upage]);
	sd_psc_clear(cpu, upage);
}

void __sd_invlpg(unsigned long va)
{
	int cpu = sd_cpu(), i;

	__sd_atomic_begin(SD_LOCAL, &sd_cr3[cpu]);
	if (consulted(cpu))
		sd_psc_invlpg(cpu);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].va >> PAGE_SHIFT == va >> PAGE_SHIFT)
			drop(cpu, i);
	__sd_event("flush", "{0:s} drops {1:x} (invlpg)", (sd_u64)sd_walker_names[cpu], va, 0);
	__sd_atomic_end();
}

void sd_tlb_drop(int walker, unsigned long start, unsigned long end)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].va + PAGE_SIZE > start && sd_upages[i].va < end)
			drop(walker, i);
}

void sd_tlb_forget_all(int cpu)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		drop(cpu, i);
}

void __sd_write_cr3(unsigned long value)
{
	int cpu = sd_cpu(), frame = sd_frame_at((value & PTE_PFN_MASK) >> PAGE_SHIFT);
	bool kept;

#ifdef SD_PCID
	__sd_atomic_begin(SD_STEP, NULL);	/* it looks at page tables */
#else
	__sd_atomic_begin(SD_LOCAL, &sd_cr3[cpu]);
#endif
	kept = sd_pcid_load(cpu, value, frame > 0 ? (unsigned long)frame : 0);
	if (!kept)
		sd_tlb_forget_all(cpu);
	if (frame > 0 && sd_kind[frame] == SD_FREE)
		__sd_fail("freed-table-walk", "{0:s} loads a page table that is free", (sd_u64)sd_walker_names[cpu], 0, 0);
	if (sd_cr3[cpu] != (frame > 0 ? (unsigned long)frame : 0)) {
		sd_cr3[cpu] = frame > 0 ? (unsigned long)frame : 0;
		if (frame > 0 && sd_kind[frame] != SD_TABLE)
			sd_kind[frame] = SD_TABLE;
	}
	if (kept)
		__sd_event("flush", value >> 63 ? "{0:s} writes CR3: PCID {1:d}, with what it has cached under it" :
			   "{0:s} writes CR3: PCID {1:d}, and drops what it has cached under it", (sd_u64)sd_walker_names[cpu], sd_pcid(cpu), 0);
	else
		__sd_event("flush", "{0:s} writes CR3, and drops all translations", (sd_u64)sd_walker_names[cpu], 0, 0);
	__sd_atomic_end();
}

unsigned long __sd_read_cr3(void)
{
	unsigned long frame = sd_cr3[sd_cpu()];

	return (frame ? (SD_FIRST_PFN + frame) << PAGE_SHIFT : 0) | sd_pcid(sd_cpu());
}

static unsigned long cr4;

unsigned long __sd_read_cr4(void)
{
	return cr4;
}

void __sd_write_cr4(unsigned long value)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_tlb_forget_all(sd_cpu());
	sd_pcid_drop(sd_cpu());
	__sd_atomic_end();
}

void cr4_update_irqsoff(unsigned long set, unsigned long clear)
{
}

void __sd_invpcid(unsigned long *descriptor, unsigned long type)
{
	__sd_fail("model-limit", "invpcid: this CPU does not have it", 0, 0, 0);
}
