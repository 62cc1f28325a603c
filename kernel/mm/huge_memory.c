// SPDX-License-Identifier: Apache-2.0
/*
 * huge_memory.c - anonymous memory in huge pages, as in 4.4, before the new reference counting of 4.5.
 *
 * A PMD entry maps the whole page, and a page table waits in deposit for the day when it is split. There are no swap and no migration entries of this
 * size: who wants to unmap one page of it splits the huge page first, and try_to_unmap() sees ordinary pages. Splitting happens in place, under the
 * anon_vma's semaphore: the entry is marked (between range start and end) and stays present; the pages become ordinary ones; then a
 * table takes the entry's place, of which no notifier is told. What else happens to a huge page (zap, NUMA balancing, khugepaged) has a range start and end
 * of its own, and never goes through try_to_unmap().
 *
 * A huge page is SD_THP_PAGES frames side by side here, each with its own counts from the start: a reference of any of them is what keeps it from
 * being moved or collapsed, as a reference of the whole does in the kernel. Not modelled: the moving of counts between head and tails when it is split,
 * copy-on-write, the zero page, mlock, pages of it that were never touched.
 */
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/mmu_notifier.h>
#include <linux/rmap.h>
#include <shootdown/machine.h>

#if SD_KERNEL < 405
#define pmd_lock(pmdp) (&virt_to_page(pmdp)->ptl)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define for_each_part(i) for (i = 0; i < SD_THP_PAGES; i++)

static pmd_t *pmd_of(struct mm_struct *mm, unsigned long address)
{
	return pmd_alloc(mm, pud_alloc(mm, p4d_offset(pgd_offset(mm, address), address), address), address);
}

static pmd_t mk_huge_pmd(struct page *head, struct vm_area_struct *vma)
{
	return __pmd(pte_val(pte_mkhuge(pte_mkyoung(pte_mkdirty(mk_pte(head, vma->vm_page_prot))))));
}

/* Frames of its own, side by side. */
static struct page *alloc_parts(struct vm_area_struct *vma, unsigned long haddr)
{
	struct page *head = NULL, *page;
	int i;

	for_each_part(i) {
		page = sd_frame_alloc(SD_FRAME_DATA, HPAGE_PMD_ORDER);
		page->order = 0;
		if (!head)
			head = page;
		if (page != head + i)
			__sd_fail("model-limit", "there are no {0:d} free pages side by side for a transparent huge page", SD_THP_PAGES, 0, 0);
		page->mapping = (struct address_space *)((unsigned long)vma | 1);
		page->index = ((haddr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff + (unsigned long)i;
		page->sd_thp = 1;
	}
	return head;
}

static void put_parts(struct page *head)
{
	int i;

	for_each_part(i)
		put_page(head + i);
}

/* Each part has exactly this many references, the head one more if the caller has one. */
static bool nobody_else(struct page *head, int callers)
{
	int i;

	for_each_part(i)
		if (page_count(head + i) != 1 + (i ? 0 : callers))
			return false;
	return true;
}

static void rmap_parts(struct page *head, bool add)
{
	int i;

	for_each_part(i) {
		if (add)
			atomic_inc(&head[i]._mapcount);
		else
			page_remove_rmap(head + i, false);
	}
}

/* A table in deposit is none yet: what is written to it is seen when it takes the place of an entry. */
static void deposit(pmd_t *pmdp, struct page *table)
{
	table->sd_thp = 1;
	virt_to_page(pmdp)->sd_deposit = table;
}

static struct page *withdraw(pmd_t *pmdp)
{
	struct page *table = virt_to_page(pmdp)->sd_deposit;

	virt_to_page(pmdp)->sd_deposit = NULL;
	return table;
}

/* ---- splitting ---- */

static bool maps(pmd_t pmd, struct page *head)
{
	return pmd_huge(pmd) && pmd_pfn(pmd) == page_to_pfn(head);
}

static void split_splitting(struct page *head, struct vm_area_struct *vma, unsigned long haddr)
{
	pmd_t *pmdp = pmd_of(vma->vm_mm, haddr);

	mmu_notifier_invalidate_range_start(vma->vm_mm, haddr, haddr + HPAGE_SIZE);
	spin_lock(pmd_lock(pmdp));
	if (maps(pmdp_get(pmdp), head)) {
		/* It stays present, so that everyone still takes it for a huge page, and waits. */
		set_pmd(pmdp, __pmd(pmd_val(pmdp_get(pmdp)) | _PAGE_SPLITTING));
		flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
	}
	spin_unlock(pmd_lock(pmdp));
	mmu_notifier_invalidate_range_end(vma->vm_mm, haddr, haddr + HPAGE_SIZE);
}

static void split_map(struct page *head, struct vm_area_struct *vma, unsigned long haddr)
{
	pmd_t *pmdp = pmd_of(vma->vm_mm, haddr), old;
	struct page *table;
	pte_t *ptes, pte;
	int i;

	spin_lock(pmd_lock(pmdp));
	old = pmdp_get(pmdp);
	if (maps(old, head)) {
		table = withdraw(pmdp);
		ptes = page_address(table);
		for_each_part(i) {
			pte = pte_mkdirty(mk_pte(head + i, vma->vm_page_prot));
			if (!(pmd_val(old) & _PAGE_RW))
				pte = pte_wrprotect(pte);
			set_pte(&ptes[pte_index(haddr) + (unsigned long)i], pmd_val(old) & _PAGE_ACCESSED ? pte_mkyoung(pte) : pte_mkold(pte));
		}
		/* Not present and flushed first: small and large translations of one address must not be cached at once. CPUs alone are told. */
		set_pmd(pmdp, __pmd(pmd_val(old) & ~(_PAGE_PRESENT | _PAGE_PROTNONE)));
		flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
		table->sd_thp = 0;
		pmd_populate(vma->vm_mm, pmdp, table);
	}
	spin_unlock(pmd_lock(pmdp));
}

int __weak split_huge_page(struct page *page)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)((unsigned long)page->mapping - 1);
	unsigned long haddr = vma_address(page, vma) & HPAGE_MASK;
	struct page *head = page - ((vma_address(page, vma) - haddr) >> PAGE_SHIFT);
	int i;

	if (!page_mapped(head))
		return 1;
	down_write(&vma->sd_anon_rwsem);
	if (PageTransCompound(head)) {
		split_splitting(head, vma, haddr);
		for_each_part(i)
			WRITE_ONCE(head[i].sd_thp, 0);
		split_map(head, vma, haddr);
	}
	up_write(&vma->sd_anon_rwsem);
	return 0;
}

/* ---- zap ---- */

void sd_zap_thp(struct mm_struct *mm, unsigned long va)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	pmd_t *pmdp = pmd_of(mm, va), pmd;
	struct page *head = NULL;
	int i;

	down_read(sd_mmap_sem(mm));
	mmu_notifier_invalidate_range_start(mm, va, va + HPAGE_SIZE);
	spin_lock(pmd_lock(pmdp));
	__sd_atomic_begin(SD_STEP, NULL);
	pmd = *pmdp;
	if (pmd_huge(pmd) && !pmd_trans_splitting(pmd)) {
		head = pmd_page(pmd);
		pmd_clear(pmdp);
		for_each_part(i)
			sd_data_drop(head + i);
	}
	__sd_atomic_end();
	if (head) {
		rmap_parts(head, false);
		put_page(withdraw(pmdp));
		mm_dec_nr_ptes(mm);
	}
	spin_unlock(pmd_lock(pmdp));
	if (head) {
		/* mmu_gather: the flush, of devices as well, before the pages go. */
		flush_tlb_range(vma, va, va + HPAGE_SIZE);
		mmu_notifier_invalidate_range(mm, va, va + HPAGE_SIZE);
		put_parts(head);
	}
	mmu_notifier_invalidate_range_end(mm, va, va + HPAGE_SIZE);
	up_read(sd_mmap_sem(mm));
}

/* ---- NUMA balancing ---- */

/* The entry loses its permissions, so that who uses the page next is seen. */
static void change_prot_numa(struct vm_area_struct *vma, unsigned long haddr)
{
	pmd_t *pmdp = pmd_of(vma->vm_mm, haddr), pmd;

	mmu_notifier_invalidate_range_start(vma->vm_mm, haddr, haddr + HPAGE_SIZE);
	spin_lock(pmd_lock(pmdp));
	pmd = pmdp_get(pmdp);
	if (pmd_huge(pmd) && !pmd_trans_splitting(pmd) && !pmd_protnone(pmd)) {
		set_pmd(pmdp, __pmd(pmd_val(pmd) & ~_PAGE_PRESENT));
		flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
		set_pmd(pmdp, __pmd((pmd_val(pmd) & ~_PAGE_PRESENT) | _PAGE_PROTNONE));
	}
	spin_unlock(pmd_lock(pmdp));
	flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
	mmu_notifier_invalidate_range_end(vma->vm_mm, haddr, haddr + HPAGE_SIZE);
}

/*
 * The page is locked, and the caller has a reference of it. It is copied before anybody is told: the entry has no permissions, and whoever would give
 * it some waits for the page lock, so if nobody holds the page before the copy (numamigrate_isolate_page) nobody will. The entry changes at once from the old
 * page to the new one.
 */
static void migrate_misplaced_transhuge_page(struct vm_area_struct *vma, pmd_t *pmdp, pmd_t entry, unsigned long haddr, struct page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *new;
	bool moved = false;
	int i;

	if (!nobody_else(page, 1)) {
		/* Not now: accessible again, where it is. */
		spin_lock(pmd_lock(pmdp));
		if (pmd_same(pmdp_get(pmdp), entry))
			set_pmd(pmdp, mk_huge_pmd(page, vma));
		spin_unlock(pmd_lock(pmdp));
		unlock_page(page);
		put_page(page);
		return;
	}
	new = alloc_parts(vma, haddr);
	lock_page(new);
	for_each_part(i)
		copy_highpage(new + i, page + i);
	mmu_notifier_invalidate_range_start(mm, haddr, haddr + HPAGE_SIZE);
	spin_lock(pmd_lock(pmdp));
	if (pmd_same(pmdp_get(pmdp), entry) && nobody_else(page, 1)) {
		rmap_parts(new, true);
		pmd_clear(pmdp);
		flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
		mmu_notifier_invalidate_range(mm, haddr, haddr + HPAGE_SIZE);
		set_pmd(pmdp, mk_huge_pmd(new, vma));
		flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
		moved = nobody_else(page, 1);
		if (!moved) {
			set_pmd(pmdp, entry);
			flush_tlb_range(vma, haddr, haddr + HPAGE_SIZE);
			mmu_notifier_invalidate_range(mm, haddr, haddr + HPAGE_SIZE);
			rmap_parts(new, false);
		} else {
			rmap_parts(page, false);
		}
	}
	spin_unlock(pmd_lock(pmdp));
	mmu_notifier_invalidate_range_end(mm, haddr, haddr + HPAGE_SIZE);
	unlock_page(new);
	unlock_page(page);
	put_page(page);
	put_parts(moved ? page : new);
}

static vm_fault_t do_huge_pmd_numa_page(struct vm_area_struct *vma, unsigned long haddr, pmd_t *pmdp, pmd_t entry, bool misplaced)
{
	struct page *page = pmd_page(entry);
	bool locked;

	spin_lock(pmd_lock(pmdp));
	if (!pmd_same(pmdp_get(pmdp), entry)) {
		spin_unlock(pmd_lock(pmdp));
		return 0;
	}
	locked = trylock_page(page);
	if (locked && !misplaced) {
		/* It is where it should be: accessible again. */
		set_pmd(pmdp, mk_huge_pmd(page, vma));
		unlock_page(page);
		spin_unlock(pmd_lock(pmdp));
		return 0;
	}
	get_page(page);
	spin_unlock(pmd_lock(pmdp));
	if (!locked) {
		wait_on_page_locked(page);
		put_page(page);
		return 0;
	}
	/* The semaphore keeps it from being split. */
	down_read(&vma->sd_anon_rwsem);
	spin_lock(pmd_lock(pmdp));
	if (!pmd_same(pmdp_get(pmdp), entry)) {
		spin_unlock(pmd_lock(pmdp));
		unlock_page(page);
		put_page(page);
	} else {
		spin_unlock(pmd_lock(pmdp));
		migrate_misplaced_transhuge_page(vma, pmdp, entry, haddr, page);
	}
	up_read(&vma->sd_anon_rwsem);
	return 0;
}

/* A thread on another node: it takes the permissions away now and then, and then touches the page itself. */
void sd_numa_balance_thp(struct mm_struct *mm, unsigned long va)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	pmd_t *pmdp = pmd_of(mm, va), pmd;

	down_read(sd_mmap_sem(mm));
	change_prot_numa(vma, va);
	up_read(sd_mmap_sem(mm));
	down_read(sd_mmap_sem(mm));
	pmd = pmdp_get(pmdp);
	if (pmd_huge(pmd) && pmd_protnone(pmd))
		do_huge_pmd_numa_page(vma, va, pmdp, pmd, true);
	up_read(sd_mmap_sem(mm));
}

/* ---- khugepaged ---- */

/* Each page locked and used by nobody else; else none of them is left locked. */
static bool collapse_isolate(struct vm_area_struct *vma, pte_t *pte)
{
	int i;

	(void)vma;
	for_each_part(i) {
		pte_t entry = ptep_get(&pte[i]);

		if (!pte_present(entry) || !trylock_page(pte_page(entry)))
			break;
		if (page_count(pte_page(entry)) != 1) {
			unlock_page(pte_page(entry));
			break;
		}
	}
	if (i == SD_THP_PAGES)
		return true;
	while (i-- > 0)
		unlock_page(pte_page(ptep_get(&pte[i])));
	return false;
}

static void collapse_copy(pte_t *pte, struct page *new, spinlock_t *ptl)
{
	int i;

	for_each_part(i) {
		struct page *page = pte_page(ptep_get(&pte[i]));

		copy_highpage(new + i, page);
		sd_data_moved(page, "collapse");
		unlock_page(page);
		spin_lock(ptl);
		set_pte(&pte[i], __pte(0));
		page_remove_rmap(page, false);
		spin_unlock(ptl);
		put_page(page);
	}
}

/*
 * The table goes first, with range start and end around that alone. mmap_sem keeps faults and get_user_pages() away until the huge page is there, so nobody
 * makes a translation of what is copied after range end.
 */
void sd_collapse_thp(struct mm_struct *mm, unsigned long va)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	struct page *new = alloc_parts(vma, va), *table;
	spinlock_t *pmd_ptl, *pte_ptl;
	bool isolated = false;
	pmd_t *pmdp, pmd;
	pte_t *pte;

	down_write(sd_mmap_sem(mm));
	pmdp = mm_find_pmd(mm, va);
	if (!pmdp)
		goto out;
	table = pmd_page(pmdp_get(pmdp));
	pte = (pte_t *)page_address(table) + pte_index(va);
	pmd_ptl = pmd_lock(pmdp);
	pte_ptl = &table->ptl;
	down_write(&vma->sd_anon_rwsem);
	mmu_notifier_invalidate_range_start(mm, va, va + HPAGE_SIZE);
	spin_lock(pmd_ptl);
	table->sd_thp = 1;
	pmd = pmdp_get(pmdp);
	pmd_clear(pmdp);
	flush_tlb_range(vma, va, va + HPAGE_SIZE);
	spin_unlock(pmd_ptl);
	mmu_notifier_invalidate_range_end(mm, va, va + HPAGE_SIZE);
	spin_lock(pte_ptl);
	isolated = collapse_isolate(vma, pte);
	spin_unlock(pte_ptl);
	if (!isolated) {
		spin_lock(pmd_ptl);
		table->sd_thp = 0;
		set_pmd(pmdp, pmd);
		spin_unlock(pmd_ptl);
		up_write(&vma->sd_anon_rwsem);
		goto out;
	}
	up_write(&vma->sd_anon_rwsem);
	collapse_copy(pte, new, pte_ptl);
	spin_lock(pmd_ptl);
	rmap_parts(new, true);
	deposit(pmdp, table);
	set_pmd(pmdp, mk_huge_pmd(new, vma));
	spin_unlock(pmd_ptl);
out:
	if (!isolated)
		put_parts(new);
	up_write(sd_mmap_sem(mm));
}

/* ---- parts of mm/memory.c ---- */

vm_fault_t sd_huge_pmd_fault(struct vm_area_struct *vma, unsigned long address, pmd_t *pmdp, pmd_t entry, unsigned int flags)
{
	/* It will be an ordinary entry soon: the access is tried again until then. */
	if (pmd_trans_splitting(entry))
		return 0;
	if (pmd_protnone(entry))
		return do_huge_pmd_numa_page(vma, address & HPAGE_MASK, pmdp, entry, false);
	spin_lock(pmd_lock(pmdp));
	if (pmd_same(pmdp_get(pmdp), entry) && (pmd_val(entry) & _PAGE_PRESENT) && (flags & FAULT_FLAG_WRITE))
		set_pmd(pmdp, __pmd(pmd_val(entry) | _PAGE_ACCESSED | _PAGE_DIRTY));
	spin_unlock(pmd_lock(pmdp));
	return 0;
}

int sd_follow_huge_pmd(struct vm_area_struct *vma, unsigned long address, pmd_t *pmdp, struct page **page, unsigned int gup_flags)
{
	int got = 0;
	pmd_t pmd;

	(void)vma;
	spin_lock(pmd_lock(pmdp));
	pmd = pmdp_get(pmdp);
	if (pmd_huge(pmd) && (pmd_val(pmd) & _PAGE_PRESENT) && !pmd_trans_splitting(pmd) && ((pmd_val(pmd) & _PAGE_RW) || !(gup_flags & FOLL_WRITE))) {
		*page = pmd_page(pmd) + ((address & ~HPAGE_MASK) >> PAGE_SHIFT);
		get_page(*page);
		got = 1;
	}
	spin_unlock(pmd_lock(pmdp));
	return got;
}

/* ---- setting up ---- */

void sd_thp_mapping(struct mm_struct *mm, unsigned long va)
{
	struct vm_area_struct *vma = find_vma(mm, va);

	__sd_event("bound", "a transparent huge page has " TEXT(SD_THP_PAGES) " of its 512 pages", 0, 0, 0);
	vma->vm_end = va + HPAGE_SIZE;
	vma->sd_thp = 1;
}

void sd_populate_thp(struct mm_struct *mm, unsigned long va)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	pmd_t *pmdp = pmd_of(mm, va);
	struct page *head;
	int i;

	sd_thp_mapping(mm, va);
	deposit(pmdp, sd_frame_alloc(SD_FRAME_TABLE, 0));
	mm_inc_nr_ptes(mm);
	head = alloc_parts(vma, va);
	rmap_parts(head, true);
	set_pmd(pmdp, mk_huge_pmd(head, vma));
	for_each_part(i) {
		unsigned int location = sd_upages[sd_find_upage(mm, va + (unsigned long)i * PAGE_SIZE)].location;

		sd_data_bind(head + i, location);
		sd_data_populated(head + i, location);
	}
}
#endif
