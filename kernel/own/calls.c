// SPDX-License-Identifier: Apache-2.0
/*
 * calls.c - system calls, and other entries into the tree's mm, each with what it promises at its return.
 *
 * Where there is a system call it is entered where the architecture's dispatcher enters it, with registers. The caller is a thread of the address space.
 */
#include <linux/mman.h>
#include <linux/ptrace.h>

#include "own.h"

/* mm/internal.h */
void try_to_unmap_flush(void);

typedef long call_t(const struct pt_regs *regs);
call_t __x64_sys_madvise, __x64_sys_munmap, __x64_sys_mprotect, __x64_sys_mremap;

static long call(call_t *fn, struct mm_struct *mm, unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e)
{
	struct pt_regs regs = { .di = a, .si = b, .dx = c, .r10 = d, .r8 = e };

	if (current->mm != mm)
		__sd_fail("scenario", "a system call on another address space than the caller's", 0, 0, 0);
	return fn(&regs);
}

static bool within(int upage, struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	return sd_upages[upage].mm == mm && sd_upages[upage].va - va < nr * PAGE_SIZE;
}

static void begin(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	for (i = 0; i < sd_nr_upages; i++)
		if (within(i, mm, va, nr) && !sd_upages[i].shared)
			sd_take_away(i);
	__sd_atomic_end();
}

static void end(struct mm_struct *mm, unsigned long va, unsigned int nr, bool done, bool gone)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++) {
		if (!within(i, mm, va, nr))
			continue;
		if (!sd_upages[i].shared)
			sd_took_away(i, done);
		if (gone && done)
			sd_gone[i] = 1;
	}
	__sd_event("return", done ? "the call returns" : "the call fails", 0, 0, 0);
	__sd_atomic_end();
}

int sd_madvise(struct mm_struct *mm, unsigned long va, unsigned int nr, int advice)
{
	bool takes = advice == MADV_DONTNEED || advice == MADV_FREE;
	int err;

	if (takes)
		begin(mm, va, nr);
	err = (int)call(__x64_sys_madvise, mm, va, nr * PAGE_SIZE, (unsigned long)advice, 0, 0);
	if (takes)
		end(mm, va, nr, !err && advice == MADV_DONTNEED, false);
	if (advice == MADV_FREE && !err) {
		/* What was there, or zeroes, as long as nobody writes. */
		int i;

		__sd_atomic_begin(SD_STEP, NULL);
		for (i = 0; i < sd_nr_upages; i++)
			if (within(i, mm, va, nr))
				sd_current_in[sd_upages[i].location] |= SD_ZEROES;
		__sd_atomic_end();
	}
	return err;
}

static void leave(struct mm_struct *mm, unsigned long va, unsigned int nr, bool leaving)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (within(i, mm, va, nr) && sd_upages[i].shared)
			sd_leaving[i] = leaving;
	__sd_atomic_end();
}

/* What khugepaged does with a range, done by a system call. */
int sd_collapse(struct mm_struct *mm, unsigned long va)
{
	int err = (int)call(__x64_sys_madvise, mm, va, HPAGE_PMD_SIZE, MADV_COLLAPSE, 0, 0);

	__sd_event("return", err ? "the collapse fails with {0:d}" : "the pages have been collapsed", (sd_u64)err, 0, 0);
	return err;
}

int sd_munmap(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	int err;

	begin(mm, va, nr);
	leave(mm, va, nr, true);
	err = (int)call(__x64_sys_munmap, mm, va, nr * PAGE_SIZE, 0, 0, 0);
	end(mm, va, nr, !err, true);
	if (err)
		leave(mm, va, nr, false);
	return err;
}

static void set_readonly(struct mm_struct *mm, unsigned long va, unsigned int nr, bool readonly)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	for (i = 0; i < sd_nr_upages; i++)
		if (within(i, mm, va, nr))
			sd_readonly[i] = readonly;
	if (readonly)
		__sd_event("return", "mprotect() returns", 0, 0, 0);
	__sd_atomic_end();
}

int sd_mprotect(struct mm_struct *mm, unsigned long va, unsigned int nr, bool writable)
{
	int err;

	if (writable)
		set_readonly(mm, va, nr, false);
	err = (int)call(__x64_sys_mprotect, mm, va, nr * PAGE_SIZE, writable ? PROT_READ | PROT_WRITE : PROT_READ, 0, 0);
	if (!writable && !err)
		set_readonly(mm, va, nr, true);
	return err;
}

/* To an address of its own, 32 GiB further. */
unsigned long sd_mremap(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned long to = va + (1UL << 35), went;
	int i, before = sd_nr_upages;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	for (i = 0; i < before; i++)
		if (within(i, mm, va, nr))
			sd_upages[sd_new_upage(mm, sd_upages[i].va - va + to, sd_upages[i].location)].huge = sd_upages[i].huge;
	__sd_atomic_end();
	went = (unsigned long)call(__x64_sys_mremap, mm, va, nr * PAGE_SIZE, nr * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	__sd_atomic_begin(SD_STEP, NULL);
	if (went == to)
		for (i = 0; i < before; i++)
			if (within(i, mm, va, nr))
				sd_gone[i] = 1;
	__sd_event("return", went == to ? "mremap() returns" : "mremap() fails with {0:d}", went, 0, 0);
	__sd_atomic_end();
	return went;
}

struct mm_struct *sd_fork(struct mm_struct *mm, const char *name)
{
	struct mm_struct *child;
	int i, nr = sd_nr_upages;

	if (current->mm != mm)
		__sd_fail("scenario", "fork() by a thread of another address space", 0, 0, 0);
	child = sd_dup_mm(mm);
	if (!child && SD_FAILURES) {
		__sd_event("return", "fork() fails", 0, 0, 0);
		return NULL;
	}
	if (!child)
		__sd_fail("scenario", "dup_mm() fails", 0, 0, 0);
	__sd_atomic_begin(SD_STEP, NULL);
	__sd_event("name", "{1:s}", (sd_u64)child, (sd_u64)name, 0);
	for (i = 0; i < nr; i++) {
		unsigned int l;
		unsigned long leaf;
		int upage;

		if (sd_upages[i].mm != mm || sd_gone[i] || sd_exiting[i])
			continue;
		l = sd_new_location();
		upage = sd_new_upage(child, sd_upages[i].va, l);
		leaf = sd_walk(&sd_upages[upage], false);
		sd_current_in[l] = leaf && sd_leaf_frame(leaf) > SD_ZERO_FRAME ? 1ULL << sd_leaf_frame(leaf) : SD_ZEROES;
	}
	__sd_event("return", "fork() returns", 0, 0, 0);
	__sd_atomic_end();
	return child;
}

/* The last user leaves: its page tables, its memory and its VMAs go. The CPU of the caller must not be in it. */
void sd_exit(struct mm_struct *mm)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].mm == mm)
			sd_exiting[i] = 1;
	__sd_atomic_end();
	mmput(mm);
}

/* The page at va, with a reference; as follow_page() would, and with mmap_lock held. */
struct page *sd_page_at(struct mm_struct *mm, unsigned long va)
{
	struct page *page = NULL;
	pte_t *pte, entry;
	spinlock_t *ptl;
	pmd_t *pmd;

	mmap_read_lock(mm);
	pmd = mm_find_pmd(mm, va);
	if (!pmd)
		goto out;
	if (pmd_trans_huge(*pmd)) {
		ptl = pmd_lock(mm, pmd);
		if (pmd_trans_huge(*pmd)) {
			page = pmd_page(*pmd);
			get_page(page);
		}
		spin_unlock(ptl);
		goto out;
	}
	pte = pte_offset_map_lock(mm, pmd, va, &ptl);
	if (!pte)
		goto out;
	entry = *pte;
	if (pte_present(entry) && !is_zero_pfn(pte_pfn(entry))) {
		page = pte_page(entry);
		get_page(page);
	}
	pte_unmap_unlock(pte, ptl);
out:
	mmap_read_unlock(mm);
	return page;
}

#ifdef SD_HAS_MIGRATE_NEW_FOLIO
static struct folio *new_place(struct folio *old, unsigned long private)
{
	return folio_alloc(GFP_HIGHUSER_MOVABLE, folio_order(old));
}
#else
static struct page *new_place(struct page *old, unsigned long private)
{
	struct page *page = alloc_pages(GFP_HIGHUSER_MOVABLE, compound_order(old));

	if (page && compound_order(old))
		prep_transhuge_page(page);
	return page;
}
#endif

int sd_migrate(struct mm_struct *mm, unsigned long va)
{
	struct page *page = sd_page_at(mm, va);
	LIST_HEAD(list);

	if (!page)
		return -ENOENT;
	/* As isolated from the LRU: the reference goes with it. */
	list_add(&page->lru, &list);
	return migrate_pages(&list, new_place, NULL, 0, MIGRATE_SYNC, MR_SYSCALL, NULL);
}

static int unmap_page(struct mm_struct *mm, unsigned long va, enum ttu_flags flags)
{
	struct page *page = sd_page_at(mm, va);
	int mapped;

	if (!page)
		return -ENOENT;
	lock_page(page);
	if (folio_test_pmd_mappable(page_folio(page)))
		flags |= TTU_SPLIT_HUGE_PMD;	/* as shrink_folio_list() has it */
	try_to_unmap(page_folio(page), flags);
	mapped = page_mapped(page);
	unlock_page(page);
	try_to_unmap_flush();	/* before what was unmapped is freed */
	put_page(page);
	return mapped;
}

int sd_unmap_for_reclaim(struct mm_struct *mm, unsigned long va)
{
	return unmap_page(mm, va, TTU_BATCH_FLUSH);
}

int sd_unmap_now(struct mm_struct *mm, unsigned long va)
{
	return unmap_page(mm, va, 0);
}

struct page *sd_gup_fast(unsigned long va, bool write, bool pin)
{
	unsigned int flags = write ? FOLL_WRITE : 0;
	struct page *page = NULL;
	int n = pin ? pin_user_pages_fast(va, 1, flags, &page) : get_user_pages_fast_only(va, 1, flags, &page);

	return n == 1 ? page : NULL;
}

void sd_gup_put(struct page *page, bool pin)
{
	if (pin)
		unpin_user_page(page);
	else
		put_page(page);
}

void sd_debugger_write(struct mm_struct *mm, unsigned long va)
{
	struct page *page = NULL;
	int locked = 1;
	long n;

	mmap_read_lock(mm);
#ifdef SD_HAS_GUP_VMAS
	n = get_user_pages_remote(mm, va, 1, FOLL_FORCE | FOLL_WRITE, &page, NULL, &locked);
#else
	n = get_user_pages_remote(mm, va, 1, FOLL_FORCE | FOLL_WRITE, &page, &locked);
#endif
	if (n == 1) {
		sd_forced_write("the debugger", page, mm, va);
		set_page_dirty_lock(page);
		put_page(page);
	}
	if (locked)
		mmap_read_unlock(mm);
}
