// SPDX-License-Identifier: Apache-2.0
/* Compiled as one with the tree's fs/hugetlbfs/inode.c: operations of such files are static there. */
#include <shootdown/has.h>
#include SD_FILE

void sd_hugetlbfs_ops(struct file *file, struct address_space *mapping)
{
	file->f_op = &hugetlbfs_file_operations;
	mapping->a_ops = &hugetlbfs_aops;
}
