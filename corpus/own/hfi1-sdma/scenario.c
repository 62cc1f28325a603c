// SPDX-License-Identifier: Apache-2.0
/*
 * hfi1's cache of pinned pages for what a process sends (SDMA): a page gets into the cache while another thread of the process unmaps it. hfi1's own
 * mmu_rb.c, and pin_system.c (where a tree has that in user_sdma.c, this), with the tree's own munmap(), get_user_pages_fast() and mmu_notifier.c.
 * When munmap() has returned, the cache has no page for that address: what is sent next from there, from a new mapping, would be the old page.
 * -DFIRST=1: the page was sent before, and is in the cache when the unmapping begins. -DOTHER=1: what is sent meanwhile is another page.
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
static int returned;	/* calls that have */
static long result;	/* of the one that sends */

static struct hfi1_devdata dd;
static struct hfi1_pportdata pport;
static struct hfi1_user_sdma_pkt_q pq;
static struct user_sdma_request req;

void __hfi1_trace_SDMA(const char *func, char *fmt, ...)
{
}

/* As for one iovec of one page: the packet has the page, and is gone again. */
static void send_page(unsigned long from)
{
	struct sdma_mmu_node *node;

	result = get_system_cache_entry(&req, &node, from, PAGE_SIZE);
	if (!result)
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
	if (nr < 2)
		return;
	spin_lock_irqsave(&pq.handler->lock, flags);
	node = hfi1_mmu_rb_get_first(pq.handler, va, PAGE_SIZE);
	spin_unlock_irqrestore(&pq.handler->lock, flags);
	if (node)
		__sd_fail("stale-cache", "munmap() has returned, and the cache still has a page for {0:x}", va, 0, 0);
}

static void sender(void *unused)
{
	send_page(sent);
	__sd_event("return", "the page was sent: {0:d}", (sd_u64)result, 0, 0);
	check();
}

static void unmap(void *unused)
{
	sd_munmap(mm, va, 1);
	check();
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sent = va;
	if (OTHER) {
		sent = sd_mmap(mm, NULL, 1);
		sd_populate(mm, sent);
	}
	dd.pport = &pport;
	boot_cpu_data.x86_cache_alignment = 64;	/* as the processor says at boot */
	pq.dd = &dd;
	req.pq = &pq;
	if (hfi1_mmu_rb_register(&pq, &sdma_rb_ops, NULL, &pq.handler))
		__sd_fail("scenario", "hfi1_mmu_rb_register() fails", 0, 0, 0);
	sd_kworker(2);
	if (FIRST)
		send_page(va);
	sd_cpu_run(0, mm, "send", sender, NULL);
	sd_cpu_run(1, mm, "munmap", unmap, NULL);
}
