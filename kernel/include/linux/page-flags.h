/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page flags. PG_locked is a lock (pagemap.h); the rest are bits set and cleared atomically. PG_dirty and PG_hwpoison have words of their own:
 * they are set without the page lock too.
 */
#ifndef _LINUX_PAGE_FLAGS_H
#define _LINUX_PAGE_FLAGS_H

#include <linux/mm_types.h>

enum pageflags { PG_locked, PG_uptodate, PG_dirty, PG_head, PG_swapbacked, PG_hwpoison, PG_active };

#define __SD_PAGEFLAG(Name, bit)							\
static inline int Page##Name(struct page *page) { return test_bit(bit, &page->flags); }	\
static inline void SetPage##Name(struct page *page) { set_bit(bit, &page->flags); }	\
static inline void ClearPage##Name(struct page *page) { clear_bit(bit, &page->flags); }

__SD_PAGEFLAG(Uptodate, PG_uptodate)
__SD_PAGEFLAG(Active, PG_active)

#define PageDirty(page) (READ_ONCE((page)->sd_dirty) != 0)
#define SetPageDirty(page) WRITE_ONCE((page)->sd_dirty, 1)
#define ClearPageDirty(page) WRITE_ONCE((page)->sd_dirty, 0)
#define PageHWPoison(page) (READ_ONCE((page)->sd_hwpoison) != 0)
#define SetPageHWPoison(page) WRITE_ONCE((page)->sd_hwpoison, 1)
#define ClearPageHWPoison(page) WRITE_ONCE((page)->sd_hwpoison, 0)

static inline int PageHead(struct page *page)
{
	return page->order != 0;
}

#define PageCompound(page) PageHead(page)
#define PageHuge(page) PageHead(page)
#define PageTransCompound(page) (READ_ONCE((page)->sd_thp) != 0)
#define PageTransHuge(page) PageTransCompound(page)
#define PageAnon(page) (((unsigned long)(page)->mapping & 1) != 0)
#define compound_head(page) (page)
#define compound_order(page) ((page)->order)

int PageLocked(struct page *page);

#endif
