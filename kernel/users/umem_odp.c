// SPDX-License-Identifier: Apache-2.0
/*
 * umem_odp.c - InfiniBand on-demand paging (drivers/infiniband/core/umem_odp.c and mlx5 of 4.4).
 *
 * The adapter translates through MTTs that the driver fills on its page faults, 4 KiB at a time. No page references are held. An
 * invalidation raises notifiers_count, zaps the MTTs, forgets the pages under umem_mutex, then moves notifiers_seq and lowers the count; a fault
 * checks both under umem_mutex, once before it notes the page and once before it fills the MTT. Callbacks sleep: a mutex and an rwsem.
 *
 * Not here: several memory regions of one context, and the wait for a completion before a fault is tried again (it tries at once).
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct ib_umem {
	struct sd_mirror m;
	struct mmu_notifier mn;
	struct rw_semaphore umem_rwsem;
	struct mutex umem_mutex;
	long notifiers_count;
	unsigned long notifiers_seq;
	struct page *page_list[SD_MIRROR_PAGES];
	struct page *mtt[SD_MIRROR_PAGES];	/* in the adapter */
};

static struct ib_umem umems[SD_MAX_MIRRORS];
static int nr_umems;

static void start_account(struct ib_umem *umem)
{
	mutex_lock(&umem->umem_mutex);
	umem->notifiers_count++;
	mutex_unlock(&umem->umem_mutex);
}

static void end_account(struct ib_umem *umem)
{
	mutex_lock(&umem->umem_mutex);
	WRITE_ONCE(umem->notifiers_seq, (umem->notifiers_seq + 1) & SD_SEQ_MASK);
	umem->notifiers_count--;
	BUG_ON(umem->notifiers_count < 0);
	mutex_unlock(&umem->umem_mutex);
}

static void mlx5_ib_update_mtt(struct ib_umem *umem, unsigned int i, struct page *page)
{
	__sd_atomic_begin(SD_STEP, NULL);
	umem->mtt[i] = page;
	__sd_event("mtt", page ? "the adapter's entry for {0:x} is filled" : "the adapter's entry for {0:x} is zapped", umem->m.va[i], 0, 0);
	__sd_atomic_end();
}

static void mlx5_ib_invalidate_range(struct ib_umem *umem, unsigned long start, unsigned long end)
{
	unsigned int i;

	for (i = 0; i < umem->m.nr; i++)
		if (sd_mirror_hit(&umem->m, i, start, end) && READ_ONCE(umem->page_list[i]))
			mlx5_ib_update_mtt(umem, i, NULL);
	mutex_lock(&umem->umem_mutex);
	for (i = 0; i < umem->m.nr; i++)
		if (sd_mirror_hit(&umem->m, i, start, end))
			WRITE_ONCE(umem->page_list[i], NULL);	/* and the page is marked dirty */
	mutex_unlock(&umem->umem_mutex);
}

#define mn_to_umem(mn) container_of(mn, struct ib_umem, mn)

static bool in_range(struct ib_umem *umem, unsigned long start, unsigned long end)
{
	return umem->m.va[0] < end && start < umem->m.va[umem->m.nr - 1] + umem->m.size;
}

static void invalidate_start(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct ib_umem *umem = mn_to_umem(mn);

	down_read(&umem->umem_rwsem);
	if (in_range(umem, start, end)) {
		start_account(umem);
		mlx5_ib_invalidate_range(umem, start, end);
	}
	up_read(&umem->umem_rwsem);
}

static void invalidate_end(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct ib_umem *umem = mn_to_umem(mn);

	down_read(&umem->umem_rwsem);
	if (in_range(umem, start, end))
		end_account(umem);
	up_read(&umem->umem_rwsem);
}

static __maybe_unused void invalidate_now(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct ib_umem *umem = mn_to_umem(mn);

	down_read(&umem->umem_rwsem);
	if (in_range(umem, start, end)) {
		start_account(umem);
		mlx5_ib_invalidate_range(umem, start, end);
		end_account(umem);
	}
	up_read(&umem->umem_rwsem);
}

SD_ON_PAGE(ib_umem_notifier_invalidate_page, invalidate_now)
SD_ON_START(ib_umem_notifier_invalidate_range_start, invalidate_start)
SD_ON_END(ib_umem_notifier_invalidate_range_end, invalidate_end)

static const struct mmu_notifier_ops ib_umem_notifiers = {
	SD_PAGE_OPS(ib_umem_notifier_invalidate_page)
	.invalidate_range_start = ib_umem_notifier_invalidate_range_start,
	.invalidate_range_end = ib_umem_notifier_invalidate_range_end,
};

static bool notifier_retry(struct ib_umem *umem, unsigned long seq)
{
	return umem->notifiers_count || READ_ONCE(umem->notifiers_seq) != seq;
}

/* Under umem_mutex, so it commutes with all else there: what the second look may still find changed is what happened in between. */
static void umem_fault(struct sd_mirror *m, unsigned int i)
{
	struct ib_umem *umem = container_of(m, struct ib_umem, m);
	unsigned long seq = READ_ONCE(umem->notifiers_seq);
	struct page *page;
	bool again;

	smp_rmb();
	page = sd_mirror_get_page(m, i);
	if (!page)
		return;
	mutex_lock(&umem->umem_mutex);
	again = notifier_retry(umem, seq);
	if (!again)
		WRITE_ONCE(umem->page_list[i], page);
	sd_mirror_put_page(m, page);
	mutex_unlock(&umem->umem_mutex);
	if (again)
		return;
	mutex_lock(&umem->umem_mutex);
	if (!notifier_retry(umem, seq))
		mlx5_ib_update_mtt(umem, i, page);
	mutex_unlock(&umem->umem_mutex);
}

static bool umem_access(struct sd_mirror *m, unsigned int i)
{
	struct page *page = container_of(m, struct ib_umem, m)->mtt[i];

	if (page)
		sd_mirror_write(m, i, page);
	return page != NULL;
}

static struct sd_mirror *umem_attach(const struct sd_mirror *what)
{
	struct ib_umem *umem = &umems[nr_umems++];

	umem->m = *what;
	umem->m.ops = &sd_umem_odp_mirror;
	umem->mn.ops = &ib_umem_notifiers;
	sd_mirror_listen(&umem->mn, what->mm);
	return &umem->m;
}

const struct sd_mirror_ops sd_umem_odp_mirror = {
	.pages = offsetof(struct ib_umem, mtt),
	.name = "odp", .attach = umem_attach, .access = umem_access, .fault = umem_fault,
};
