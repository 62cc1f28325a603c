/* SPDX-License-Identifier: Apache-2.0 */
/* The contents of pages. */
#ifndef _LINUX_HIGHMEM_H
#define _LINUX_HIGHMEM_H

#include <linux/mm.h>

void copy_highpage(struct page *to, struct page *from);

#endif
