// SPDX-License-Identifier: Apache-2.0
/*
 * The end of an address space that maps anonymous memory, a file and a shared hugetlb table.
 *   USE	0 nothing wrong		1 its memory is used by who has only mm_count	2 the structure is used after the last reference
 *		3 a thread of the process runs on	4 a guest of the model has it
 */
// shootdown: -DUSE=0
#include <linux/slab.h>
#include <shootdown/scenario.h>
#include <shootdown/mirror.h>

static struct mm_struct *a, *b;
static struct file *file, *huge;
static unsigned long anon, shared, gigabyte, other;
static struct mmu_notifier mn;

static void release(struct mmu_notifier *subscriber, struct mm_struct *mm)
{
	/* Perhaps twice: who unregisters at the same time calls it too. */
}

static const struct mmu_notifier_ops ops = { .release = release };

static void leave(void *unused)
{
	mmput(a);
}

/* Holds the structure, not the memory. */
static void hold(void *unused)
{
	struct page *page;

	if (USE == 1) {
		if (get_user_pages_unlocked(anon, 1, &page, FOLL_WRITE) == 1) {
			__sd_atomic_begin(SD_STEP, NULL);
			sd_entry_write("disk", page, a, anon);
			__sd_atomic_end();
			put_page(page);
		}
	} else if (mmget_not_zero(a)) {
		mmput(a);
	}
	mmu_notifier_unregister(&mn, a);
	mmdrop(a);
	if (USE == 2)
		mmdrop(a);
	if (USE == 2)
		READ_ONCE(a->pgd);
}

static void user(void *unused)
{
	sd_user_write(anon);
}

static void move(void *unused)
{
	soft_offline_page(sd_page_of(file, 0), 0);
}

static void write_other(void *unused)
{
	sd_user_write(other);
}

void scenario(void)
{
	a = sd_mm("A");
	file = sd_file("file", 1);
	huge = sd_hugetlb_file("huge", 1);
	anon = sd_mmap(a, NULL, 1);
	shared = sd_mmap(a, file, 0);
	gigabyte = sd_mmap(a, huge, 0);
	sd_populate(a, anon);
	sd_populate(a, shared);
	sd_populate(a, gigabyte);
	b = sd_mm("B");
	other = sd_mmap(b, huge, 0);
	sd_populate(b, other);
	mn.ops = &ops;
	mmu_notifier_register(&mn, a);
	mmgrab(a);
	if (USE == 4)
		sd_kvm("guest", a, anon, 1);
	sd_cpu_run(0, NULL, "leave", leave, NULL);
	sd_cpu_run(1, USE == 2 ? NULL : a, "hold", hold, NULL);
	if (USE == 3)
		sd_user(2, a, user, NULL);
	if (USE == 0) {
		sd_cpu_run(3, NULL, "move", move, NULL);
		sd_user(4, b, write_other, NULL);
	}
}
