// SPDX-License-Identifier: Apache-2.0
/*
 * ttm_userptr.c - user memory as buffer objects of radeon and amdgpu (radeon_mn.c, amdgpu_mn.c and their ttm files in 4.4).
 *
 * A command submission takes mmap_sem, reserves all its buffer objects, pins the pages of those that are not bound (allocating memory while it holds the
 * reservations), and binds them. The notifier has range start only: under a mutex of its own it reserves each object in the range that is
 * bound, waits for the GPU, and moves it to the CPU domain, which gives the references back. So it sleeps, and it waits for the holder of the
 * reservation. Registering an object allocates too, with the notifier's mutex held.
 *
 * radeon looks up merged intervals of several objects and unbinds every object of such an interval; amdgpu those that the
 * range touches. An object here is one page, and objects side by side are one interval.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct ttm_userptr {
	struct sd_mirror m;
	struct mmu_notifier mn;
	struct mutex lock;				/* of the notifier */
	bool merged;					/* radeon */
	struct mutex reserved[SD_MIRROR_PAGES];		/* of each object */
	struct page *pages[SD_MIRROR_PAGES];		/* set: bound, and a reference is held */
};

static struct ttm_userptr bos[SD_MAX_MIRRORS];
static int nr_bos;

static void mn_start(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct ttm_userptr *bo = container_of(mn, struct ttm_userptr, mn);
	bool any = false;
	unsigned int i;

	mutex_lock(&bo->lock);
	for (i = 0; i < bo->m.nr; i++)
		any |= sd_mirror_hit(&bo->m, i, start, end);
	for (i = 0; i < bo->m.nr; i++) {
		struct page *page;

		if (!(bo->merged ? any : sd_mirror_hit(&bo->m, i, start, end)) || !READ_ONCE(bo->pages[i]))
			continue;
		mutex_lock(&bo->reserved[i]);
		/* Validated into the CPU domain: the GPU is idle, its mapping is gone, then the pages are let go. */
		__sd_atomic_begin(SD_STEP, NULL);
		page = bo->pages[i];
		bo->pages[i] = NULL;
		__sd_event("zap", "the GPU gives up {0:x}", bo->m.va[i], 0, 0);
		__sd_atomic_end();
		if (page)
			sd_mirror_put_page(&bo->m, page);
		mutex_unlock(&bo->reserved[i]);
	}
	mutex_unlock(&bo->lock);
}

SD_ON_START(mn_invalidate_range_start, mn_start)

static const struct mmu_notifier_ops mn_ops = {
	.invalidate_range_start = mn_invalidate_range_start,
};

static bool bo_access(struct sd_mirror *m, unsigned int i)
{
	struct page *page = container_of(m, struct ttm_userptr, m)->pages[i];

	if (page)
		sd_mirror_write(m, i, page);
	return page != NULL;
}

/* A command submission that uses all objects. */
static void bo_submit(struct sd_mirror *m, unsigned int wanted)
{
	struct ttm_userptr *bo = container_of(m, struct ttm_userptr, m);
	unsigned int i;

	(void)wanted;
	if (sd_reclaim_from) {
		/* Registering: a node of the interval tree is allocated. */
		mutex_lock(&bo->lock);
		sd_direct_reclaim();
		mutex_unlock(&bo->lock);
	}
	/* mmap_sem comes before the reservations (need_mmap_lock in both drivers). */
	down_read(sd_mmap_sem(m->mm));
	for (i = 0; i < m->nr; i++)
		mutex_lock(&bo->reserved[i]);
	for (i = 0; i < m->nr; i++) {
		struct page *page;

		if (READ_ONCE(bo->pages[i]))
			continue;
		page = sd_mirror_get_page_locked(m, i);
		if (!page)
			break;
		sd_direct_reclaim();	/* the scatter list */
		__sd_atomic_begin(SD_STEP, NULL);
		bo->pages[i] = page;
		__sd_atomic_end();
	}
	for (i = m->nr; i-- > 0;)
		mutex_unlock(&bo->reserved[i]);
	up_read(sd_mmap_sem(m->mm));
}

static struct sd_mirror *bo_attach(const struct sd_mirror *what, const struct sd_mirror_ops *ops)
{
	struct ttm_userptr *bo = &bos[nr_bos++];

	bo->m = *what;
	bo->m.ops = ops;
	bo->merged = ops == &sd_radeon_mirror;
	bo->mn.ops = &mn_ops;
	sd_mirror_listen(&bo->mn, what->mm);
	return &bo->m;
}

static struct sd_mirror *radeon_attach(const struct sd_mirror *what)
{
	return bo_attach(what, &sd_radeon_mirror);
}

static struct sd_mirror *amdgpu_attach(const struct sd_mirror *what)
{
	return bo_attach(what, &sd_amdgpu_mirror);
}

const struct sd_mirror_ops sd_radeon_mirror = {
	.pages = offsetof(struct ttm_userptr, pages),
	.name = "radeon", .attach = radeon_attach, .access = bo_access, .fault = bo_submit, .pins = true,
};
const struct sd_mirror_ops sd_amdgpu_mirror = {
	.pages = offsetof(struct ttm_userptr, pages),
	.name = "amdgpu", .attach = amdgpu_attach, .access = bo_access, .fault = bo_submit, .pins = true,
};
