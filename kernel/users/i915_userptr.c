// SPDX-License-Identifier: Apache-2.0
/*
 * i915_userptr.c - user memory as GPU objects (drivers/gpu/drm/i915/i915_gem_userptr.c of 4.4).
 *
 * An object holds references of its pages while the GPU has them. The notifier has range start only, under a spinlock: it queues a work
 * item, once for each time the object was made active, and does not wait. The work unbinds the object and gives the references back.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct i915_userptr {
	struct sd_mirror m;
	struct mmu_notifier mn;
	spinlock_t lock;
	struct mutex struct_mutex;
	struct page *pages[SD_MIRROR_PAGES];	/* an object for each page; the GPU is bound to it while this is set */
	unsigned long active[SD_MIRROR_PAGES];
	unsigned long work[SD_MIRROR_PAGES];	/* queued */
};

static struct i915_userptr userptrs[SD_MAX_MIRRORS];
static int nr_userptrs;

static void cancel(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct i915_userptr *obj = container_of(mn, struct i915_userptr, mn);
	unsigned int i;

	spin_lock(&obj->lock);
	for (i = 0; i < obj->m.nr; i++) {
		if (!sd_mirror_hit(&obj->m, i, start, end) || !obj->active[i])
			continue;
		obj->active[i] = 0;
		__sd_atomic_begin(SD_STEP, NULL);
		obj->work[i] = 1;
		__sd_atomic_end();
	}
	spin_unlock(&obj->lock);
}

SD_ON_START(i915_gem_userptr_mn_invalidate_range_start, cancel)

static const struct mmu_notifier_ops i915_gem_userptr_notifier = {
	.invalidate_range_start = i915_gem_userptr_mn_invalidate_range_start,
};

static bool userptr_access(struct sd_mirror *m, unsigned int i)
{
	struct page *page = container_of(m, struct i915_userptr, m)->pages[i];

	if (page)
		sd_mirror_write(m, i, page);
	return page != NULL;
}

/* execbuffer: the object gets its pages and is bound. */
static void userptr_fault(struct sd_mirror *m, unsigned int i)
{
	struct i915_userptr *obj = container_of(m, struct i915_userptr, m);
	struct page *page = sd_mirror_get_page(m, i);

	if (!page)
		return;
	mutex_lock(&obj->struct_mutex);
	spin_lock(&obj->lock);
	obj->active[i] = 1;
	spin_unlock(&obj->lock);
	__sd_atomic_begin(SD_STEP, NULL);
	obj->pages[i] = page;
	__sd_atomic_end();
	mutex_unlock(&obj->struct_mutex);
}

/* The work item, for whichever object it is queued. */
static void cancel_userptr_worker(void *arg)
{
	struct i915_userptr *obj = arg;
	struct page *page;
	unsigned int i;

	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < obj->m.nr && !obj->work[i]; i++)
		;
	if (i == obj->m.nr)
		__sd_block();
	obj->work[i] = 0;
	__sd_atomic_end();
	sd_enter_kernel();
	mutex_lock(&obj->struct_mutex);
	__sd_atomic_begin(SD_STEP, NULL);
	page = obj->pages[i];
	obj->pages[i] = NULL;
	__sd_event("zap", "the GPU gives up {0:x}", obj->m.va[i], 0, 0);
	__sd_atomic_end();
	if (page)
		sd_mirror_put_page(&obj->m, page);
	mutex_unlock(&obj->struct_mutex);
	sd_leave_kernel();
}

static struct sd_mirror *userptr_attach(const struct sd_mirror *what)
{
	struct i915_userptr *obj = &userptrs[nr_userptrs++];

	obj->m = *what;
	obj->m.ops = &sd_i915_mirror;
	obj->mn.ops = &i915_gem_userptr_notifier;
	sd_mirror_listen(&obj->mn, what->mm);
	return &obj->m;
}

const struct sd_mirror_ops sd_i915_mirror = {
	.pages = offsetof(struct i915_userptr, pages),
	.name = "i915", .attach = userptr_attach, .access = userptr_access, .fault = userptr_fault,
	.work = cancel_userptr_worker, .pins = true,
};
