/* SPDX-License-Identifier: Apache-2.0 */
/* Memory management at large: flags of VMAs and faults, references, table allocation, the fault entry point. */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/lockdep.h>
#include <linux/page_ref.h>
#include <linux/pagemap.h>

#define VM_READ 0x1UL
#define VM_WRITE 0x2UL
#define VM_SHARED 0x8UL
#define VM_MAYREAD 0x10UL
#define VM_MAYWRITE 0x20UL
#define VM_MAYSHARE 0x80UL
#define VM_LOCKED 0x2000UL
#define VM_HUGETLB 0x400000UL
#define VM_LOCKED_CLEAR_MASK (~VM_LOCKED)

#define FAULT_FLAG_WRITE 0x1
#define FAULT_FLAG_USER 0x40
#if SD_KERNEL >= 604
#define FAULT_FLAG_VMA_LOCK 0x1000
#endif

#define VM_FAULT_OOM 0x1
#define VM_FAULT_SIGBUS 0x2
#define VM_FAULT_MAJOR 0x4
#define VM_FAULT_HWPOISON 0x10
#define VM_FAULT_SIGSEGV 0x40
#define VM_FAULT_NOPAGE 0x100
#define VM_FAULT_RETRY 0x400
#define VM_FAULT_ERROR (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_SIGSEGV)

#define FOLL_WRITE 0x1
#define FOLL_GET 0x4

#if SD_KERNEL >= 508
#define mmap_read_lock(mm) down_read(&(mm)->mmap_lock)
#define mmap_read_unlock(mm) up_read(&(mm)->mmap_lock)
#define mmap_write_lock(mm) down_write(&(mm)->mmap_lock)
#if SD_KERNEL < 604
#define mmap_write_unlock(mm) up_write(&(mm)->mmap_lock)
#endif
#define sd_mmap_sem(mm) (&(mm)->mmap_lock)
#else
#define sd_mmap_sem(mm) (&(mm)->mmap_sem)
#endif

#if SD_KERNEL >= 604
/*
 * The lock of one VMA (6.4): a fault takes it instead of mmap_lock if it is not held for writing, so holding mmap_lock for writing excludes no fault.
 * Code that changes a VMA has to take both. It stays taken for writing until mmap_lock is given back (the kernel: by a sequence of the mm).
 */
static inline bool vma_start_read(struct vm_area_struct *vma)
{
	return down_read_trylock(&vma->vm_lock);
}

static inline void vma_end_read(struct vm_area_struct *vma)
{
	up_read(&vma->vm_lock);
}

static inline void vma_assert_write_locked(struct vm_area_struct *vma)
{
	lockdep_assert_held_write(&vma->vm_lock);
}

static inline void vma_start_write(struct vm_area_struct *vma)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	if (!sd_rwsem_held(&vma->vm_lock, true))
		down_write(&vma->vm_lock);
}

static inline void mmap_write_unlock(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (sd_rwsem_held(&vma->vm_lock, true))
			up_write(&vma->vm_lock);
	up_write(&mm->mmap_lock);
}

struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, unsigned long address);
#endif

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags);
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* What get_user_pages() returns then. (The kernel asks for the difference by FOLL_HWPOISON, and up to 4.10 does not make it for hugetlb.) */
static inline long sd_fault_errno(vm_fault_t fault)
{
	return fault & VM_FAULT_HWPOISON ? -EHWPOISON : -EFAULT;
}

long get_user_pages(unsigned long start, unsigned long nr_pages, unsigned int gup_flags, struct page **pages);
long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages, struct page **pages, unsigned int gup_flags);

/* mm/memory-failure.c: the memory of the page has failed, and its contents are lost. trapno went in 4.16. */
#if SD_KERNEL < 416
int memory_failure(unsigned long pfn, int trapno, int flags);
#else
int memory_failure(unsigned long pfn, int flags);
#endif

struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)
void __put_page(struct page *page);

#if SD_KERNEL < 406
#define page_cache_get(page) get_page(page)
#define page_cache_release(page) put_page(page)
#endif

static inline void get_page(struct page *page)
{
	int count = atomic_inc_return(&page->_refcount);

	VM_BUG_ON_PAGE(count <= 1, page);
}

static inline bool get_page_unless_zero(struct page *page)
{
	return atomic_add_unless(&page->_refcount, 1, 0);
}

/* Giving up the last reference and the page being free are one event: an access to a page without a reference is wrong a moment later too. */
static inline void put_page(struct page *page)
{
	__sd_atomic_begin(SD_STEP, NULL);
	VM_BUG_ON_PAGE(page->_refcount.counter <= 0, page);
	if (--page->_refcount.counter == 0)
		__put_page(page);
	__sd_atomic_end();
}

#define page_mapcount(page) (atomic_read(&(page)->_mapcount) + 1)
#define compound_mapcount(page) page_mapcount(page)
#define page_mapped(page) (page_mapcount(page) > 0)
#define page_has_private(page) 0
#define page_mapping(page) (PageAnon(page) ? NULL : (page)->mapping)
#define hpage_nr_pages(page) (1 << compound_order(page))

/* A huge page is never written out, so it is never checked for dirty. */
static inline void set_page_dirty(struct page *page)
{
	if (!PageHuge(page))
		SetPageDirty(page);
}

pte_t *sd_pte_alloc(struct mm_struct *mm, unsigned long address);
pud_t *pud_alloc(struct mm_struct *mm, p4d_t *p4d, unsigned long address);
pmd_t *pmd_alloc(struct mm_struct *mm, pud_t *pud, unsigned long address);
pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long address);

#define pte_lockptr(mm, pmd) ((void)(mm), &pmd_page(pmdp_get(pmd))->ptl)
#if SD_KERNEL >= 605
/*
 * 6.5 (0d940a9b270b): NULL if there is no page table, which callers must look for. Until pte_unmap() the caller is an RCU reader, so that a table
 * that is taken away meanwhile is not freed (khugepaged frees it after a grace period). Under the lock one looks whether it is still the one.
 */
pte_t *pte_offset_map(pmd_t *pmd, unsigned long address);
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long address, spinlock_t **ptlp);
void pte_unmap(pte_t *pte);
extern unsigned int sd_tables_mapped[];

static inline void pte_unmap_unlock(pte_t *pte, spinlock_t *ptl)
{
	spin_unlock(ptl);
	pte_unmap(pte);
}
#else
static inline pte_t *sd_map_and_lock(pte_t *pte, spinlock_t *ptl)
{
	spin_lock(ptl);
	return pte;
}
#define pte_offset_map_lock(mm, pmd, va, held) \
	sd_map_and_lock(pte_offset_map(pmd, va), *(held) = pte_lockptr(mm, pmd))
#define pte_unmap_unlock(pte, ptl) do { (void)(pte); spin_unlock(ptl); } while (0)
#endif

/* It is not read before the final check, and additions commute. */
static inline void sd_count_tables(struct mm_struct *mm, int nr)
{
	atomic_long_add(nr, &mm->sd_nr_tables);
}

#define mm_inc_nr_pmds(mm) sd_count_tables(mm, 1)
#define mm_dec_nr_pmds(mm) sd_count_tables(mm, -1)
#define mm_inc_nr_ptes(mm) sd_count_tables(mm, 1)
#define mm_dec_nr_ptes(mm) sd_count_tables(mm, -1)

static inline unsigned long vma_pages(struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/*
 * mm_users: users of the address space; one stands for the process with all its threads. With the last, memory, tables and notifiers go.
 * mm_count: users of the structure; one for all of mm_users, one for each CPU that runs in it. With the last it is free (mm/exit.c).
 */
#define mmget(mm) atomic_inc(&(mm)->mm_users)
#define mmget_not_zero(mm) atomic_inc_not_zero(&(mm)->mm_users)
#define mmgrab(mm) atomic_inc(&(mm)->mm_count)
void __mmput(struct mm_struct *mm);
void __mmdrop(struct mm_struct *mm);

static inline void mmdrop(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_count))
		__mmdrop(mm);
}

static inline void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (atomic_dec_and_test(&mm->mm_users))
		__mmput(mm);
}

#endif
