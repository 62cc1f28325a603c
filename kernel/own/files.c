// SPDX-License-Identifier: Apache-2.0
/*
 * files.c - ordinary files, and files of drivers that map what they like.
 *
 * The pages of an ordinary file are in the page cache from the beginning and stay there; the tree's filemap.c finds them, its page-writeback.c cleans
 * them. Behind the cache is a disk: a block for each page, and a dirty bit of the page that says whether the block is to be written. At the end a page
 * that nobody has said to be dirty must be on the disk as it is.
 *
 * What is lost: a file system. Nothing is allocated on a disk, no time or size of a file changes, writing back never fails and is done when it is begun;
 * no list of dirty pages is kept, since whoever writes back names the page.
 */
#include <linux/backing-dev.h>

#include "own.h"

#define FILES 2

struct plain_file {
	struct file file;
	struct inode inode;
	int (*mmap)(struct file *file, struct vm_area_struct *vma);	/* a driver's */
	unsigned int nr_pages;
	unsigned int location[SD_UPAGES];
};

static struct plain_file files[FILES];
static int nr_files;
static struct super_block super;
static struct backing_dev_info bdi = { .capabilities = BDI_CAP_WRITEBACK };

bool sd_is_plain(const struct file *file)
{
	return file >= &files[0].file && file <= &files[FILES - 1].file;
}

bool sd_is_cached(int frame)
{
	unsigned long mapping = (unsigned long)pfn_to_page(sd_pfn(frame))->mapping;

	return mapping >= (unsigned long)files && mapping < (unsigned long)(files + FILES);
}

static struct plain_file *of(struct file *file)
{
	return container_of(file, struct plain_file, file);
}

/* Swap has no inode, and is written back by nobody but reclaim. */
struct backing_dev_info *inode_to_bdi(struct inode *inode)
{
	static struct backing_dev_info none;

	return inode ? &bdi : &none;
}

/* There is always room for more dirty pages. */
void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
}

static const struct file_operations no_operations;

static struct plain_file *new_file(const char *name, unsigned int nr_pages)
{
	struct plain_file *f = &files[nr_files];
	struct address_space *mapping = &f->inode.i_data;
	unsigned int i;

	if (nr_files == FILES || nr_pages > SD_UPAGES)
		__sd_fail("model-limit", "more than {0:d} files, or more than {1:d} pages in one", FILES, SD_UPAGES, 0);
	sd_once();
	sd_page_cache_init();
	nr_files++;
	super.s_bdi = &bdi;
	__sd_event("name", "{1:s}", (sd_u64)f, (sd_u64)name, 0);
	f->inode.i_sb = &super;
	f->inode.i_size = (loff_t)nr_pages * PAGE_SIZE;
	sd_file_init(&f->file, &f->inode, mapping);
	f->file.f_op = &no_operations;
	f->nr_pages = nr_pages;
	for (i = 0; i < nr_pages; i++)
		f->location[i] = sd_new_location();
	return f;
}

struct file *sd_driver_file(const char *name, unsigned int nr_pages, int (*mmap)(struct file *file, struct vm_area_struct *vma))
{
	struct plain_file *f = new_file(name, nr_pages);

	f->mmap = mmap;
	return &f->file;
}

/* --- the page cache, and the disk --- */

static bool set_dirty(struct address_space *mapping, struct folio *folio)
{
	return folio_mark_dirty(folio);
}

static const struct address_space_operations cached = { .dirty_folio = set_dirty };

struct file *sd_file(const char *name, unsigned int nr_pages)
{
	struct plain_file *f = new_file(name, nr_pages);
	unsigned int i;

	f->inode.i_data.a_ops = &cached;
	for (i = 0; i < nr_pages; i++) {
		struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

		if (!page || filemap_add_folio(&f->inode.i_data, page_folio(page), i, GFP_KERNEL))
			__sd_fail("scenario", "a page of {0:p} cannot be put into the page cache", (sd_u64)f, 0, 0);
		__set_bit(PG_uptodate, &page->flags);
		folio_unlock(page_folio(page));
		folio_put(page_folio(page));
		sd_current_in[f->location[i]] = 1ULL << sd_frame(page);
		sd_on_disk[f->location[i]] = 1;
	}
	return &f->file;
}

struct page *sd_cached_page(struct file *file, unsigned int index)
{
	return xa_load(&file->f_mapping->i_pages, index);
}

bool sd_write_back(struct file *file, unsigned int index)
{
	struct folio *folio = page_folio(sd_cached_page(file, index));
	bool dirty;

	folio_get(folio);
	folio_lock(folio);
	dirty = folio_clear_dirty_for_io(folio);
	if (dirty) {
		__sd_atomic_begin(SD_STEP, NULL);
		sd_contents_to_disk(of(file)->location[index], sd_frame(&folio->page));
		__sd_event("copy", "{0:p} is written to the disk", (sd_u64)sd_mem[sd_frame(&folio->page)], 0, 0);
		__sd_atomic_end();
	}
	folio_unlock(folio);
	folio_put(folio);
	return dirty;
}

/* At the end: what is neither on the disk nor marked dirty, by the page or by an entry, will be lost when the page is dropped. */
void sd_final_files(void)
{
	int f, i;
	unsigned int index;

	for (f = 0; f < nr_files; f++)
		for (index = 0; files[f].inode.i_data.a_ops == &cached && index < files[f].nr_pages; index++) {
			struct page *page = sd_cached_page(&files[f].file, index);
			unsigned int l = files[f].location[index];
			bool dirty = test_bit(PG_dirty, &page->flags);

			for (i = 0; i < sd_nr_upages; i++)
				if (sd_upages[i].location == l && (sd_walk(&sd_upages[i], false) & _PAGE_DIRTY))
					dirty = true;
			if (!sd_holds(l, sd_frame(page))) {
				sd_tell_last_write(l);
				__sd_fail("lost-write", "at the end page {1:d} of {0:p} does not have the last write to it", (sd_u64)&files[f],
					  index, 0);
			}
			if (dirty || sd_on_disk[l])
				continue;
			sd_tell_last_write(l);
			__sd_fail("lost-write", "at the end page {1:d} of {0:p} counts as clean, and the disk does not have the last write to it",
				  (sd_u64)&files[f], index, 0);
		}
}

/* --- mappings --- */

/* As filemap_page_mkwrite(), without a file system that may be frozen or keeps the time. */
static vm_fault_t make_writable(struct vm_fault *vmf)
{
	struct folio *folio = page_folio(vmf->page);

	folio_lock(folio);
	if (folio->mapping != file_inode(vmf->vma->vm_file)->i_mapping) {
		folio_unlock(folio);
		return VM_FAULT_NOPAGE;
	}
	folio_mark_dirty(folio);
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct cached_ops = { .fault = filemap_fault, .map_pages = filemap_map_pages, .page_mkwrite = make_writable };

/* What mmap() does with a file, where mmap_lock is held for writing and the VMA is not linked yet. */
void sd_plain_mmap(struct file *file, struct vm_area_struct *vma, bool private)
{
	int err;

	vma->vm_file = file;
	vma->vm_end = vma->vm_start + of(file)->nr_pages * PAGE_SIZE;
	if (!private)
#ifdef SD_HAS_VM_FLAGS_INIT
		vm_flags_set(vma, VM_SHARED | VM_MAYSHARE);
#else
		vma->vm_flags |= VM_SHARED | VM_MAYSHARE;
#endif
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_pgoff = 0;
	vma->vm_ops = &cached_ops;
	if (!of(file)->mmap)
		return;
	err = of(file)->mmap(file, vma);
	if (err)
		__sd_fail("scenario", "the driver's mmap() fails with {0:d}", (sd_u64)err, 0, 0);
}

void sd_plain_upages(struct mm_struct *mm, struct file *file, unsigned long start, bool private)
{
	unsigned int i;

	for (i = 0; i < of(file)->nr_pages; i++) {
		unsigned int backing = of(file)->location[i], l = private ? sd_new_location() : backing;
		struct sd_upage *up = &sd_upages[sd_new_upage(mm, start + i * PAGE_SIZE, l)];

		if (private) {
			sd_current_in[l] = sd_current_in[backing];
			up->backing = backing;
		} else {
			up->shared = true;
		}
	}
}
