// SPDX-License-Identifier: Apache-2.0
/*
 * gntdev.c - Xen grants mapped into user space (drivers/xen/gntdev.c of 4.4).
 *
 * A grant map is a VMA of its own with pages of another domain; they have no rmap and never migrate. The notifier hears of the whole
 * mm, and unmaps those grants that are in the range, under a mutex. Nothing is ever mapped again: an access to an unmapped grant gets
 * a signal, so there is no race with faults to lose. It contributes callbacks that sleep.
 * The seeded fault makes the grants the very pages that migrate, with callbacks that are not called.
 */
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

struct gntdev_priv {
	struct sd_mirror m;
	struct mmu_notifier mn;
	struct mutex lock;
	struct page *grant[SD_MIRROR_PAGES];
};

static struct gntdev_priv privs[SD_MAX_MIRRORS];
static int nr_privs;

static void unmap_range(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct gntdev_priv *priv = container_of(mn, struct gntdev_priv, mn);
	unsigned int i;

	mutex_lock(&priv->lock);
	for (i = 0; i < priv->m.nr; i++) {
		if (!sd_mirror_hit(&priv->m, i, start, end))
			continue;
		__sd_atomic_begin(SD_STEP, NULL);
		priv->grant[i] = NULL;
		__sd_event("zap", "the grant at {0:x} is unmapped", priv->m.va[i], 0, 0);
		__sd_atomic_end();
	}
	mutex_unlock(&priv->lock);
}

SD_ON_PAGE(mn_invl_page, unmap_range)
SD_ON_START(mn_invl_range_start, unmap_range)

static const struct mmu_notifier_ops gntdev_mmu_ops = {
	SD_PAGE_OPS(mn_invl_page)
	.invalidate_range_start = mn_invl_range_start,
};

static bool gntdev_access(struct sd_mirror *m, unsigned int i)
{
	struct page *page = container_of(m, struct gntdev_priv, m)->grant[i];

	if (!page)
		__sd_block();
	sd_mirror_write(m, i, page);
	return true;
}

/* Grants are mapped when the map is made, and never again. */
static void gntdev_fault(struct sd_mirror *m, unsigned int i)
{
	if (container_of(m, struct gntdev_priv, m)->grant[i])
		return;
	__sd_fail("sigbus", "the grant at {0:x} is gone", m->va[i], 0, 0);
}

static struct sd_mirror *gntdev_attach(const struct sd_mirror *what)
{
	struct gntdev_priv *priv = &privs[nr_privs++];
	unsigned int i;

	priv->m = *what;
	priv->m.ops = &sd_gntdev_mirror;
	if (!(sd_seed & SD_SEED_OVERLAP)) {
		priv->m.nr = 1;
		priv->m.va[0] = sd_mmap(what->mm, NULL, 1);
		priv->m.size = priv->m.piece_size = PAGE_SIZE;
		priv->m.piece = 0;
		sd_populate(what->mm, priv->m.va[0]);
	}
	for (i = 0; i < priv->m.nr; i++)
		priv->grant[i] = pfn_to_page((sd_walk(what->mm, priv->m.va[i], false) & PTE_PFN_MASK) >> PAGE_SHIFT);
	priv->mn.ops = &gntdev_mmu_ops;
	sd_mirror_listen(&priv->mn, what->mm);
	return &priv->m;
}

const struct sd_mirror_ops sd_gntdev_mirror = {
	.pages = offsetof(struct gntdev_priv, grant),
	.name = "gntdev", .attach = gntdev_attach, .access = gntdev_access, .fault = gntdev_fault,
};
