/* SPDX-License-Identifier: Apache-2.0 */
/* The reference count of a page. Frozen (0) while migration replaces it: then no new reference can be taken. */
#ifndef _LINUX_PAGE_REF_H
#define _LINUX_PAGE_REF_H

#include <linux/mm_types.h>

#define page_ref_count(page) atomic_read(&(page)->_refcount)
#define page_count(page) atomic_read(&(page)->_refcount)
#define set_page_count(page, v) atomic_set(&(page)->_refcount, v)
#define page_ref_add(page, nr) atomic_add(nr, &(page)->_refcount)
#define page_ref_freeze(page, count) (atomic_cmpxchg(&(page)->_refcount, count, 0) == (count))
#define page_ref_unfreeze(page, count) atomic_set(&(page)->_refcount, count)
#define page_freeze_refs(page, count) page_ref_freeze(page, count)
#define page_unfreeze_refs(page, count) page_ref_unfreeze(page, count)

#endif
