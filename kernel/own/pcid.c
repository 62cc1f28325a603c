// SPDX-License-Identifier: Apache-2.0
/*
 * pcid.c - with -DSD_PCID: translations that stay in a CPU's TLB while it runs another address space.
 *
 * Writing CR3 names tables and a PCID. What is cached under another PCID stays, and is not used. Bit 63 asks that what is cached under this one stays too and is
 * used: whether that may be is the tree's own arithmetic of ASIDs and generations (choose_new_asid(), switch_mm_irqs_off()), and what is looked at here.
 *
 * When a PCID is left, all that may be cached under it is put aside: what is stale already (tlb.c), and what a walk gives, since no store tells of that
 * any more. While it is aside nothing is added: a CPU does not walk for a PCID that it does not run. When it is taken back, what is a walk's result again is no
 * longer stale.
 *
 * INVLPG drops translations of the PCID that runs. INVPCID is refused: this CPU has none.
 */
#include "own.h"

#ifdef SD_PCID
#include "../machine/tlb-set.h"

#define PCIDS 8						/* of 4096; the tree uses 1 to TLB_NR_DYN_ASIDS, which is 6 */
#define NOFLUSH (1UL << 63)

static unsigned long running[SD_CPUS];
static unsigned long tables[SD_CPUS][PCIDS];		/* frame of the PGD whose translations are aside; 0: none are */
static sd_u64 aside[SD_CPUS][PCIDS][SD_UPAGES][SD_TLB_WAYS];

unsigned long sd_pcid(int cpu)
{
	return running[cpu];
}

static void add(int cpu, sd_u64 *set, sd_u64 leaf)
{
	if (!sd_tlb_add(set, leaf))
		__sd_fail("model-limit", "{0:s} may have cached more translations of one page under one PCID than SD_TLB_WAYS, which is {1:d}",
			  (sd_u64)sd_walker_names[cpu], SD_TLB_WAYS, 0);
}

static void put_aside(int cpu)
{
	int i, k;

	if (!sd_cr3[cpu] || !__sd_refuted(sd_tlb[cpu]))
		return;
	tables[cpu][running[cpu]] = sd_cr3[cpu];
	for (i = 0; i < sd_nr_upages; i++) {
		sd_u64 *set = aside[cpu][running[cpu]][i];
		unsigned long leaf;

		if (sd_upages[i].pgd != sd_cr3[cpu])
			continue;
		for (k = 0; k < SD_TLB_WAYS && sd_tlb[cpu][i][k]; k++)
			add(cpu, set, sd_tlb[cpu][i][k]);
		leaf = sd_walk(&sd_upages[i], false);
		if (leaf & _PAGE_ACCESSED)
			add(cpu, set, leaf);
	}
}

static void forget(int cpu, unsigned long pcid)
{
	int i;

	if (!tables[cpu][pcid])
		return;
	tables[cpu][pcid] = 0;
	for (i = 0; i < sd_nr_upages; i++)
		sd_tlb_clear(aside[cpu][pcid][i]);
}

static void take_back(int cpu, unsigned long pcid, unsigned long pgd)
{
	int i, k;

	if (tables[cpu][pcid] && tables[cpu][pcid] != pgd)
		__sd_fail("stale-pcid", "{0:s} loads page tables under PCID {1:d} without a flush, and has translations of other ones under it",
			  (sd_u64)sd_walker_names[cpu], pcid, 0);
	for (i = 0; tables[cpu][pcid] && i < sd_nr_upages; i++) {
		sd_u64 now = sd_walk(&sd_upages[i], false), *set = aside[cpu][pcid][i];

		for (k = 0; k < SD_TLB_WAYS && set[k]; k++)
			if (set[k] != now && sd_tlb_may_keep(set[k], now))
				sd_tlb_keep(cpu, i, set[k]);
	}
	forget(cpu, pcid);
}

/* CR3 is about to be written. True: what is cached under the PCID that it names stays. */
bool sd_pcid_load(int cpu, unsigned long value, unsigned long pgd)
{
	unsigned long pcid = value & X86_CR3_PCID_MASK;

	if (pcid >= PCIDS)
		__sd_fail("model-limit", "PCID {0:d}: there are {1:d}", pcid, PCIDS, 0);
	if (pcid == running[cpu]) {
		if ((value & NOFLUSH) && sd_cr3[cpu] && sd_cr3[cpu] != pgd)
			__sd_fail("stale-pcid", "{0:s} loads other page tables under PCID {1:d}, which is running, without a flush",
				  (sd_u64)sd_walker_names[cpu], pcid, 0);
		return value & NOFLUSH;
	}
	put_aside(cpu);
	sd_tlb_forget_all(cpu);
	if (value & NOFLUSH)
		take_back(cpu, pcid, pgd);
	else
		forget(cpu, pcid);
	running[cpu] = pcid;
	return true;
}

/* All PCIDs, as writing CR4.PGE does. */
void sd_pcid_drop(int cpu)
{
	unsigned long pcid;

	for (pcid = 0; pcid < PCIDS; pcid++)
		forget(cpu, pcid);
}
#endif
