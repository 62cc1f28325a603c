// SPDX-License-Identifier: Apache-2.0
/*
 * scif.c - cached DMA windows of Intel's MIC (drivers/misc/mic/scif of 4.4).
 *
 * A temporary window holds references of its pages, so these neither migrate nor go away while it exists. The notifier, under a spinlock,
 * takes windows in the range off the list, so that no later transfer uses them; a work item frees them and their references.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct scif_ep {
	struct sd_mirror m;
	struct mmu_notifier ep_mmu_notifier;
	spinlock_t tc_lock;
	struct page *window[SD_MIRROR_PAGES];	/* one for each page: on the list */
	struct page *doomed[SD_MIRROR_PAGES];	/* off the list, not yet freed */
};

static struct scif_ep eps[SD_MAX_MIRRORS];
static int nr_eps;

static void destroy_tcw(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct scif_ep *ep = container_of(mn, struct scif_ep, ep_mmu_notifier);
	unsigned int i;

	spin_lock(&ep->tc_lock);
	for (i = 0; i < ep->m.nr; i++) {
		if (!sd_mirror_hit(&ep->m, i, start, end))
			continue;
		__sd_atomic_begin(SD_STEP, NULL);
		if (ep->window[i]) {
			ep->doomed[i] = ep->window[i];
			ep->window[i] = NULL;
		}
		__sd_atomic_end();
	}
	spin_unlock(&ep->tc_lock);
}

static void nothing(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	(void)mn, (void)start, (void)end;
}

SD_ON_PAGE(scif_mmu_notifier_invalidate_page, destroy_tcw)
SD_ON_START(scif_mmu_notifier_invalidate_range_start, destroy_tcw)
SD_ON_END(scif_mmu_notifier_invalidate_range_end, nothing)

static const struct mmu_notifier_ops scif_mmu_notifier_ops = {
	SD_PAGE_OPS(scif_mmu_notifier_invalidate_page)
	.invalidate_range_start = scif_mmu_notifier_invalidate_range_start,
	.invalidate_range_end = scif_mmu_notifier_invalidate_range_end,
};

/* A transfer through the window; or one that began before it came off the list. */
static bool scif_access(struct sd_mirror *m, unsigned int i)
{
	struct scif_ep *ep = container_of(m, struct scif_ep, m);
	struct page *page = ep->window[i] ? ep->window[i] : ep->doomed[i];

	if (page)
		sd_mirror_write(m, i, page);
	return page != NULL;
}

static void scif_fault(struct sd_mirror *m, unsigned int i)
{
	struct scif_ep *ep = container_of(m, struct scif_ep, m);
	struct page *page = sd_mirror_get_page(m, i);

	if (!page)
		return;
	spin_lock(&ep->tc_lock);
	__sd_atomic_begin(SD_STEP, NULL);
	ep->window[i] = page;
	__sd_atomic_end();
	spin_unlock(&ep->tc_lock);
}

/* The work item frees what the notifier took off the list. */
static void scif_work(void *arg)
{
	struct scif_ep *ep = arg;
	struct page *page = NULL;
	unsigned int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < ep->m.nr && !page; i++) {
		page = ep->doomed[i];
		ep->doomed[i] = NULL;
	}
	if (!page)
		__sd_block();
	__sd_atomic_end();
	sd_enter_kernel();
	sd_mirror_put_page(&ep->m, page);
	sd_leave_kernel();
}

static struct sd_mirror *scif_attach(const struct sd_mirror *what)
{
	struct scif_ep *ep = &eps[nr_eps++];

	ep->m = *what;
	ep->m.ops = &sd_scif_mirror;
	ep->ep_mmu_notifier.ops = &scif_mmu_notifier_ops;
	sd_mirror_listen(&ep->ep_mmu_notifier, what->mm);
	return &ep->m;
}

const struct sd_mirror_ops sd_scif_mirror = {
	.pages = offsetof(struct scif_ep, window), .old_pages = offsetof(struct scif_ep, doomed),
	.name = "scif", .attach = scif_attach, .access = scif_access, .fault = scif_fault, .work = scif_work, .pins = true,
};
