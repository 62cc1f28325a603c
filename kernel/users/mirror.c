// SPDX-License-Identifier: Apache-2.0
/*
 * mirror.c - what all mirrors of an address space have in common (shootdown/mirror.h): being set up, and the thread that is their hardware.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

unsigned int sd_seed;

static struct sd_mirror *mirrors[SD_MAX_MIRRORS];
static int nr_mirrors;
static bool may_fault;

void sd_mirror(const struct sd_mirror_ops *ops, struct mm_struct *mm, unsigned long va, unsigned int nr, bool pieces)
{
	struct sd_upage *up = &sd_upages[sd_find_upage(mm, va)];
	struct sd_mirror what = { .name = ops->name, .mm = mm, .nr = nr, .size = up->size, .piece_size = up->size, .pieces = pieces };
	unsigned int i;

	if (nr_mirrors >= SD_MAX_MIRRORS || nr > SD_MIRROR_PAGES)
		__sd_fail("model-limit", "the scenario has more mirrors than SD_MAX_MIRRORS, which is {0:d}, or more pages in one than "
			  "SD_MIRROR_PAGES, which is {1:d}", SD_MAX_MIRRORS, SD_MIRROR_PAGES, 0);
	for (i = 0; i < nr; i++)
		what.va[i] = up[i].va;
	if (pieces && up->size > PAGE_SIZE) {
		what.piece = PAGE_SIZE;
		what.piece_size = PAGE_SIZE;
	}
	sd_somebody_pins |= ops->pins;
	mirrors[nr_mirrors++] = ops->attach(&what);
}

void sd_mirror_listen(struct mmu_notifier *mn, struct mm_struct *mm)
{
	mm->sd_mirrored = true;
	if (!(sd_seed & SD_SEED_DEAF))
		mmu_notifier_register(mn, mm);
}

/* Does the range touch what the mirror holds of page i? */
bool sd_mirror_hit(const struct sd_mirror *m, unsigned int i, unsigned long start, unsigned long end)
{
	unsigned long from = m->va[i] + m->piece;

	return from < end && start < from + m->piece_size;
}

void sd_mirror_write(struct sd_mirror *m, unsigned int i, struct page *page)
{
	sd_data_access(page, 0, sd_upages[sd_find_upage(m->mm, m->va[i])].location, true, m->name, m->va[i]);
}

/* The page that is at page i's address now, faulted in, with a reference. NULL: its memory failed, and the driver gives up. */
static struct page *get_page_at(struct sd_mirror *m, unsigned int i, bool locked)
{
	unsigned long va = m->va[i] + m->piece;
	struct page *page;
	long got;

	current->mm = m->mm;
	sd_direct_reclaim();	/* it allocates what it needs first, holding nothing */
	got = locked ? get_user_pages(va, 1, FOLL_WRITE, &page) : get_user_pages_unlocked(va, 1, &page, FOLL_WRITE);
	if (got == -EHWPOISON)
		return NULL;
	if (got != 1)
		__sd_fail("sigbus", "{0:s} cannot get the page at {1:x}", (sd_u64)m->name, m->va[i], 0);
	if (sd_seed & SD_SEED_NO_PIN)
		put_page(page);
	return page;
}

struct page *sd_mirror_get_page(struct sd_mirror *m, unsigned int i)
{
	return get_page_at(m, i, false);
}

/* For a driver that holds mmap_sem. */
struct page *sd_mirror_get_page_locked(struct sd_mirror *m, unsigned int i)
{
	return get_page_at(m, i, true);
}

/* Its hardware may have written: the four that pin pages all say so when they let go (as i915_gem_userptr_put_pages() does). */
void sd_mirror_put_page(struct sd_mirror *m, struct page *page)
{
	if (sd_seed & SD_SEED_NO_PIN)
		return;
	if (m->ops->pins)
		set_page_dirty(page);
	put_page(page);
}

/* For sd_show(). Guests and what walks the tables are shown for what they are. */
void sd_show_mirrors(void)
{
	unsigned int i;
	int k;

	for (k = 0; k < nr_mirrors; k++) {
		struct sd_mirror *m = mirrors[k];
		struct page **pages = (struct page **)((char *)m + m->ops->pages);
		struct page **old = (struct page **)((char *)m + m->ops->old_pages);

		if (!m->ops->pages)
			continue;
		__sd_event("show box devices and guests", "{1:s}, for {2:s}", (sd_u64)m, (sd_u64)m->name, (sd_u64)m->mm->sd_name);
		for (i = 0; i < m->nr; i++) {
			sd_show_holds(&pages[i], "{1:x}", m->mm, m->va[i], pages[i]);
			if (m->ops->old_pages && old[i])
				sd_show_holds(&old[i], "{1:x}, to be freed", m->mm, m->va[i], old[i]);
		}
	}
}

static void run(void *arg)
{
	struct sd_mirror *m;
	unsigned int i;
	bool done;

	(void)arg;
	__sd_atomic_begin(SD_STEP, NULL);
	m = mirrors[nr_mirrors > 1 ? __sd_choose(nr_mirrors) : 0];
	i = m->nr > 1 ? (unsigned int)__sd_choose((int)m->nr) : 0;
	done = m->ops->access(m, i);
	if (!done && (!may_fault || sd_fault_waits(&sd_upages[sd_find_upage(m->mm, m->va[i])])))
		__sd_block();
	__sd_atomic_end();
	if (done)
		return;
	sd_enter_kernel();
	m->ops->fault(m, i);
	sd_leave_kernel();
}

void sd_mirrors_run(int cpu, bool faults)
{
	unsigned int i;
	int k;

	may_fault = faults;
	for (k = 0; k < nr_mirrors && !faults; k++)
		for (i = 0; i < mirrors[k]->nr; i++)
			mirrors[k]->ops->fault(mirrors[k], i);
	current->mm = NULL;
	sd_loop_thread(cpu, mirrors[0]->ops->name, mirrors[0]->mm, run, NULL);
	for (k = 0; k < nr_mirrors; k++)
		if (mirrors[k]->ops->work)
			sd_loop_thread(cpu, "kworker", NULL, mirrors[k]->ops->work, mirrors[k]);
}
