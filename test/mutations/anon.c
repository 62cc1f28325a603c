// SPDX-License-Identifier: Apache-2.0
/* Migration of a page of anonymous memory that its process goes on using. */
// shootdown: --kernel 4.19
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void user(void *arg)
{
	sd_user_write(va);
}

static struct page *new_page(struct page *page, unsigned long private)
{
	return alloc_page(GFP_KERNEL);
}

static void migrate(void *arg)
{
	LIST_HEAD(pages);
	pte_t *ptep = sd_pte_alloc(mm, va);
	spinlock_t *ptl = &virt_to_page(ptep)->ptl;
	struct page *page;

	spin_lock(ptl);
	page = pte_page(ptep_get(ptep));
	get_page(page);
	spin_unlock(ptl);
	list_add(&page->lru, &pages);
	if (migrate_pages(&pages, new_page, NULL, 0, MIGRATE_SYNC, MR_COMPACTION)) {
		list_del(&page->lru);
		put_page(page);
	}
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_user(0, mm, user, NULL);
	sd_cpu_run(1, NULL, "migrate", migrate, NULL);
}
