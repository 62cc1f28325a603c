/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as memory sees them: a page cache and the list of VMAs that map it (i_mmap, in order of mapping), under i_mmap_rwsem.
 * Slots of the page cache change under i_pages_lock.
 */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/mm_types.h>

#ifndef SD_FILE_PAGES
#define SD_FILE_PAGES 4
#endif

struct rb_root_cached {
	struct vm_area_struct *sd_first;
};

struct address_space {
	const char *sd_name;
	struct rb_root_cached i_mmap;
	struct rw_semaphore i_mmap_rwsem;
	spinlock_t i_pages_lock;
	struct page *sd_pages[SD_FILE_PAGES];
	unsigned int sd_nr_pages;
	unsigned int sd_location;	/* of page 0, word 0 (machine/oracle.c) */
};

struct file {
	struct address_space *f_mapping;
	struct address_space sd_mapping;
	bool sd_huge;
};

static inline void i_mmap_lock_write(struct address_space *mapping)
{
	down_write(&mapping->i_mmap_rwsem);
}

static inline void i_mmap_unlock_read(struct address_space *mapping)
{
	up_read(&mapping->i_mmap_rwsem);
}

static inline void i_mmap_lock_read(struct address_space *mapping)
{
	down_read(&mapping->i_mmap_rwsem);
}

static inline void i_mmap_unlock_write(struct address_space *mapping)
{
	up_write(&mapping->i_mmap_rwsem);
}

static inline int i_mmap_trylock_write(struct address_space *mapping)
{
	return down_write_trylock(&mapping->i_mmap_rwsem);
}

#define i_mmap_assert_locked(mapping) lockdep_assert_held(&(mapping)->i_mmap_rwsem)
#define i_mmap_assert_write_locked(mapping) lockdep_assert_held_write(&(mapping)->i_mmap_rwsem)

#endif
