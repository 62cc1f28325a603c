/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VMAs of a file that cover some of its pages: a list here, walked in the order in which they were mapped. And a node of the general
 * tree, from start to last inclusive, as interval notifiers have one: also in a list (mm/mmu_interval.c).
 */
#ifndef _LINUX_INTERVAL_TREE_H
#define _LINUX_INTERVAL_TREE_H

#include <linux/fs.h>

struct interval_tree_node {
	unsigned long start;
	unsigned long last;
	struct hlist_node sd_node;
};

struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root_cached *root, unsigned long start, unsigned long last);
struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma, unsigned long start, unsigned long last);
void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root_cached *root);
void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root_cached *root);

#define vma_interval_tree_foreach(vma, root, start, last)				\
	for (vma = vma_interval_tree_iter_first(root, start, last); vma;		\
	     vma = vma_interval_tree_iter_next(vma, start, last))

#endif
