// SPDX-License-Identifier: Apache-2.0
/*
 * hfi1's cache of pinned pages for what a process sends (SDMA): a page gets into the cache while another thread of the process unmaps it. hfi1's own
 * mmu_rb.c, and pin_system.c (where a tree has that in user_sdma.c, this), with the tree's own munmap(), get_user_pages_fast() and mmu_notifier.c.
 * When munmap() has returned, the cache has no page for that address: what is sent next from there, from a new mapping, would be the old page.
 * -DFIRST=1: the page was sent before, and is in the cache when the unmapping begins. -DOTHER=1: what is sent meanwhile is another page;
 * 2: by both threads, and nothing is unmapped; 3: nothing, but what was sent before is under way until
 * now, and a page behind it was sent and is unmapped, too.
 */
// shootdown: -DFIRST=0 -DOTHER=0
#include <shootdown/scenario.h>
#if __has_include("pin_system.c")
#include "pin_system.c"
#else
#include "user_sdma.c"
#endif

static struct mm_struct *mm;
static unsigned long va, sent;
static struct page *pages[2];	/* at va, and of what is sent */
static int returned;	/* calls that have */
static struct sdma_mmu_node *under_way;

static struct hfi1_devdata dd;
static struct hfi1_pportdata pport;
static struct hfi1_user_sdma_pkt_q pq;
static struct user_sdma_request req;

void __hfi1_trace_SDMA(const char *func, char *fmt, ...)
{
}

static struct page *page_at(unsigned long address)
{
	return pfn_to_page(pte_pfn(*pte_offset_kernel(mm_find_pmd(mm, address), address)));
}

/* As for one iovec of one page. */
static struct sdma_mmu_node *begin(unsigned long from)
{
	struct sdma_mmu_node *node;

	return get_system_cache_entry(&req, &node, from, PAGE_SIZE) ? NULL : node;
}

/* The packet is gone again. */
static void finish(struct sdma_mmu_node *node)
{
	if (!node)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	if (page_ref_count(node->pages[0]) < GUP_PIN_COUNTING_BIAS)
		__sd_fail("unpinned", "what is sent comes from a page that is not pinned", 0, 0, 0);
	__sd_atomic_end();
	kref_put(&node->rb.refcount, hfi1_mmu_rb_release);
}

static void check(void)
{
	struct mmu_rb_node *node;
	unsigned long flags;
	int nr;

	__sd_atomic_begin(SD_STEP, &returned);
	nr = ++returned;
	__sd_atomic_end();
	if (nr < 2 || OTHER == 2)
		return;
	spin_lock_irqsave(&pq.handler->lock, flags);
	node = hfi1_mmu_rb_get_first(pq.handler, va, PAGE_SIZE);
	spin_unlock_irqrestore(&pq.handler->lock, flags);
	if (node)
		__sd_fail("stale-cache", "munmap() has returned, and the cache still has a page for {0:x}", va, 0, 0);
	flush_work(&pq.handler->del_work);
}

static void sender(void *unused)
{
	finish(OTHER == 3 ? under_way : begin(sent));
	check();
}

/* In the cache is what was sent and not unmapped; that alone is pinned, once, and counted. */
void sd_at_end(void)
{
	int kept = OTHER == 1 || OTHER == 2, pins = page_ref_count(pages[1]) / GUP_PIN_COUNTING_BIAS;

	if (OTHER && (page_ref_count(pages[0]) >= GUP_PIN_COUNTING_BIAS || pins != kept || atomic_read(&pq.n_locked) != kept))
		__sd_fail("bad-pin", "the page that was sent is pinned {0:d} times, and {1:d} pages are counted", pins, atomic_read(&pq.n_locked), 0);
}

static void unmap(void *unused)
{
	if (OTHER == 2)
		finish(begin(sent));
	else
		sd_munmap(mm, va, 1 + (OTHER == 3));
	check();
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1 + (OTHER == 3));
	sd_populate(mm, va);
	sent = OTHER == 3 ? va + PAGE_SIZE : OTHER ? sd_mmap(mm, NULL, 1) : va;
	if (OTHER)
		sd_populate(mm, sent);
	pages[0] = page_at(va);
	pages[1] = page_at(sent);
	dd.pport = &pport;
	boot_cpu_data.x86_cache_alignment = 64;	/* as the processor says at boot */
	pq.dd = &dd;
	req.pq = &pq;
	if (hfi1_mmu_rb_register(&pq, &sdma_rb_ops, NULL, &pq.handler))
		__sd_fail("scenario", "hfi1_mmu_rb_register() fails", 0, 0, 0);
	sd_kworker(2);
	if (FIRST) {
		under_way = begin(va);
		finish(OTHER == 3 ? begin(sent) : under_way);
	}
	sd_cpu_run(0, mm, "send", sender, NULL);
	sd_cpu_run(1, mm, "munmap", unmap, NULL);
}
