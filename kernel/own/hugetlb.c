// SPDX-License-Identifier: Apache-2.0
/*
 * hugetlb.c - files of huge pages: as hugetlbfs makes them, without a file system around them.
 *
 * A mapping covers the gigabyte that begins at the file's first page, so that address spaces share the table
 * (huge_pmd_share). Pages are not reserved (MAP_NORESERVE); each is allocated by the fault that wants it.
 */
#include <linux/falloc.h>
#include <linux/hugetlb.h>

#include "own.h"

void sd_hugetlb_init(void);
void sd_hugetlbfs_ops(struct file *file, struct address_space *mapping);

struct hugetlb_file {
	struct file file;
	struct hugetlbfs_inode_info info;
	unsigned int nr_pages;
	unsigned int location[SD_UPAGES];
};

static struct hugetlb_file files[2];
static struct super_block super;
static struct hugetlbfs_sb_info sb_info;
static int nr_files;

static struct hugetlb_file *of(struct file *file)
{
	return container_of(file, struct hugetlb_file, file);
}

struct file *sd_hugetlb_file(const char *name, unsigned int nr_pages)
{
	struct hugetlb_file *f = &files[nr_files];
	struct inode *inode = &f->info.vfs_inode;
	struct address_space *mapping = &inode->i_data;
	unsigned int i;

	if (nr_files == ARRAY_SIZE(files) || nr_pages > SD_UPAGES)
		__sd_fail("model-limit", "more than {0:d} files, or more than {1:d} pages in one", ARRAY_SIZE(files), SD_UPAGES, 0);
	sd_once();
	if (!nr_files++) {
		sd_hugetlb_init();
		sd_page_cache_init();
		sb_info.hstate = &default_hstate;
		super.s_fs_info = &sb_info;
	}
	__sd_event("name", "{1:s}", (sd_u64)f, (sd_u64)name, 0);
	inode->i_sb = &super;
	init_rwsem(&inode->i_rwsem);
	inode->i_size = (loff_t)nr_pages * HPAGE_SIZE;
	sd_file_init(&f->file, inode, mapping);
	sd_hugetlbfs_ops(&f->file, mapping);
#ifdef SD_HAS_I_PRIVATE_DATA
	mapping->i_private_data = resv_map_alloc();
#else
	mapping->private_data = resv_map_alloc();
#endif
	f->nr_pages = nr_pages;
	for (i = 0; i < nr_pages; i++)
		f->location[i] = sd_new_location();
	return &f->file;
}

/* What mmap() of such a file does, where mmap_lock is held for writing and the VMA is not linked yet. */
void sd_hugetlb_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags | VM_SHARED | VM_MAYSHARE | VM_DONTEXPAND | VM_HUGETLB | VM_NORESERVE;

#ifdef SD_HAS_VM_FLAGS_INIT
	vm_flags_init(vma, flags);
#else
	vma->vm_flags = flags;
#endif
	vma->vm_file = file;
	vma->vm_ops = &hugetlb_vm_ops;
	vma->vm_pgoff = 0;
	vma->vm_end = vma->vm_start + PUD_SIZE;
	if (!hugetlb_reserve_pages(file_inode(file), 0, of(file)->nr_pages, vma, vma->vm_flags))
		__sd_fail("scenario", "hugetlb_reserve_pages() fails", 0, 0, 0);
}

void sd_hugetlb_upages(struct mm_struct *mm, struct file *file, unsigned long start)
{
	unsigned int i;

	for (i = 0; i < of(file)->nr_pages; i++) {
		struct sd_upage *up = &sd_upages[sd_new_upage(mm, start + i * HPAGE_SIZE, of(file)->location[i])];

		up->huge = up->shared = true;
		if (i + 1 == of(file)->nr_pages)
			up->extent = PUD_SIZE - i * HPAGE_SIZE;
	}
}

/* Trees have indexed these files by huge pages, and by pages. */
struct page *sd_page_of(struct file *file, unsigned int index)
{
	struct page *page = xa_load(&file->f_mapping->i_pages, (unsigned long)index << HUGETLB_PAGE_ORDER);

	return page ? page : xa_load(&file->f_mapping->i_pages, index);
}

/* fallocate() of a hole. Whoever maps the page finds zeroes from then on, and nobody reaches what was there. */
int sd_punch_hole(struct file *file, unsigned int index)
{
	unsigned int location = of(file)->location[index];
	int i, err;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].location == location)
			sd_take_away(i);
	__sd_atomic_end();
	err = (int)file->f_op->fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (loff_t)index * (loff_t)HPAGE_SIZE, HPAGE_SIZE);
	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].location == location)
			sd_took_away(i, !err);
	__sd_event("return", err ? "fallocate() fails" : "fallocate() returns", 0, 0, 0);
	__sd_atomic_end();
	return err;
}

int sd_migrate_huge(struct page *page)
{
	/* As mm/internal.h has it. */
	struct { int nid; nodemask_t *nmask; gfp_t gfp_mask; enum migrate_reason reason; } target = { .nid = 0, .gfp_mask = GFP_KERNEL, .reason = MR_MEMORY_FAILURE };
	LIST_HEAD(list);

#ifdef SD_HAS_ISOLATE_FOLIO
	if (!isolate_hugetlb(page_folio(page), &list))
		return -EBUSY;
#else
	if (folio_isolate_hugetlb(page, &list))
		return -EBUSY;
#endif
	return migrate_pages(&list, alloc_migration_target, NULL, (unsigned long)&target, MIGRATE_SYNC, MR_MEMORY_FAILURE, NULL);
}
