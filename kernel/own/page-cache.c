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
