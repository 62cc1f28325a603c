// SPDX-License-Identifier: Apache-2.0
/*
 * migrate.c - moving a page: entries become migration entries, the file's reference moves to the new page while the old one's count is
 * frozen, the contents are copied, and the entries come back pointing to the new page.
 *
 * Both pages are locked throughout. The move succeeds only if no one else than the file and the caller has a reference.
 */
#include <linux/err.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/rmap.h>
#include <shootdown/machine.h>

static bool remove_migration_pte(struct page *new, struct vm_area_struct *vma, unsigned long address, void *old)
{
	struct page_vma_mapped_walk pvmw = {
		.page = old,
		.vma = vma,
		.address = address,
		.flags = PVMW_SYNC | PVMW_MIGRATION,
	};

	while (page_vma_mapped_walk(&pvmw)) {
		pte_t old_pte = ptep_get(pvmw.pte);
		pte_t pte = pte_mkyoung(mk_pte(new, vma->vm_page_prot));

		get_page(new);
		pte = is_write_migration_entry(pte_to_swp_entry(old_pte)) ? pte_mkwrite(pte) : pte_wrprotect(pte);
		/*
		 * The entry comes back clean; the page has recorded that it was dirty (from 6.1 on an entry may come back dirty if the page is).
		 * Huge pages are never checked for dirty, and a dirty entry is the worse case: a store through it does not read the entry.
		 */
		if (PageHuge(new) && pte_write(pte))
			pte = pte_mkdirty(pte);
		if (pte_swp_soft_dirty(old_pte))
			pte = pte_mksoft_dirty(pte);
		page_dup_rmap(new, PageHuge(new));
		if (PageHuge(new))
			set_huge_pte_at(vma->vm_mm, pvmw.address, pvmw.pte, pte_mkhuge(pte));
		else
			set_pte_at(vma->vm_mm, pvmw.address, pvmw.pte, pte);
		/* It was not present before: nothing can have cached it, so nothing is invalidated. */
		update_mmu_cache(vma, pvmw.address, pvmw.pte);
	}
	return true;
}

/* Entries of the page that was old come back: to the new page, or to old itself if the move failed. */
void __weak remove_migration_ptes(struct page *old, struct page *new, bool locked)
{
	struct rmap_walk_control rwc = { .rmap_one = remove_migration_pte, .arg = old };

	if (locked)
		rmap_walk_locked(new, &rwc);
	else
		rmap_walk(new, &rwc);
}

/*
 * The file's slot becomes newpage if old has exactly the references of the file and the caller; with one more it is not moved. The kernel
 * freezes old's count meanwhile, so that no reference can be taken: look-ups try again until the slot is newpage, and a thread that waits
 * for the migration faults again. This cannot be distinguished from a single operation, so it is one here.
 */
static int replace_slot(struct address_space *mapping, struct page *newpage, struct page *page, int expected)
{
	int rc = -EAGAIN;

	spin_lock_irq(&mapping->i_pages_lock);
	newpage->index = page->index;
	newpage->mapping = page->mapping;
	__sd_atomic_begin(SD_STEP, NULL);
	if (mapping->sd_pages[page->index] == page && page->_refcount.counter == expected) {
		newpage->_refcount.counter++;
		mapping->sd_pages[page->index] = newpage;
		page->_refcount.counter--;
		rc = MIGRATEPAGE_SUCCESS;
	}
	__sd_atomic_end();
	spin_unlock_irq(&mapping->i_pages_lock);
	return rc;
}

int __weak migrate_huge_page_move_mapping(struct address_space *mapping, struct page *newpage, struct page *page)
{
	/* The page belongs to no file any more: another thread moved it since it was looked up. */
	if (!mapping)
		return page_count(page) == 1 ? MIGRATEPAGE_SUCCESS : -EAGAIN;
	return replace_slot(mapping, newpage, page, 2 + page_has_private(page));
}

int __weak migrate_page_move_mapping(struct address_space *mapping, struct page *newpage, struct page *page)
{
	if (!mapping) {
		/* Anonymous, not in the swap cache: the caller's reference is the only one. */
		if (page_count(page) != 1)
			return -EAGAIN;
		newpage->index = page->index;
		newpage->mapping = page->mapping;
		return MIGRATEPAGE_SUCCESS;
	}
	return replace_slot(mapping, newpage, page, 2 + page_has_private(page));
}

/* A word at a time, so that a store to the old page may fall between two. */
static void copy_contents(struct page *newpage, struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++) {
		__sd_atomic_begin(SD_STEP, NULL);
		sd_data_copy(newpage, page, word);
		if (word == SD_WORDS - 1)
			sd_data_moved(page, "migration");
		__sd_event("copy", "copies {0:p} to {1:p}", (sd_u64)page, (sd_u64)newpage, 0);
		__sd_atomic_end();
	}
}

static int move_to_new_page(struct page *newpage, struct page *page, enum migrate_mode mode)
{
	struct address_space *mapping = page_mapping(page);
	int rc;

	(void)mode;
	rc = PageHuge(page) ? migrate_huge_page_move_mapping(mapping, newpage, page)
			    : migrate_page_move_mapping(mapping, newpage, page);
	if (rc == MIGRATEPAGE_SUCCESS) {
		copy_contents(newpage, page);
		if (!PageHuge(page) && PageDirty(page)) {
			ClearPageDirty(page);
			SetPageDirty(newpage);
		}
		page->mapping = NULL;
	}
	return rc;
}

/*
 * Unmap, move, map again. (force only decides whether a page that is locked is skipped or waited for; it is
 * always waited for here.)
 */
static int move_locked(struct page *newpage, struct page *page, enum migrate_mode mode)
{
	enum ttu_flags ttu = TTU_MIGRATION | TTU_IGNORE_MLOCK | TTU_IGNORE_ACCESS;
	struct address_space *locked = NULL;
	int rc = -EAGAIN;
	bool was_mapped = false;

	if (page_mapped(page)) {
		if (sd_fix_c0d0381ade79 && PageHuge(page)) {
			/* i_mmap_rwsem comes before the page lock: with that held it can only be tried. */
			locked = page_mapping(page);
			if (!i_mmap_trylock_write(locked))
				return -EAGAIN;
			ttu |= TTU_RMAP_LOCKED;
		}
		try_to_unmap(page, ttu);
		was_mapped = true;
	}
	if (!page_mapped(page))
		rc = move_to_new_page(newpage, page, mode);
	if (was_mapped)
		remove_migration_ptes(page, rc == MIGRATEPAGE_SUCCESS ? newpage : page, locked != NULL);
	if (locked)
		i_mmap_unlock_write(locked);
	return rc;
}

static int unmap_and_move_huge_page(new_page_t get_new_page, free_page_t put_new_page, unsigned long private,
				    struct page *hpage, enum migrate_mode mode)
{
	struct page *new_hpage = get_new_page(hpage, private);
	int rc;

	if (!new_hpage)
		return -ENOMEM;
	lock_page(hpage);
	lock_page(new_hpage);
	rc = move_locked(new_hpage, hpage, mode);
	unlock_page(new_hpage);
	unlock_page(hpage);
	if (rc != -EAGAIN)
		putback_active_hugepage(hpage);
	if (rc != MIGRATEPAGE_SUCCESS && put_new_page)
		put_new_page(new_hpage, private);
	else
		putback_active_hugepage(new_hpage);
	return rc;
}

static int unmap_and_move(new_page_t get_new_page, free_page_t put_new_page, unsigned long private, struct page *page,
			  enum migrate_mode mode)
{
	struct page *newpage = get_new_page(page, private);
	int rc;

	if (!newpage)
		return -ENOMEM;
	lock_page(page);
	lock_page(newpage);
	rc = move_locked(newpage, page, mode);
	unlock_page(newpage);
	unlock_page(page);
	if (rc != -EAGAIN) {
		list_del(&page->lru);
		put_page(page);
	}
	if (rc != MIGRATEPAGE_SUCCESS && put_new_page)
		put_new_page(newpage, private);
	else
		put_page(newpage);
	return rc;
}

/* How many could not be moved; those stay on the list, which the caller gives back. */
int __weak migrate_pages(struct list_head *from, new_page_t *get_new_page, free_page_t *put_new_page, unsigned long private,
			 enum migrate_mode mode, int reason)
{
	int pass, retry = 1, failed = 0, rc;
	struct page *page, *next;

	(void)reason;
	for (pass = 0; pass < SD_MIGRATE_PASSES && retry; pass++) {
		retry = 0;
		list_for_each_entry_safe(page, next, from, lru) {
			cond_resched();
			if (PageHuge(page))
				rc = unmap_and_move_huge_page(get_new_page, put_new_page, private, page, mode);
			else
				rc = unmap_and_move(get_new_page, put_new_page, private, page, mode);
			if (rc == -EAGAIN)
				retry++;
			else if (rc)
				failed++;
		}
	}
	return failed + retry;
}

static struct page *new_page(struct page *page, unsigned long private)
{
	(void)private;
	if (!PageHuge(page))
		return alloc_page(GFP_KERNEL);
	page = alloc_huge_page(NULL, 0, 0);
	/* As if on a list, so that it is not isolated before it is put back (the kernel: it is not active yet). */
	INIT_LIST_HEAD(&page->lru);
	return page;
}

static int migrate_isolated(struct list_head *pagelist)
{
	return migrate_pages(pagelist, new_page, NULL, 0, MIGRATE_SYNC, MR_MEMORY_FAILURE) ? -EIO : 0;
}

int __weak soft_offline_huge_page(struct page *page, int flags)
{
	LIST_HEAD(pagelist);
	struct page *left, *next;
	int ret;

	(void)flags;
	if (!isolate_huge_page(page, &pagelist))
		return -EBUSY;
	ret = migrate_isolated(&pagelist);
	list_for_each_entry_safe(left, next, &pagelist, lru)
		putback_active_hugepage(left);
	return ret;
}

int __weak soft_offline_page(struct page *page, int flags)
{
	LIST_HEAD(pagelist);
	struct page *left, *next;
	int ret;

	if (PageHuge(page))
		return soft_offline_huge_page(page, flags);
	if (!get_page_unless_zero(page))
		return -EBUSY;
#if SD_KERNEL < 405
	if (PageTransCompound(page) && split_huge_page(page)) {
		put_page(page);
		return -EBUSY;
	}
#endif
	list_add_tail(&page->lru, &pagelist);
	ret = migrate_isolated(&pagelist);
	list_for_each_entry_safe(left, next, &pagelist, lru) {
		list_del(&left->lru);
		put_page(left);
	}
	return ret;
}
