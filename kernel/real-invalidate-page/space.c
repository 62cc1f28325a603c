// SPDX-License-Identifier: Apache-2.0
/*
 * space.c - address spaces, files and their mappings, for a harness to build before threads run.
 *
 * The objects are the tree's own structures with the fields that its code reads; VMAs of a file are in its real interval tree.
 */
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/radix-tree.h>

#include "machine.h"

#define SD_MMS   3
#define SD_VMAS  4
#define SD_FILES 2

static struct mm_struct mms[SD_MMS];
static struct vm_area_struct vmas[SD_VMAS];
static struct file files[SD_FILES];
static struct inode inodes[SD_FILES];
static int nr_vmas, nr_files;
static struct super_block plain, huge;
static struct hugetlbfs_sb_info huge_info;
static struct mutex fault_mutex[1];
static const struct vm_operations_struct no_ops;

struct mm_struct *sd_mm(int n, const char *name)
{
	struct mm_struct *mm = &mms[n];

	mm->pgd = page_address(sd_frame_page(sd_frame_alloc(SD_TABLE)));
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	spin_lock_init(&mm->page_table_lock);
	init_rwsem(&mm->mmap_sem);
	INIT_LIST_HEAD(&mm->mmlist);
	return mm;
}

static struct file *new_file(struct super_block *sb, const struct address_space_operations *ops)
{
	struct inode *inode = &inodes[nr_files];
	struct file *file = &files[nr_files];

	if (!nr_files++)
		radix_tree_init();

	file->f_inode = inode;
	file->f_mapping = &inode->i_data;
	inode->i_mapping = &inode->i_data;
	inode->i_sb = sb;
	inode->i_size = PUD_SIZE;
	inode->i_data.host = inode;
	inode->i_data.a_ops = ops;
	INIT_RADIX_TREE(&inode->i_data.page_tree, GFP_ATOMIC);
	spin_lock_init(&inode->i_data.tree_lock);
	init_rwsem(&inode->i_data.i_mmap_rwsem);
	return file;
}

struct file *sd_file(const struct address_space_operations *ops)
{
	return new_file(&plain, ops);
}

/* The pool of 2 MiB pages exists then, and is empty. */
struct file *sd_hugetlb_file(const struct address_space_operations *ops)
{
	struct hstate *h = &hstates[0];
	int node;

	hugetlb_max_hstate = 1;
	h->order = HPAGE_SHIFT - PAGE_SHIFT;
	h->mask = HPAGE_MASK;
	for (node = 0; node < 1; node++)
		INIT_LIST_HEAD(&h->hugepage_freelists[node]);
	INIT_LIST_HEAD(&h->hugepage_activelist);
	huge.s_fs_info = &huge_info;
	huge_info.hstate = h;
	hugetlb_fault_mutex_table = fault_mutex;
	return new_file(&huge, ops);
}

/*
 * Maps that much of the file, shared and writable. index says which of its pages is accessed; it must be in the file already, and index
 * counts pages of that size. Returns the number of the user page.
 */
int sd_mmap(struct mm_struct *mm, struct file *file, unsigned long start, unsigned long length, unsigned long index)
{
	struct vm_area_struct *vma = &vmas[nr_vmas++], **last = &mm->mmap;
	bool is_huge = file->f_inode->i_sb == &huge;

	while (*last)
		last = &(*last)->vm_next;
	*last = vma;
	vma->vm_mm = mm;
	vma->vm_start = start;
	vma->vm_end = start + length;
	vma->vm_flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_SHARED | VM_MAYSHARE | (is_huge ? VM_HUGETLB : 0);
	vma->vm_page_prot = PAGE_SHARED;
	vma->vm_file = file;
	vma->vm_ops = &no_ops;
	vma_interval_tree_insert(vma, &file->f_mapping->i_mmap);
	sd_upages[sd_nr_upages].mm = mm;
	sd_upages[sd_nr_upages].size = is_huge ? PMD_SIZE : PAGE_SIZE;
	sd_upages[sd_nr_upages].va = start + index * sd_upages[sd_nr_upages].size;
	sd_upages[sd_nr_upages].location = sd_location_of(file->f_mapping, index);
	return sd_nr_upages++;
}

/* Another page of a file that is mapped. */
int sd_map_more(int upage, unsigned long index)
{
	struct sd_upage *first = &sd_upages[upage], *more = &sd_upages[sd_nr_upages];
	struct vm_area_struct *vma = find_vma(first->mm, first->va);

	*more = *first;
	more->va = vma->vm_start + index * first->size;
	more->location = sd_location_of(vma->vm_file->f_mapping, index);
	return sd_nr_upages++;
}

/* A page of the file exists, with its reference by the cache. */
void sd_cache_page(struct file *file, struct page *page, unsigned long index)
{
	if (PageCompound(page))
		sd_frame_claim(page);
	atomic_set(&page->_count, 1);
	page->mapping = file->f_mapping;
	page->index = index;
	SetPageUptodate(page);
	if (radix_tree_insert(&file->f_mapping->page_tree, index, page))
		__sd_fail("setup", "the page is not inserted in the file's tree", 0, 0, 0);
	file->f_mapping->nrpages++;
	sd_data_bind(page, sd_new_location(file->f_mapping, index));
}

void sd_run_on(int cpu, const char *name, struct mm_struct *mm)
{
	sd_walkers[cpu].name = name;
	sd_walkers[cpu].mm = mm;
}

/* Faults it in as a write would. */
void sd_populate(int upage)
{
	struct sd_upage *up = &sd_upages[upage];

	if (sd_fault(up->mm, find_vma(up->mm, up->va), up->va, true) & VM_FAULT_ERROR)
		__sd_fail("setup", "{0:x} cannot be populated", up->va, 0, 0);
}
