// SPDX-License-Identifier: Apache-2.0
/*
 * psc.c - with -DSD_PSC: paging-structure caches. A CPU may go on walking through an entry of an upper level that was cleared or changed, until it is flushed.
 *
 * As with translations (../machine/tlb-set.h) what is kept is a set: for each user page the tables to which an upper entry led since the last flush and no longer
 * leads. An access may begin its walk at one of them, with what stands in that table now, be it free or not. What it finds there may be cached as a translation too:
 * so before an entry of such a table changes, and before the set is dropped by INVLPG of another page, what it gave goes into the TLB's own set.
 *
 * INVLPG drops all of a CPU's paging-structure caches, whichever its address (Intel SDM volume 3, 4.10.4.1), writing CR3 does, and a page fault those for its address.
 * Devices have none here. Not together with PCIDs.
 */
#include "own.h"

#ifdef SD_PSC
#include "../machine/tlb-set.h"

#ifdef SD_PCID
#error "SD_PSC and SD_PCID: paging-structure caches are not put aside with a PCID"
#endif

/* A word of the set: permissions as in an entry, the frame of the table above them, and the level of its entries in bits 9 and 10: 1 for the PUD's, to 3. */
#ifndef SD_PSC_WAYS
#define SD_PSC_WAYS 3						/* tables of three levels */
#endif
#define FRAME(word) ((int)((word) >> PAGE_SHIFT))
#define LEVEL(word) ((int)((word) >> 9 & 3))

static unsigned long psc[SD_CPUS][SD_UPAGES][SD_PSC_WAYS];

int sd_psc_ways(int cpu, int upage)
{
	int n = 0;

	while (cpu < SD_CPUS && n < SD_PSC_WAYS && psc[cpu][upage][n])
		n++;
	return n;
}

unsigned long sd_psc_walk(int cpu, int upage, int way, const unsigned long *word, unsigned long value, int *through, unsigned long set, bool hardware)
{
	unsigned long from = psc[cpu][upage][way];

	return sd_walk_from(&sd_upages[upage], FRAME(from), LEVEL(from), from & (_PAGE_RW | _PAGE_USER), word, value, through, set, hardware);
}

/* For the story: whence the walk began. */
void sd_psc_tell(int cpu, int upage, int way)
{
	static const char *const levels[] = { "", "PUD", "PMD", "PTE" };

	__sd_event("tlb-use", "{0:s} walks {1:x} from a {2:s} table to which no entry leads any more", (sd_u64)sd_walker_names[cpu], sd_upages[upage].va,
		   (sd_u64)levels[LEVEL(psc[cpu][upage][way])]);
	__sd_event("missing flush", "No flush has reached {0:s} since", (sd_u64)sd_walker_names[cpu], 0, 0);
}

static void insert(int cpu, int upage, unsigned long word)
{
	unsigned long *set = psc[cpu][upage];
	int n;

	for (n = 0; n < SD_PSC_WAYS && set[n]; n++)
		if (set[n] == word)
			return;
	if (n == SD_PSC_WAYS)
		__sd_fail("model-limit", "a CPU may have cached more tables on the way to one page than SD_PSC_WAYS, which is {0:d}", SD_PSC_WAYS, 0, 0);
	set[n] = word;
}

/* An entry of level 0 (the PGD's) to 2 on the way to the page is about to change; @allowed is what it and those above it permit. */
static void keep(int cpu, int upage, int level, unsigned long old, unsigned long new, unsigned long allowed)
{
	int table = sd_frame_at((old & PTE_PFN_MASK) >> PAGE_SHIFT);

	if (!(old & _PAGE_PRESENT) || !(old & _PAGE_ACCESSED) || (old & _PAGE_PSE) || table < 0)
		return;
	if ((new & _PAGE_PRESENT) && !((old ^ new) & (PTE_PFN_MASK | _PAGE_RW | _PAGE_USER | _PAGE_PSE)))
		return;
	insert(cpu, upage, (unsigned long)table << PAGE_SHIFT | (unsigned long)(level + 1) << 9 | (allowed & (_PAGE_RW | _PAGE_USER)));
}

/* What walks from here gave may be cached as translations, and is not what a walk gives. */
static void into_tlb(int cpu, int upage)
{
	unsigned long leaf, now = sd_walk(&sd_upages[upage], false);
	int way, through;

	for (way = 0; way < sd_psc_ways(cpu, upage); way++) {
		leaf = sd_psc_walk(cpu, upage, way, NULL, 0, &through, 0, false);
		if (leaf && leaf != now && sd_tlb_may_keep(leaf, now))
			sd_tlb_keep(cpu, upage, leaf);
	}
}

/* What the entries above this level and @entry there permit. */
static unsigned long permitted(const struct sd_upage *up, int level, unsigned long entry)
{
	unsigned long allowed = entry;
	int table = (int)up->pgd, at;

	for (at = 0; at < level; at++) {
		unsigned long above = sd_mem[table][(up->va >> (PGDIR_SHIFT - 9 * at)) & (PTRS_PER_PTE - 1)];

		allowed &= above;
		table = sd_frame_at((above & PTE_PFN_MASK) >> PAGE_SHIFT);
	}
	return allowed;
}

/* Before a word changes that is at this level of a walk for the page, from 1 for the PGD to 4; 0: it is on none, but a walk from a cached table may meet it. */
void sd_psc_changed(int upage, int level, unsigned long *word, unsigned long old, unsigned long new)
{
	int cpu, way;

	for (cpu = 0; cpu < SD_CPUS; cpu++) {
		if (sd_cr3[cpu] != sd_upages[upage].pgd || !__sd_refuted(sd_tlb[cpu]))
			continue;
		for (way = 0; way < sd_psc_ways(cpu, upage); way++) {
			int on = 0;

			(void)sd_psc_walk(cpu, upage, way, word, old, &on, 0, false);
			if (on)
				into_tlb(cpu, upage);
			if (on && on < 4)
				keep(cpu, upage, on - 1, old, new, old & psc[cpu][upage][way]);
		}
		if (level && level < 4)
			keep(cpu, upage, level - 1, old, new, permitted(&sd_upages[upage], level - 1, old));
	}
}

void sd_psc_clear(int cpu, int upage)
{
	int way;

	for (way = 0; cpu < SD_CPUS && way < SD_PSC_WAYS; way++)
		if (psc[cpu][upage][way])
			psc[cpu][upage][way] = 0;
}

/* INVLPG of a page: before its own translations are dropped, those of others stay. */
void sd_psc_invlpg(int cpu)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		into_tlb(cpu, i);
		sd_psc_clear(cpu, i);
	}
}
#endif
