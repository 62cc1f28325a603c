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

/*
 * The user pages of a range, a bit for each. One that was unmapped is not among them: what is mapped at its address since then is another. A call is about
 * those that are there when it begins.
 */
static unsigned int upages_in(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned int found = 0;
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		if (within(i, mm, va, nr) && !sd_gone[i])
			found |= 1U << i;
	return found;
}

static unsigned int begin(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned int taken;
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	taken = upages_in(mm, va, nr);
	for (i = 0; i < sd_nr_upages; i++)
		if ((taken & (1U << i)) && !sd_upages[i].shared)
			sd_take_away(i);
	__sd_atomic_end();
	return taken;
}

static void end(unsigned int taken, bool done, bool gone, const char *how)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++) {
		if (!(taken & (1U << i)))
			continue;
		if (!sd_upages[i].shared)
			sd_took_away(i, done);
		if (gone && done)
			sd_gone[i] = 1;
	}
	__sd_event("return", how, 0, 0, 0);
	__sd_atomic_end();
}

static const char *how_it_ends(int err)
{
	return err ? "the call fails" : "the call returns";
}

int sd_madvise(struct mm_struct *mm, unsigned long va, unsigned int nr, int advice)
{
	bool takes = advice == MADV_DONTNEED || advice == MADV_FREE;
	unsigned int taken = 0;
	int err;

	if (takes)
		taken = begin(mm, va, nr);
	err = (int)call(__x64_sys_madvise, mm, va, nr * PAGE_SIZE, (unsigned long)advice, 0, 0);
	if (takes)
		end(taken, !err && advice == MADV_DONTNEED, false, how_it_ends(err));
	if (advice == MADV_FREE && !err) {
		/* What was there, or zeroes, as long as nobody writes. */
		int i;

		__sd_atomic_begin(SD_STEP, NULL);
		for (i = 0; i < sd_nr_upages; i++)
			if (taken & (1U << i))
				sd_current_in[sd_upages[i].location] |= SD_ZEROES;
		__sd_atomic_end();
	}
	return err;
}

static void leave(unsigned int taken, bool leaving)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if ((taken & (1U << i)) && sd_upages[i].shared)
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
	unsigned int taken = begin(mm, va, nr);
	int err;

	leave(taken, true);
	err = (int)call(__x64_sys_munmap, mm, va, nr * PAGE_SIZE, 0, 0, 0);
	end(taken, !err, true, how_it_ends(err));
	if (err)
		leave(taken, false);
	return err;
}

/*
 * What a call has made read-only may not be written to when it has returned, unless another one that makes it writable was under way at any time
 * meanwhile: then nobody has promised anything.
 */
static unsigned int opening[SD_UPAGES];		/* calls that are making it writable */
static unsigned int closing[SD_MAX_TASKS];	/* what the thread's call makes read-only, and none of those has begun since */

static unsigned int make_writable(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned int pages;
	int i, t;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	pages = upages_in(mm, va, nr);
	for (i = 0; i < sd_nr_upages; i++) {
		if (!(pages & (1U << i)))
			continue;
		opening[i]++;
		sd_readonly[i] = 0;
	}
	for (t = 0; t < SD_MAX_TASKS; t++)
		if (closing[t] & pages)
			closing[t] &= ~pages;
	__sd_atomic_end();
	return pages;
}

static void made_writable(unsigned int pages)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (pages & (1U << i))
			opening[i]--;
	__sd_atomic_end();
}

static void make_readonly(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned int pages;
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	pages = upages_in(mm, va, nr);
	for (i = 0; i < sd_nr_upages; i++)
		if (opening[i])
			pages &= ~(1U << i);
	closing[sd_me()] = pages;
	__sd_atomic_end();
}

static void made_readonly(bool done)
{
	int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (done && (closing[sd_me()] & (1U << i)))
			sd_readonly[i] = 1;
	closing[sd_me()] = 0;
	if (done)
		__sd_event("return", "mprotect() returns", 0, 0, 0);
	__sd_atomic_end();
}

int sd_mprotect(struct mm_struct *mm, unsigned long va, unsigned int nr, bool writable)
{
	unsigned int pages = 0;
	int err;

	if (writable)
		pages = make_writable(mm, va, nr);
	else
		make_readonly(mm, va, nr);
	err = (int)call(__x64_sys_mprotect, mm, va, nr * PAGE_SIZE, writable ? PROT_READ | PROT_WRITE : PROT_READ, 0, 0);
	if (writable)
		made_writable(pages);
	else
		made_readonly(!err);
	return err;
}

/* To an address of its own, 32 GiB further. */
unsigned long sd_mremap(struct mm_struct *mm, unsigned long va, unsigned int nr)
{
	unsigned long to = va + (1UL << 35), went;
	unsigned int moved;
	int i, before;

	__sd_atomic_begin(SD_STEP, NULL);
	sd_need_mapped(mm, va, nr);
	before = sd_nr_upages;
	moved = upages_in(mm, va, nr);
	for (i = 0; i < before; i++)
		if (moved & (1U << i))
			sd_upages[sd_new_upage(mm, sd_upages[i].va - va + to, sd_upages[i].location)].huge = sd_upages[i].huge;
	__sd_atomic_end();
	went = (unsigned long)call(__x64_sys_mremap, mm, va, nr * PAGE_SIZE, nr * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	__sd_atomic_begin(SD_STEP, NULL);
	if (went == to)
		for (i = 0; i < before; i++)
			if (moved & (1U << i))
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
	/* A table in which no VMA lies may be on its way out. */
	pmd = vma_lookup(mm, va) ? mm_find_pmd(mm, va) : NULL;
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
	/* Nothing was mapped yet, or a huge page came or went; not all trees look at that again. */
	if (!pmd_present(READ_ONCE(*pmd)) || pmd_trans_huge(READ_ONCE(*pmd)))
		goto out;
	pte = pte_offset_map_lock(mm, pmd, va, &ptl);
	if (!pte)
		goto out;
	/* The processor sets bits in it under no lock. */
	entry = READ_ONCE(*pte);
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
	int left;

	if (!page)
		return -ENOENT;
	/* Only one at a time may have it, to put it into a list of its own. */
	if (!folio_test_clear_lru(page_folio(page))) {
		put_page(page);
		return -EBUSY;
	}
	list_add(&page->lru, &list);
	left = migrate_pages(&list, new_place, NULL, 0, MIGRATE_SYNC, MR_SYSCALL, NULL);
	putback_movable_pages(&list);
	return left;
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
