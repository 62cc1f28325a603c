// SPDX-License-Identifier: Apache-2.0
/*
 * sgi-gru.c - the TLB of SGI's global reference unit, filled by software (drivers/misc/sgi-gru of 4.4).
 *
 * On a miss the driver looks at the fault handle, gives up if a range invalidation is under way (ms_range_active), looks the address up and
 * drops the translation in. It never looks at ms_range_active again: "magic hardware" ignores the drop-in if an
 * invalidation came between. -DSD_GRU_NO_MAGIC is a GRU that does not. A flush names 4 KiB pages, at most 1024 of them however long
 * the range is; an entry of 2 MiB goes if one of them is in it (an assumption about hardware that we cannot test).
 */
#include <linux/wait.h>
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

#define GRUMAXINVAL 1024UL

struct gru_mm {
	struct sd_mirror m;
	struct mmu_notifier ms_notifier;
	atomic_t ms_range_active __aligned(8);
	wait_queue_head_t ms_wait_queue;
	spinlock_t ms_asid_lock __aligned(8);
	struct page *tlb[SD_MIRROR_PAGES];	/* in the GRU */
	unsigned long missed[SD_MIRROR_PAGES];	/* the fault handle waits for page i, and no invalidation of it came by */
};

static struct gru_mm grus[SD_MAX_MIRRORS];
static int nr_grus;

static void gru_flush_tlb_range(struct gru_mm *gms, unsigned long start, unsigned long len)
{
	unsigned long num = min((len + PAGE_SIZE - 1) >> PAGE_SHIFT, GRUMAXINVAL);
	unsigned int i;

	spin_lock(&gms->ms_asid_lock);
	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < gms->m.nr; i++) {
		if (!sd_mirror_hit(&gms->m, i, start, start + num * PAGE_SIZE))
			continue;
		gms->tlb[i] = NULL;
#ifndef SD_GRU_NO_MAGIC
		gms->missed[i] = 0;
#endif
	}
	__sd_event("device-flush", "the GRU drops {0:d} pages from {1:x} on", num, start, 0);
	__sd_atomic_end();
	spin_unlock(&gms->ms_asid_lock);
}

#define mn_to_gms(mn) container_of(mn, struct gru_mm, ms_notifier)

static void range_start(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	atomic_inc(&mn_to_gms(mn)->ms_range_active);
	gru_flush_tlb_range(mn_to_gms(mn), start, end - start);
}

static void range_end(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	(void)start, (void)end;
	atomic_dec(&mn_to_gms(mn)->ms_range_active);
	wake_up_all(&mn_to_gms(mn)->ms_wait_queue);
}

static __maybe_unused void flush_now(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	gru_flush_tlb_range(mn_to_gms(mn), start, end - start);
}

SD_ON_PAGE(gru_invalidate_page, flush_now)
SD_ON_START(gru_invalidate_range_start, range_start)
SD_ON_END(gru_invalidate_range_end, range_end)

static const struct mmu_notifier_ops gru_mmuops = {
	SD_PAGE_OPS(gru_invalidate_page)
	.invalidate_range_start = gru_invalidate_range_start,
	.invalidate_range_end = gru_invalidate_range_end,
};

int sd_gru_lockless;

/* No lock, and no reference: what ms_range_active and the hardware do has to be enough. NULL: by get_user_pages(). */
static struct page *atomic_pte_lookup(struct mm_struct *mm, unsigned long vaddr)
{
	pgd_t pgd = pgdp_get(pgd_offset(mm, vaddr));
	pud_t pud;
	pmd_t pmd;
	pte_t pte;

	if (pgd_none(pgd))
		return NULL;
	pud = pudp_get((pud_t *)pgd_page_vaddr(pgd) + pud_index(vaddr));
	if (pud_none(pud))
		return NULL;
	pmd = pmdp_get((pmd_t *)pud_page_vaddr(pud) + pmd_index(vaddr));
	if (pmd_none(pmd))
		return NULL;
	if (pmd_val(pmd) & _PAGE_PSE)
		pte = __pte(pmd_val(pmd));
	else
		pte = ptep_get((pte_t *)pmd_page_vaddr(pmd) + pte_index(vaddr));
	if (!pte_present(pte) || !pte_write(pte) || !pte_dirty(pte))
		return NULL;
	if (sd_gru_lockless == 2 && pte_huge(pte))
		return pte_page(pte) + ((vaddr & ~HPAGE_MASK) >> PAGE_SHIFT);
	return pte_page(pte);
}

static void gru_fault(struct sd_mirror *m, unsigned int i)
{
	struct gru_mm *gms = container_of(m, struct gru_mm, m);
	struct page *page;

	__sd_atomic_begin(SD_STEP, NULL);
	gms->missed[i] = 1;
	__sd_atomic_end();
	/* Range invalidations under way: this drop-in fails, and the user's retry waits until there are none. */
	if (atomic_read(&gms->ms_range_active)) {
		wait_event(gms->ms_wait_queue, !gms->ms_range_active.counter);
		return;
	}
	page = sd_gru_lockless ? atomic_pte_lookup(m->mm, m->va[i]) : NULL;
	if (!page) {
		page = sd_mirror_get_page(m, i);
		if (!page)
			return;
		sd_mirror_put_page(m, page);
	}
	__sd_atomic_begin(SD_STEP, NULL);
	if (gms->missed[i]) {
		gms->tlb[i] = page;
		__sd_event("dropin", "the GRU's entry for {0:x} is dropped in", m->va[i], 0, 0);
	}
	gms->missed[i] = 0;
	__sd_atomic_end();
}

static bool gru_access(struct sd_mirror *m, unsigned int i)
{
	struct page *page = container_of(m, struct gru_mm, m)->tlb[i];

	if (page)
		sd_mirror_write(m, i, page);
	return page != NULL;
}

static struct sd_mirror *gru_attach(const struct sd_mirror *what)
{
	struct gru_mm *gms = &grus[nr_grus++];

	gms->m = *what;
	gms->m.ops = &sd_gru_mirror;
	gms->ms_notifier.ops = &gru_mmuops;
	sd_mirror_listen(&gms->ms_notifier, what->mm);
	return &gms->m;
}

const struct sd_mirror_ops sd_gru_mirror = {
	.name = "gru", .attach = gru_attach, .access = gru_access, .fault = gru_fault, .pages = offsetof(struct gru_mm, tlb),
};
