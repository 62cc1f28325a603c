/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86-64 page-table entries, bit for bit: four levels (p4d folded), 2 MiB leaves at PMD level, swap and migration entries with the offset
 * stored inverted. Entries are read and written by marked accesses, as hardware and lockless walkers look at them at any time.
 */
#ifndef _ASM_PGTABLE_H
#define _ASM_PGTABLE_H

#include <linux/mm_types.h>

#define _PAGE_PRESENT (1UL << 0)
#define _PAGE_RW (1UL << 1)
#define _PAGE_USER (1UL << 2)
#define _PAGE_ACCESSED (1UL << 5)
#define _PAGE_DIRTY (1UL << 6)
#define _PAGE_PSE (1UL << 7)
#define _PAGE_PROTNONE (1UL << 8)
#define _PAGE_SOFT_DIRTY (1UL << 11)
#define _PAGE_NX (1UL << 63)
#define _PAGE_SWP_SOFT_DIRTY (1UL << 1)
#define PTE_PFN_MASK 0x000ffffffffff000UL
#define _KERNPG_TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_TABLE (_KERNPG_TABLE | _PAGE_USER)

#define __pte(x) ((pte_t){ (x) })
#define __pmd(x) ((pmd_t){ (x) })
#define __pud(x) ((pud_t){ (x) })
#define __pgd(x) ((pgd_t){ (x) })
#define __pgprot(x) ((pgprot_t){ (x) })
#define pte_val(x) ((x).pte)
#define pmd_val(x) ((x).pmd)
#define pud_val(x) ((x).pud)
#define pgd_val(x) ((x).pgd)
#define pgprot_val(x) ((x).pgprot)

/* One marked load of the whole entry. */
#define ptep_get(ptep) __pte(READ_ONCE((ptep)->pte))
#define pmdp_get(pmdp) __pmd(READ_ONCE((pmdp)->pmd))
#define pudp_get(pudp) __pud(READ_ONCE((pudp)->pud))
#define pgdp_get(pgdp) __pgd(READ_ONCE((pgdp)->pgd))

#define PAGE_NONE __pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_SHARED __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_READONLY __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_COPY PAGE_READONLY

#define __SD_PTE_TEST(name, bits)							\
static inline int name(pte_t pte) { return (pte_val(pte) & (bits)) != 0; }
#define __SD_PTE_EDIT(name, set, clear)							\
static inline pte_t name(pte_t pte) { return __pte((pte_val(pte) | (set)) & ~(clear)); }

__SD_PTE_TEST(pte_present, _PAGE_PRESENT | _PAGE_PROTNONE)
__SD_PTE_TEST(pte_write, _PAGE_RW)
__SD_PTE_TEST(pte_dirty, _PAGE_DIRTY)
__SD_PTE_TEST(pte_young, _PAGE_ACCESSED)
__SD_PTE_TEST(pte_huge, _PAGE_PSE)
__SD_PTE_TEST(pte_soft_dirty, _PAGE_SOFT_DIRTY)
__SD_PTE_TEST(pte_swp_soft_dirty, _PAGE_SWP_SOFT_DIRTY)
__SD_PTE_EDIT(pte_mkdirty, _PAGE_DIRTY | _PAGE_SOFT_DIRTY, 0)
__SD_PTE_EDIT(pte_mkclean, 0, _PAGE_DIRTY)
__SD_PTE_EDIT(pte_mkyoung, _PAGE_ACCESSED, 0)
__SD_PTE_EDIT(pte_mkold, 0, _PAGE_ACCESSED)
__SD_PTE_EDIT(pte_mkwrite, _PAGE_RW, 0)
__SD_PTE_EDIT(pte_wrprotect, 0, _PAGE_RW)
__SD_PTE_EDIT(pte_mkhuge, _PAGE_PSE, 0)
__SD_PTE_EDIT(pte_mksoft_dirty, _PAGE_SOFT_DIRTY, 0)
__SD_PTE_EDIT(pte_swp_mksoft_dirty, _PAGE_SWP_SOFT_DIRTY, 0)

static inline int pte_none(pte_t pte)
{
	return !(pte_val(pte) & ~(_PAGE_DIRTY | _PAGE_ACCESSED));
}

static inline int pte_same(pte_t a, pte_t b)
{
	return pte_val(a) == pte_val(b);
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return (pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT;
}

/* Present for the kernel, but no access is allowed: NUMA hinting. The hardware takes it for not present. */
static inline int pte_protnone(pte_t pte)
{
	return (pte_val(pte) & (_PAGE_PROTNONE | _PAGE_PRESENT)) == _PAGE_PROTNONE;
}

#define pte_page(pte) pfn_to_page(pte_pfn(pte))
#define pfn_pte(pfn, prot) __pte(((unsigned long)(pfn) << PAGE_SHIFT) | pgprot_val(prot))
#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), prot)

static inline int pmd_none(pmd_t pmd)
{
	return !(pmd_val(pmd) & ~(_PAGE_DIRTY | _PAGE_ACCESSED));
}

static inline int pud_none(pud_t pud)
{
	return !(pud_val(pud) & ~(_PAGE_DIRTY | _PAGE_ACCESSED));
}

static inline int pgd_none(pgd_t pgd)
{
	return !pgd_val(pgd);
}

#define pmd_present(pmd) ((pmd_val(pmd) & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_PSE)) != 0)
#define pud_present(pud) ((pud_val(pud) & _PAGE_PRESENT) != 0)
#define pmd_huge(pmd) (!pmd_none(pmd) && (pmd_val(pmd) & (_PAGE_PRESENT | _PAGE_PSE)) != _PAGE_PRESENT)
#define pud_huge(pud) ((pud_val(pud) & _PAGE_PSE) != 0)
#define pmd_pfn(pmd) ((pmd_val(pmd) & PTE_PFN_MASK) >> PAGE_SHIFT)

#define pgd_index(addr) (((addr) >> PGDIR_SHIFT) & (PTRS_PER_PGD - 1))
#define pud_index(addr) (((addr) >> PUD_SHIFT) & (PTRS_PER_PUD - 1))
#define pmd_index(addr) (((addr) >> PMD_SHIFT) & (PTRS_PER_PMD - 1))
#define pte_index(addr) (((addr) >> PAGE_SHIFT) & (PTRS_PER_PTE - 1))

#define pgd_offset(mm, addr) ((mm)->pgd + pgd_index(addr))
#define pgd_page_vaddr(pgd) ((unsigned long)__va(pgd_val(pgd) & PTE_PFN_MASK))
#define pud_page_vaddr(pud) ((unsigned long)__va(pud_val(pud) & PTE_PFN_MASK))
#define pmd_page_vaddr(pmd) ((unsigned long)__va(pmd_val(pmd) & PTE_PFN_MASK))
#define pmd_page(pmd) pfn_to_page(pmd_pfn(pmd))

/* The p4d level is folded into the pgd. */
typedef pgd_t p4d_t;
#define p4d_offset(pgd, addr) (pgd)
#define p4d_none(p4d) pgd_none(p4d)
#define p4d_present(p4d) (!pgd_none(p4d))
#define p4d_alloc(mm, pgd, addr) ((void)(mm), (pgd))

static inline pud_t *pud_offset(pgd_t *pgd, unsigned long addr)
{
	return (pud_t *)pgd_page_vaddr(pgdp_get(pgd)) + pud_index(addr);
}

static inline pmd_t *pmd_offset(pud_t *pud, unsigned long addr)
{
	return (pmd_t *)pud_page_vaddr(pudp_get(pud)) + pmd_index(addr);
}

static inline pte_t *pte_offset_kernel(pmd_t *pmd, unsigned long addr)
{
	return (pte_t *)pmd_page_vaddr(pmdp_get(pmd)) + pte_index(addr);
}

/* From 6.5 on (linux/mm.h) there may be no table, and RCU keeps the one that is there. */
#if SD_KERNEL < 605
#define pte_offset_map(pmd, addr) pte_offset_kernel(pmd, addr)
#define pte_unmap(pte) ((void)(pte))
#endif

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->pte, pte.pte);
}

static inline void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	WRITE_ONCE(pmdp->pmd, pmd.pmd);
}

static inline void set_pud(pud_t *pudp, pud_t pud)
{
	WRITE_ONCE(pudp->pud, pud.pud);
}

static inline void set_pgd(pgd_t *pgdp, pgd_t pgd)
{
	WRITE_ONCE(pgdp->pgd, pgd.pgd);
}

#define set_pte_at(mm, addr, ptep, pte) set_pte(ptep, pte)
#define pte_clear(mm, addr, ptep) set_pte(ptep, __pte(0))
#define pmd_clear(pmdp) set_pmd(pmdp, __pmd(0))
#define pud_clear(pudp) set_pud(pudp, __pud(0))
#define pmd_populate(mm, pmdp, page) set_pmd(pmdp, __pmd(page_to_phys(page) | _PAGE_TABLE))
#define pud_populate(mm, pudp, pmd) set_pud(pudp, __pud(__pa(pmd) | _PAGE_TABLE))
#define pgd_populate(mm, pgdp, pud) set_pgd(pgdp, __pgd(__pa(pud) | _PAGE_TABLE))

static inline pte_t ptep_get_and_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	(void)mm, (void)addr;
	return __pte(xchg(&ptep->pte, 0));
}

static inline void ptep_set_wrprotect(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	(void)mm, (void)addr;
	__atomic_and_fetch(&ptep->pte, ~_PAGE_RW, __ATOMIC_SEQ_CST);
}

pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep);
int ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t entry, int dirty);

#define update_mmu_cache(vma, addr, ptep) ((void)(vma), (void)(addr), (void)(ptep))
#define flush_cache_page(vma, addr, pfn) ((void)(vma), (void)(addr), (void)(pfn))
#define flush_cache_range(vma, start, end) ((void)(vma), (void)(start), (void)(end))
#define flush_dcache_page(page) ((void)(page))

/*
 * Swap entries: type in bits 63 to 59, offset inverted in 58 to 14. All ones in the offset would be offset 0:
 * so a non-present entry never looks like a low physical address.
 */
#define __SWP_OFFSET_SHIFT 14
#define __SWP_TYPE_BITS 5
#define __swp_type(x) ((x).val >> (64 - __SWP_TYPE_BITS))
#define __swp_offset(x) (~(x).val << __SWP_TYPE_BITS >> (__SWP_TYPE_BITS + __SWP_OFFSET_SHIFT))
#define __swp_entry(type, offset)							\
	((swp_entry_t){ ((unsigned long)(type) << (64 - __SWP_TYPE_BITS)) |		\
			(~(unsigned long)(offset) << (__SWP_TYPE_BITS + __SWP_OFFSET_SHIFT) >> __SWP_TYPE_BITS) })
#define __pte_to_swp_entry(pte) ((swp_entry_t){ pte_val(pte) & ~((1UL << __SWP_OFFSET_SHIFT) - 1) })
#define __swp_entry_to_pte(x) __pte((x).val)

#endif
