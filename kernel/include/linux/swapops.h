/* SPDX-License-Identifier: Apache-2.0 */
/* Non-present entries that mean something: migration entries say where the page under way was. */
#ifndef _LINUX_SWAPOPS_H
#define _LINUX_SWAPOPS_H

#include <asm/pgtable.h>
#include <linux/pagemap.h>

#define SWP_HWPOISON 29
#define SWP_MIGRATION_READ 30
#define SWP_MIGRATION_WRITE 31

#define swp_entry(type, offset) __swp_entry(type, offset)
#define swp_type(entry) __swp_type(entry)
#define swp_offset(entry) __swp_offset(entry)
#define pte_to_swp_entry(pte) __pte_to_swp_entry(pte)
#define swp_entry_to_pte(entry) __swp_entry_to_pte(entry)
#define non_swap_entry(entry) (swp_type(entry) >= SWP_HWPOISON)
#define is_swap_pte(pte) (!pte_none(pte) && !pte_present(pte))

static inline swp_entry_t make_migration_entry(struct page *page, int write)
{
	return swp_entry(write ? SWP_MIGRATION_WRITE : SWP_MIGRATION_READ, page_to_pfn(page));
}

static inline int is_migration_entry(swp_entry_t entry)
{
	return swp_type(entry) == SWP_MIGRATION_READ || swp_type(entry) == SWP_MIGRATION_WRITE;
}

static inline int is_write_migration_entry(swp_entry_t entry)
{
	return swp_type(entry) == SWP_MIGRATION_WRITE;
}

/* Such an entry exists only while its page is locked: that is what makes waiting on the page lock work. */
static inline struct page *migration_entry_to_page(swp_entry_t entry)
{
	return pfn_to_page(swp_offset(entry));
}

/* mm/swap.c */
unsigned int sd_swap_slot(struct page *page);
bool sd_in_swap_cache(struct page *page);
void free_swap_and_cache(swp_entry_t entry);
void add_to_swap(struct page *page);
bool delete_from_swap_cache(struct page *page, int expected);
vm_fault_t do_swap_page(struct vm_area_struct *vma, unsigned long address, pte_t *ptep, spinlock_t *ptl, pte_t entry);

#define make_hwpoison_entry(page) swp_entry(SWP_HWPOISON, page_to_pfn(page))
#define is_hwpoison_entry(entry) (swp_type(entry) == SWP_HWPOISON)

void migration_entry_wait(struct mm_struct *mm, pmd_t *pmd, unsigned long address);
void migration_entry_wait_huge(struct vm_area_struct *vma, struct mm_struct *mm, pte_t *pte);

#endif
