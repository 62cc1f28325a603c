/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scenario is written with when it runs on a kernel tree's own mm: the names of kernel/include/shootdown/scenario.h, and system calls. That page
 * has an example; this one says what is different.
 *
 * The machine checks by itself that no user access reaches a page that is free, somebody else's or without the last write, that no table is
 * walked that is free, and that nothing is reached any longer that a system call below has taken away when it returned.
 */
#ifndef SHOOTDOWN_SCENARIO_H
#define SHOOTDOWN_SCENARIO_H

#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <asm/tlb.h>
#include <asm/tlbflush.h>
#include <asm/mmu_context.h>
#include <shootdown/has.h>

#include "shootdown.h"

void scenario(void);

/* Defined by a scenario that has something to check when all its threads have ended: by __sd_fail(). */
void sd_at_end(void);

/* How many pages are not free, page tables among them, the zero page not. For scenarios that say what has to be left: leaks are not looked for otherwise. */
unsigned int sd_pages_in_use(void);

/* --- setting up: call these from scenario() only --- */

struct mm_struct *sd_mm(const char *name);

/* A file of huge pages (hugetlbfs), and its page number index; 0 or an error: it has been moved, or not. */
struct file *sd_hugetlb_file(const char *name, unsigned int nr_pages);
struct page *sd_page_of(struct file *file, unsigned int index);
int sd_migrate_huge(struct page *page);
/* The page is taken out of the file, and out of all page tables (fallocate() of a hole). */
int sd_punch_hole(struct file *file, unsigned int index);

/* An ordinary file of nr_pages in the page cache, with a disk behind it: at the end the last write to a page that counts as clean must be there. */
struct file *sd_file(const char *name, unsigned int nr_pages);
struct page *sd_cached_page(struct file *file, unsigned int index);

/* A driver's: mmap() maps what it likes, as with remap_pfn_range(), and may set vma->vm_ops. Pages that it maps are to be zeroes. */
struct file *sd_driver_file(const char *name, unsigned int nr_pages, int (*mmap)(struct file *file, struct vm_area_struct *vma));

/* nr_pages of anonymous memory, private and writable; the gigabyte of a hugetlb file; or all of an ordinary file or a driver's, shared and writable. */
unsigned long sd_mmap(struct mm_struct *mm, struct file *file, unsigned int nr_pages);

/* A private mapping that the process may only read: of an ordinary file, or of a page of anonymous memory (NULL). A debugger may write. */
unsigned long sd_mmap_readonly(struct mm_struct *mm, struct file *file);

/*
 * 2 MiB of anonymous memory, which a fault fills with a transparent huge page. Only its first 4 KiB may be accessed; calls may name any part of it, in
 * pages of 4 KiB.
 */
unsigned long sd_mmap_thp(struct mm_struct *mm);

/* The same in small pages, which sd_collapse() may make one of. */
unsigned long sd_mmap_collapsible(struct mm_struct *mm);

/* Faults the page in, as a write would. */
void sd_populate(struct mm_struct *mm, unsigned long va);

/* Each thread has a CPU of its own. A kernel thread (mm NULL) leaves its CPU in no address space. */
void sd_cpu_run(int cpu, struct mm_struct *mm, const char *name, void (*fn)(void *arg), void *arg);
void sd_user(int cpu, struct mm_struct *mm, void (*fn)(void *arg), void *arg);

/*
 * A virtual machine whose guest page 0 is at va of mm, with shadow entries that an MMU notifier removes, and its vCPU: fn(arg) over and over in the
 * guest. And a device that walks the page tables of mm itself (SVA), whose TLB an MMU notifier flushes; it takes the highest CPU for its faults.
 */
struct kvm;
struct sd_device;
struct kvm *sd_kvm(const char *name, struct mm_struct *mm, unsigned long va, unsigned int nr_pages);
void sd_vcpu(int cpu, struct kvm *kvm, void (*fn)(void *arg), void *arg);
struct sd_device *sd_device(const char *name, struct mm_struct *mm);
/*
 * The same for the driver of an IOMMU: no notifier is registered, and the driver's own has to make the device drop what it has cached of a range, and walk
 * these tables no more.
 */
struct sd_device *sd_device_alone(const char *name, struct mm_struct *mm);
void sd_device_flush(struct sd_device *dev, unsigned long start, unsigned long end);
void sd_device_detach(struct sd_device *dev);
void sd_device_run(struct sd_device *dev, void (*fn)(void *arg), void *arg);

/* Runs what is queued on workqueues, on a CPU of its own. Without it, work that is queued ends the run. */
void sd_kworker(int cpu);

/* During setup: this is memory of the process, from and to which the kernel copies. An address elsewhere is refused as one of the kernel's. */
void sd_user_memory(void *p, unsigned long size);

/* --- what threads do --- */

/* False: the address may not be accessed, and the process would get a signal. A thread of sd_user() then does nothing any more. */
bool sd_user_write(unsigned long va);
bool sd_user_read(unsigned long va);
bool sd_user_write_any(unsigned long va, unsigned int nr);
/* The same, unless there would be a page fault: then nothing is done. What the fault would do is not part of the scenario, which is smaller by that. */
bool sd_user_write_mapped(unsigned long va);
bool sd_user_read_mapped(unsigned long va);

/* Accesses of a virtual machine and of a device; see sd_kvm() and sd_device(). */
void sd_guest_write(struct kvm *kvm, unsigned long gfn);
void sd_guest_read(struct kvm *kvm, unsigned long gfn);
void sd_guest_write_any(struct kvm *kvm, unsigned long gfn, unsigned int nr);
void sd_device_write(struct sd_device *dev, unsigned long va);
void sd_device_read(struct sd_device *dev, unsigned long va);
void sd_device_write_any(struct sd_device *dev, unsigned long va, unsigned int nr);
/* False: the device has no translation, and nothing is done. The scenario asks the driver for the page, as the device would (PRI). */
bool sd_device_write_mapped(struct sd_device *dev, unsigned long va);

/* "who" writes to (reads) a page that is held for it, as the page at va of mm. */
void sd_entry_write(const char *who, struct page *page, struct mm_struct *mm, unsigned long va);
void sd_entry_read(const char *who, struct page *page, struct mm_struct *mm, unsigned long va);

/*
 * The entry that a device or a guest has for one page, in a table that the driver's code sets and removes it from, and the TLB before that table. It goes on
 * to be used after it was removed, until the TLB is flushed. sd_shadow_write(): "who" writes by it; false: there is none, which is a fault.
 */
struct sd_shadow {
	const char *who;
	struct page *entry, *removed;
};
void sd_shadow_set(struct sd_shadow *shadow, struct page *page);
bool sd_shadow_remove(struct sd_shadow *shadow);
void sd_shadow_flush(struct sd_shadow *shadow);
bool sd_shadow_write(struct sd_shadow *shadow, struct mm_struct *mm, unsigned long va);

/*
 * System calls: each enters the tree's own function, with the locks that the system call takes there, and states at its return what it has promised. The
 * caller is a thread of mm.
 */
int sd_madvise(struct mm_struct *mm, unsigned long va, unsigned int nr_pages, int advice);
int sd_munmap(struct mm_struct *mm, unsigned long va, unsigned int nr_pages);
int sd_mprotect(struct mm_struct *mm, unsigned long va, unsigned int nr_pages, bool writable);
unsigned long sd_mremap(struct mm_struct *mm, unsigned long va, unsigned int nr_pages);
struct mm_struct *sd_fork(struct mm_struct *mm, const char *name);	/* with --failures NULL, if it fails */
void sd_exit(struct mm_struct *mm);
/* The small pages of 2 MiB become one transparent huge page (MADV_COLLAPSE, which is khugepaged's collapse_huge_page()): 0, or why not. */
int sd_collapse(struct mm_struct *mm, unsigned long va);
/* A page of anonymous memory where nothing is mapped any more. */
void sd_mmap_fixed(struct mm_struct *mm, unsigned long va);
/* Moves the page that is at va now, if it can be moved: 0. */
int sd_migrate(struct mm_struct *mm, unsigned long va);
/* The page is taken out of all page tables as reclaim does it, flush deferred (TTU_BATCH_FLUSH): for clean pages (MADV_FREE). */
int sd_unmap_for_reclaim(struct mm_struct *mm, unsigned long va);
/* The same with a flush of each entry as it goes. */
int sd_unmap_now(struct mm_struct *mm, unsigned long va);
/* Writes the page back if it is dirty, as write_cache_pages() does with one: it is cleaned (folio_clear_dirty_for_io()) and copied to the disk. */
bool sd_write_back(struct file *file, unsigned int index);
/*
 * During setup: a swap device of nr_slots pages, the kind that is read at once (SWP_SYNCHRONOUS_IO, as zram). And reclaim of the page at va, if it is
 * anonymous and there is one: into the swap cache, out of all page tables, written if dirty, out of the cache, as shrink_folio_list() does it; 0 if it is
 * gone from memory.
 */
void sd_swapon(unsigned int nr_slots);
int sd_swap_out(struct mm_struct *mm, unsigned long va);
/*
 * As a debugger writes to memory of mm (ptrace, /proc/pid/mem): the page is looked up with FOLL_FORCE and written to, under mmap_lock. What it has got may
 * have been taken away meanwhile; but it is never a page that the process does not own.
 */
void sd_debugger_write(struct mm_struct *mm, unsigned long va);
/* get_user_pages_fast_only() without falling back; NULL if there is no page. sd_gup_put() gives it back. */
struct page *sd_gup_fast(unsigned long va, bool write, bool pin);
void sd_gup_put(struct page *page, bool pin);
/* The CPU of this thread loads mm, as the scheduler does. */
void sd_switch_mm(struct mm_struct *mm);
/* As the scheduler does for a kernel thread: the CPU keeps its address space, and need not be told of flushes until it runs user mode again. */
void sd_enter_lazy_tlb(void);

/* True for the last of nr threads that ask: what each of them does at its end, such as to look at what they have left. */
bool sd_last(unsigned int nr);

/* From here on no access may reach what was at va of mm until now. */
void sd_unreachable(struct mm_struct *mm, unsigned long va);

/* Kernel code that a user loop calls: see the model's scenario.h. */
#define sd_enter_kernel() __sd_busy(1)
#define sd_leave_kernel() __sd_busy(0)

/* mm/internal.h and others keep these to themselves. */
extern pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long address);

/* Scenarios for the model say page_remove_rmap(page, compound); trees have had other arguments and names. */
extern struct vm_area_struct sd_no_vma;
#ifdef SD_HAS_FOLIO_REMOVE_RMAP
#define page_remove_rmap(page, ...) folio_remove_rmap_pte(page_folio(page), page, &sd_no_vma)
#elif defined(SD_HAS_PAGE_REMOVE_RMAP_VMA)
#define page_remove_rmap(page, ...) page_remove_rmap(page, &sd_no_vma, false)
#endif

#endif
