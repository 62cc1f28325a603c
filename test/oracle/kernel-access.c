// SPDX-License-Identifier: Apache-2.0
/* The kernel itself writes to a page by its own address: after it gave up its reference, unless -DGOOD. */
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static void zero(void *arg)
{
	struct page *page = alloc_page(GFP_KERNEL);

#ifndef GOOD
	put_page(page);
#endif
	WRITE_ONCE(*(u64 *)page_address(page), 0);
#ifdef GOOD
	put_page(page);
#endif
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "zero", zero, NULL);
}
