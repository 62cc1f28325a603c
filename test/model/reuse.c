// SPDX-License-Identifier: Apache-2.0
/*
 * A page is freed, and somebody else allocates it. WHAT=0: a note about it that comes too late (FIX=1: in time); 1: a reference that is taken of
 * the page that was seen in an entry, when that may be somebody else's by now (FIX=1: the entry is looked at again).
 */
// shootdown: -DWHAT=0 -DFIX=1
#include <linux/gfp.h>
#include <shootdown/scenario.h>

static bool busy[SD_NR_FRAMES];
static struct page *published, *private;

static void owner(void *unused)
{
	struct page *page = published;

	if (WHAT == 0) {
		page = alloc_page(GFP_KERNEL);
		WRITE_ONCE(busy[page - mem_map], true);
		if (FIX)
			WRITE_ONCE(busy[page - mem_map], false);
	} else {
		WRITE_ONCE(published, NULL);
	}
	put_page(page);
	if (WHAT == 0 && !FIX)
		WRITE_ONCE(busy[page - mem_map], false);
}

static void other(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (READ_ONCE(busy[page - mem_map]))
		__sd_fail("oops", "{0:p} is busy", (sd_u64)page, 0, 0);
	WRITE_ONCE(private, page);
	WRITE_ONCE(private, NULL);
	put_page(page);
}

/* As GUP-fast does. */
static void reader(void *unused)
{
	struct page *page = READ_ONCE(published);

	if (!page || !get_page_unless_zero(page))
		return;
	if (!FIX || READ_ONCE(published) == page)
		if (READ_ONCE(private) == page)
			__sd_fail("oops", "{0:p} is somebody else's", (sd_u64)page, 0, 0);
	put_page(page);
}

void scenario(void)
{
	sd_mm("A");
	if (WHAT == 1)
		published = alloc_page(GFP_KERNEL);
	sd_cpu_run(0, NULL, "owner", owner, NULL);
	sd_cpu_run(1, NULL, "other", other, NULL);
	if (WHAT == 1)
		sd_cpu_run(2, NULL, "reader", reader, NULL);
}
