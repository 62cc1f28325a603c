// SPDX-License-Identifier: Apache-2.0
/*
 * memory-failure.c - the memory of a page has failed: the page is taken from everyone who uses it, and never used again.
 *
 * try_to_unmap() leaves a poison entry wherever the page was mapped. A fault there does not wait for anything and maps nothing: it gets an error (SIGBUS,
 * or -EHWPOISON from get_user_pages). The page leaves the page cache; a huge page stays there, and faults ask whether it has failed. The reference that
 * is taken here stays for good, so nobody gets the page again.
 *
 * Contained means that no entry maps the page and no reference is left but that one and the file's. Then nobody may reach it (machine/oracle.c).
 * If somebody holds it, as a device does that pins what it uses, the kernel says that it failed, and so does the return value here: nothing is promised.
 *
 * The contents are taken to be lost: this is MF_MUST_KILL, or a page that was dirty, so that page_mkclean() is not asked. Not modelled: pages in the
 * swap cache, who is killed before he touches the page, and what becomes of free pages.
 */
#include <linux/err.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/rmap.h>
#include <linux/swapops.h>
#include <shootdown/machine.h>

/* Its place in the file is empty from now on. Nobody has given up the contents as a truncation does, so they are not dropped. */
static void leave_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;

	spin_lock_irq(&mapping->i_pages_lock);
	WRITE_ONCE(mapping->sd_pages[page->index], NULL);
	page->mapping = NULL;
	spin_unlock_irq(&mapping->i_pages_lock);
	put_page(page);
}

static bool contain(struct page *page)
{
	int references = 1;
	bool contained;

	if (page_mapping(page)) {
		if (PageHuge(page))
			references++;
		else
			leave_page_cache(page);
	}
	__sd_atomic_begin(SD_STEP, NULL);
	contained = page->_refcount.counter == references;
	if (contained) {
		sd_data_contained(page);
		__sd_event("poison", "{0:p} is contained", (sd_u64)page, 0, 0);
	}
	__sd_atomic_end();
	return contained;
}

#if SD_KERNEL < 416
int __weak memory_failure(unsigned long pfn, int trapno, int flags)
#else
int __weak memory_failure(unsigned long pfn, int flags)
#endif
{
	struct page *page = pfn_to_page(pfn);
	int ret = -EBUSY;

#if SD_KERNEL < 416
	(void)trapno;
#endif
	(void)flags;
	if (!get_page_unless_zero(page))
		return 0;
	SetPageHWPoison(page);
#if SD_KERNEL < 405
	if (PageTransCompound(page) && split_huge_page(page)) {
		ClearPageHWPoison(page);
		put_page(page);
		return -EBUSY;
	}
#endif
	lock_page(page);
	if (sd_in_swap_cache(page))
		__sd_fail("scenario", "{0:p} fails while it is in the swap cache, which is not modelled", (sd_u64)page, 0, 0);
	if (page_mapped(page))
		try_to_unmap(page, TTU_IGNORE_MLOCK | TTU_IGNORE_ACCESS);
	if (!page_mapped(page) && contain(page))
		ret = 0;
	unlock_page(page);
	return ret;
}
