// SPDX-License-Identifier: Apache-2.0
/*
 * page-cache.c - files, as far as mm code asks about them. The tree of a file's pages is the tree's own (xarray); what counts its nodes, or would
 * reclaim them, is not there. A scenario holds its files for ever: no reference to one is ever the last.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pagevec.h>
#include <linux/shmem_fs.h>

#include "own.h"

void radix_tree_init(void);

void sd_page_cache_init(void)
{
	static bool done;

	if (!done)
		radix_tree_init();
	done = true;
}

/* An open file, as far as mm looks at one. */
void sd_file_init(struct file *file, struct inode *inode, struct address_space *mapping)
{
	inode->i_mapping = mapping;
	mapping->host = inode;
	mapping->i_mmap = RB_ROOT_CACHED;
	init_rwsem(&mapping->i_mmap_rwsem);
	xa_init_flags(&mapping->i_pages, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
	file->f_inode = inode;
	file->f_mapping = mapping;
#ifdef SD_HAS_F_COUNT
	atomic_long_set(&file->f_count, 1);
#else
	file_ref_init(&file->f_ref, 1);
#endif
}

void workingset_update_node(struct xa_node *node)
{
}

#ifndef get_file_rcu
/* Nobody in a scenario has a file, nor runs a program from one. */
struct file *get_file_rcu(struct file __rcu **f)
{
	if (rcu_access_pointer(*f))
		__sd_fail("model-limit", "the program that a process runs has no file on a tree's own mm", 0, 0, 0);
	return NULL;
}
#endif

#ifdef SD_HAS_SHMEM_MAPPING
bool shmem_mapping(struct address_space *mapping)
{
	return false;
}
#endif

#ifdef CONFIG_SHMEM
bool vma_is_shmem(struct vm_area_struct *vma)
{
	return false;
}

bool vma_is_anon_shmem(struct vm_area_struct *vma)
{
	return false;
}
#endif

void inode_add_lru(struct inode *inode)
{
}

void fput(struct file *file)
{
}

#ifdef SD_HAS_FOLIO_BATCH_RELEASE
void __folio_batch_release(struct folio_batch *batch)
#else
void __pagevec_release(struct pagevec *batch)
#endif
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
#ifdef SD_HAS_FOLIO_BATCH_RELEASE
		folio_put(batch->folios[i]);
#else
		put_page(batch->pages[i]);
#endif
	batch->nr = 0;
}
