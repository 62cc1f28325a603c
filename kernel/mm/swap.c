// SPDX-License-Identifier: Apache-2.0
/*
 * swap.c - anonymous pages that go to disk and come back.
 *
 * A page always has the swap slot of its address, with the number of the user page. While its contents are being written or read,
 * it is in the swap cache, which has a reference; a slot of the cache changes with the page locked. The entry of a page that was
 * swapped out is a swap entry: a fault on it finds the page in the cache and waits for its lock, or reads it back. A page with other
 * references stays in the cache; the kernel tries later to free it, the model never does (see sd_in_swap_cache).
 */
#include <linux/hugetlb.h>
#include <linux/rmap.h>
#include <shootdown/machine.h>

static struct page *swap_cache[SD_NR_UPAGES];
static unsigned long swap_map[SD_NR_UPAGES];	/* the slot is in use */

/* Of an anonymous page: the VMA gives the address, and the address the number. */
unsigned int sd_swap_slot(struct page *page)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)((unsigned long)page->mapping - 1);

	return (unsigned int)sd_find_upage(vma->vm_mm, vma_address(page, vma));
}

/* For the final check. */
bool sd_in_swap_cache(struct page *page)
{
	return PageAnon(page) && swap_cache[sd_swap_slot(page)] == page;
}

/* The page is locked. */
void add_to_swap(struct page *page)
{
	unsigned int slot = sd_swap_slot(page);

	__sd_atomic_begin(SD_STEP, NULL);
	if (swap_cache[slot] && swap_cache[slot] != page)
		__sd_fail("scenario", "{0:p} is to go to disk, where {1:p} is still: swap entries that are dropped while they are read are not modelled",
			  (sd_u64)page, (sd_u64)swap_cache[slot], 0);
	if (!swap_cache[slot]) {
		swap_cache[slot] = page;
		swap_map[slot] = 1;
		page->_refcount.counter++;
	}
	__sd_atomic_end();
}

/*
 * The entry is gone, so its slot is free, and the contents are dropped: nothing else refers to them. A page that is still in the cache and
 * locked stays there until it is unlocked.
 */
void free_swap_and_cache(swp_entry_t entry)
{
	unsigned int slot = (unsigned int)swp_offset(entry);
	struct page *page;

	__sd_atomic_begin(SD_STEP, NULL);
	page = swap_cache[slot];
	swap_map[slot] = 0;
	if (page) {
		page->_refcount.counter++;
		sd_data_drop(page);
	} else {
		sd_data_forget_disk(sd_upages[slot].location);
	}
	__sd_atomic_end();
	if (!page)
		return;
	if (trylock_page(page)) {
		delete_from_swap_cache(page, 0);
		unlock_page(page);
	}
	put_page(page);
}

/* The page is locked. Removes it from the cache if the references are as expected (0: any number). */
bool delete_from_swap_cache(struct page *page, int expected)
{
	unsigned int slot = sd_swap_slot(page);
	bool deleted = false;

	__sd_atomic_begin(SD_STEP, NULL);
	if (swap_cache[slot] == page && (!expected || page->_refcount.counter == expected)) {
		/* In the cache because it goes to disk: it is written whether its entry was dirty or not (add_to_swap() makes it dirty). */
		if (expected)
			sd_data_written(page);
		swap_cache[slot] = NULL;
		page->_refcount.counter--;
		if (expected) {
			sd_data_gone(page, "swap");
		} else {
			sd_data_forget_disk(sd_upages[slot].location);
			swap_map[slot] = 0;
		}
		deleted = true;
	}
	__sd_atomic_end();
	return deleted;
}

static struct page *lookup_swap_cache(unsigned int slot)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, NULL);
	page = swap_cache[slot];
	if (page)
		page->_refcount.counter++;
	__sd_atomic_end();
	return page;
}

/* Read from disk into the cache, unless another thread did: then that page. With a reference. NULL: the slot is free by now. */
static struct page *read_swap_cache(struct vm_area_struct *vma, unsigned long address, unsigned int slot)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE), *there;

	page->mapping = (struct address_space *)((unsigned long)vma | 1);
	page->index = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	__sd_atomic_begin(SD_STEP, NULL);
	there = swap_cache[slot];
	if (there) {
		there->_refcount.counter++;
	} else if (swap_map[slot]) {
		there = page;
		swap_cache[slot] = page;
		page->_refcount.counter++;
		sd_data_bind(page, sd_upages[slot].location);
	}
	__sd_atomic_end();
	if (there != page)
		put_page(page);
	return there;
}

vm_fault_t do_swap_page(struct vm_area_struct *vma, unsigned long address, pte_t *ptep, spinlock_t *ptl, pte_t entry)
{
	unsigned int slot = (unsigned int)swp_offset(pte_to_swp_entry(entry));
	struct page *page = lookup_swap_cache(slot);
	bool mapped = false;

	if (!page)
		page = read_swap_cache(vma, address, slot);
	if (!page)
		return 0;
	lock_page(page);
	spin_lock(ptl);
	/* If it has left the cache meanwhile, its contents are on disk, or mapped already. */
	if (READ_ONCE(swap_cache[slot]) == page && pte_same(ptep_get(ptep), entry)) {
		atomic_inc(&page->_mapcount);
		set_pte_at(vma->vm_mm, address, ptep, pte_mkyoung(pte_mkdirty(mk_pte(page, vma->vm_page_prot))));
		mapped = true;
		delete_from_swap_cache(page, 0);
	}
	/* Before the table lock goes: then the entry may go, and with it the page. */
	unlock_page(page);
	spin_unlock(ptl);
	if (!mapped)
		put_page(page);
	return 0;
}
