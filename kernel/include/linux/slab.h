/* SPDX-License-Identifier: Apache-2.0 */
/* kmalloc: slots of one size, a set for each task (locking/slab.c). Freed memory is dead and zero: a later access is a use after free. */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/kernel.h>

void *sd_kmalloc(size_t size, gfp_t flags, const char *what);
void kfree(const void *p);

#define kmalloc(size, flags) sd_kmalloc(size, flags, "kmalloc memory")
#define kzalloc(size, flags) sd_kmalloc(size, (flags) | __GFP_ZERO, "kzalloc memory")
#define kcalloc(n, size, flags) sd_kmalloc((n) * (size), (flags) | __GFP_ZERO, "kcalloc memory")
#define kmalloc_array(n, size, flags) sd_kmalloc((n) * (size), flags, "kmalloc memory")
#define kvmalloc(size, flags) kmalloc(size, flags)
#define kvfree(p) kfree(p)

#endif
