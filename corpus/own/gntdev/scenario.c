// SPDX-License-Identifier: Apache-2.0
/*
 * Xen's driver for grants, drivers/xen/gntdev.c, in a paravirtual guest: four pages of another domain are mapped into a process, whose threads take them
 * away. When that call has returned, the hypervisor no longer maps the grant there: its entry in the page table is gone, and nobody would unmap it later.
 * The hypervisor is ours: gnttab_unmap_refs_async() does its work at once. Anonymous pages stand for the mapping of the device's file.
 * -DTAKE: UNMAP or DROP (MADV_DONTNEED) of a page, or ALL: DROP of all, and of a page before and one behind them that are no grants.
 * -DTHREADS=2: each takes one of the pages. -DBEFORE=1: the second was unmapped during setup.
 */
// shootdown: -DTAKE=DROP -DTHREADS=1 -DBEFORE=0
#include <shootdown/scenario.h>
/* A trace header of 6.1's wants the table of calls that are patched, which the small configuration has none of. */
#include <asm/text-patching.h>
#undef __parainstructions
#undef __parainstructions_end
#include SD_DRIVER

#define PAGES 4
#define NEVER 3	/* could not be mapped when the others were */
#define TOLD 2	/* whose first byte says to the other domain whether it is mapped */
enum { UNMAP, DROP, ALL };

static struct mm_struct *the_mm;
static unsigned long va;
static unsigned long granted[PAGES];	/* the hypervisor's: mapped at that page */
static struct gntdev_grant_map map;
static struct gnttab_unmap_grant_ref unmap_ops[PAGES], kunmap_ops[PAGES];
static struct page *pages[PAGES];
static bool being_removed[PAGES];

void gnttab_unmap_refs_async(struct gntab_unmap_queue_data *item)
{
	unsigned int i;

	for (i = 0; i < item->count; i++) {
		long nr = item->unmap_ops + i - unmap_ops;

		__sd_atomic_begin(SD_STEP, granted);
		if (nr == NEVER)
			item->unmap_ops[i].status = GNTST_bad_handle;
		else if (item->unmap_ops[i].handle == INVALID_GRANT_HANDLE)
			__sd_fail("bad-grant", "the grant at page {0:d} is unmapped twice", (sd_u64)nr, 0, 0);
		granted[nr] = 0;
		__sd_event("grant", "the hypervisor unmaps the grant at page {0:d}", (sd_u64)nr, 0, 0);
		__sd_atomic_end();
	}
	item->done(0, item);
}

static void take(void *arg)
{
	unsigned long nr = (unsigned long)arg, i;

	if (TAKE == UNMAP)
		sd_munmap(the_mm, va + nr * PAGE_SIZE, 1);
	else if (TAKE == DROP)
		sd_madvise(the_mm, va + nr * PAGE_SIZE, 1, MADV_DONTNEED);
	else
		sd_madvise(the_mm, va - PAGE_SIZE, PAGES + 2, MADV_DONTNEED);
	__sd_atomic_begin(SD_STEP, granted);
	for (i = 0; i < PAGES; i++)
		if ((TAKE == ALL || i == nr) && granted[i])
			__sd_fail("stale-grant", "page {0:d} was taken away, and the hypervisor still has its grant", i, 0, 0);
	__sd_atomic_end();
}

static void reader(void *unused)
{
	sd_user_read(va);
}

static char *told(void)
{
	return pfn_to_kaddr(page_to_pfn(pages[TOLD]));
}

/* What the driver counts is what there is: a reference for itself, and for each page what the hypervisor maps and what the driver does. */
void sd_at_end(void)
{
	if (refcount_read(&map.users) != 1 || atomic_read(&map.live_grants) != 2 * (int)(granted[0] + granted[1] + granted[2]))
		__sd_fail("bad-count", "the driver counts {0:d} users and {1:d} live grants", refcount_read(&map.users), atomic_read(&map.live_grants), 0);
	if (*told() != granted[TOLD])
		__sd_fail("bad-byte", "the byte that is cleared when page {0:d} is unmapped is {1:d}", TOLD, *told(), 0);
}

void scenario(void)
{
	unsigned long i;

	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, PAGES + 2) + PAGE_SIZE;
	use_ptemod = 1;
	for (i = 0; i < PAGES; i++) {
		sd_populate(the_mm, va + i * PAGE_SIZE);
		granted[i] = i != NEVER;
		unmap_ops[i].handle = kunmap_ops[i].handle = i == NEVER ? INVALID_GRANT_HANDLE : (grant_handle_t)i;
	}
	pages[TOLD] = alloc_page(GFP_KERNEL);
	*told() = 1;
	map = (struct gntdev_grant_map){ .count = PAGES, .unmap_ops = unmap_ops, .kunmap_ops = kunmap_ops, .pages = pages,
					 .being_removed = being_removed, .pages_vm_start = va,
					 .notify = { .flags = UNMAP_NOTIFY_CLEAR_BYTE, .addr = TOLD * PAGE_SIZE } };
	refcount_set(&map.users, 1);
	atomic_set(&map.live_grants, 2 * (PAGES - 1));
	if (mmu_interval_notifier_insert(&map.notifier, the_mm, va, PAGES * PAGE_SIZE, &gntdev_mmu_ops))
		__sd_fail("scenario", "mmu_interval_notifier_insert() fails", 0, 0, 0);
	if (BEFORE)
		unmap_grant_pages(&map, 1, 1);
	sd_cpu_run(0, the_mm, "take", take, (void *)0UL);
	if (THREADS == 2)
		sd_cpu_run(1, the_mm, "take too", take, (void *)1UL);
	else
		sd_cpu_run(1, the_mm, "reader", reader, NULL);
}
