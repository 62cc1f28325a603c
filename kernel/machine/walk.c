// SPDX-License-Identifier: Apache-2.0
/*
 * walk.c - the page-table walker of CPUs and of devices that share their tables.
 *
 * It reads the real entries in memory: PGD, PUD, PMD (or a 2 MiB leaf there), PTE. A walk is one indivisible
 * operation, always inside a section or inside the hook of a store. A table page that it steps on must be one:
 * walking through a freed table is a violation, found here.
 */
#include <shootdown/machine.h>

/* Of a level from the top: PGDIR_SHIFT, PUD_SHIFT, PMD_SHIFT, PAGE_SHIFT. Counted out, since the search does this all the time. */
#define shift_of(level) (PGDIR_SHIFT - 9 * (level))
/* Of an entry that is being split (linux/huge_mm.h): hardware does not look at that. */
#define SPLITTING (1UL << 10)

/*
 * Walks. The word at @addr counts as @val. @hardware: this is a walk that happens, so it must not meet
 * a freed table; otherwise such a walk just finds nothing.
 */
static u64 walk(struct mm_struct *mm, unsigned long va, const u64 *addr, u64 val, int *through, bool hardware)
{
	u64 *table = (u64 *)mm->pgd;
	u64 allowed = _PAGE_RW | _PAGE_USER;
	int level;

	for (level = 0; level < 4; level++) {
		u64 *slot = table + ((va >> shift_of(level)) & (PTRS_PER_PTE - 1));
		u64 entry;

		if (virt_to_page(table)->sd_kind != SD_FRAME_TABLE) {
			if (hardware)
				__sd_fail("freed-table-walk",
					  "the hardware walk of {0:x} in {1:s} goes through {2:p}, a page table that was freed",
					  va, (sd_u64)mm->sd_name, (sd_u64)virt_to_page(table));
			return 0;
		}
		if (slot == addr) {
			*through = level + 1;
			entry = val;
		} else {
			entry = *slot;
		}
		if (!(entry & _PAGE_PRESENT))
			return 0;
		allowed &= entry;
		if (level == 3 || (level == 2 && (entry & _PAGE_PSE)))
			/* Of a 2 MiB entry, the page that va is in; a page of hugetlbfs is one. */
			return ((entry & ~(u64)(_PAGE_RW | _PAGE_USER | SPLITTING)) | allowed) + (level == 2 ? va & ~PMD_MASK & PAGE_MASK : 0);
		table = __va(entry & PTE_PFN_MASK);
	}
	return 0;
}

u64 sd_walk(struct mm_struct *mm, unsigned long va, bool hardware)
{
	int through;

	return walk(mm, va, NULL, 0, &through, hardware);
}

u64 sd_walk_if(struct mm_struct *mm, unsigned long va, const void *addr, u64 val, int *level)
{
	*level = 0;
	return walk(mm, va, addr, val, level, false);
}

/* The leaf slot of va at the level of a page of this size, or NULL if there is no table. Tells nothing about the entry. */
u64 *sd_leaf_slot(struct mm_struct *mm, unsigned long va, unsigned long size)
{
	u64 *table = (u64 *)mm->pgd;
	int level;

	for (level = 0; level < 4; level++) {
		u64 *slot = table + ((va >> shift_of(level)) & (PTRS_PER_PTE - 1));

		if (size >= (1UL << shift_of(level)))
			return slot;
		if (!(*slot & _PAGE_PRESENT) || (*slot & _PAGE_PSE && level == 2))
			return NULL;
		table = __va(*slot & PTE_PFN_MASK);
	}
	return NULL;
}

/* Hardware sets accessed and dirty in the live leaf entry, as one operation with the walk. */
void sd_hardware_set(struct mm_struct *mm, unsigned long va, u64 bits)
{
	u64 *table = (u64 *)mm->pgd;
	int level;

	for (level = 0; level < 4; level++) {
		u64 *slot = table + ((va >> shift_of(level)) & (PTRS_PER_PTE - 1));
		u64 entry = *slot;

		if (!(entry & _PAGE_PRESENT))
			return;
		if (level == 3 || (level == 2 && (entry & _PAGE_PSE))) {
			if ((entry & bits) != bits)
				*slot = entry | bits;
			return;
		}
		table = __va(entry & PTE_PFN_MASK);
	}
}
