// SPDX-License-Identifier: Apache-2.0
/*
 * filemap.c - the page cache of a file, and the list of VMAs that map the file.
 *
 * The cache holds one reference of each of its pages. A slot changes under i_pages_lock with the page locked. It is read without
 * either: the kernel takes a reference and looks again; the result is that of one look-up at one moment, and so it is one here.
 */
#include <linux/err.h>
#include <linux/interval_tree.h>
#include <linux/mm.h>
#include <shootdown/machine.h>

struct page * __weak find_get_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, NULL);
	page = mapping->sd_pages[index];
	if (page) {
		/* Frozen: under way to another page. The kernel looks again until it is not. */
		if (!page->_refcount.counter)
			__sd_block();
		page->_refcount.counter++;
	}
	__sd_atomic_end();
	return page;
}

struct page * __weak find_lock_page(struct address_space *mapping, pgoff_t index)
{
	for (;;) {
		struct page *page = find_get_page(mapping, index);

		if (!page)
			return NULL;
		lock_page(page);
		if (page->mapping == mapping)
			return page;
		unlock_page(page);
		put_page(page);
	}
}

/* On success the page is locked and the cache has a reference of its own. */
int __weak add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index)
{
	lock_page(page);
	spin_lock_irq(&mapping->i_pages_lock);
	if (READ_ONCE(mapping->sd_pages[index])) {
		spin_unlock_irq(&mapping->i_pages_lock);
		unlock_page(page);
		return -EEXIST;
	}
	get_page(page);
	page->mapping = mapping;
	page->index = index;
	sd_data_bind(page, mapping->sd_location + (unsigned int)index * SD_WORDS);
	WRITE_ONCE(mapping->sd_pages[index], page);
	spin_unlock_irq(&mapping->i_pages_lock);
	return 0;
}

/* Truncation: what the file has there from now on is nothing. */
void __weak delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;

	spin_lock_irq(&mapping->i_pages_lock);
	__sd_atomic_begin(SD_STEP, NULL);
	mapping->sd_pages[page->index] = NULL;
	sd_data_drop(page);
	__sd_atomic_end();
	page->mapping = NULL;
	spin_unlock_irq(&mapping->i_pages_lock);
	put_page(page);
}

static struct vm_area_struct *covering(struct vm_area_struct *vma, unsigned long start, unsigned long last)
{
	for (; vma; vma = vma->sd_i_mmap_next)
		if (vma->vm_pgoff <= last && vma->vm_pgoff + vma_pages(vma) > start)
			return vma;
	return NULL;
}

struct vm_area_struct * __weak vma_interval_tree_iter_first(struct rb_root_cached *root, unsigned long start, unsigned long last)
{
	return covering(root->sd_first, start, last);
}

struct vm_area_struct * __weak vma_interval_tree_iter_next(struct vm_area_struct *vma, unsigned long start, unsigned long last)
{
	return covering(vma->sd_i_mmap_next, start, last);
}

void __weak vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root_cached *root)
{
	struct vm_area_struct **last = &root->sd_first;

	while (*last)
		last = &(*last)->sd_i_mmap_next;
	vma->sd_i_mmap_next = NULL;
	*last = vma;
}

void __weak vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root_cached *root)
{
	struct vm_area_struct **at = &root->sd_first;

	while (*at && *at != vma)
		at = &(*at)->sd_i_mmap_next;
	if (*at)
		*at = vma->sd_i_mmap_next;
	vma->sd_i_mmap_next = NULL;
}
