// SPDX-License-Identifier: Apache-2.0
/*
 * gru-unit.c - the tree's drivers/misc/sgi-gru/grutlbpurge.c, unchanged, and a GRU that faults for each process.
 *
 * Real: the notifier callbacks, registration, which GRUs are flushed under which locks. Ours: what a flush does to the
 * GRU's TLB, and the fault in the order of gru_try_dropin(): look at ms_range_active, read the page table, drop in.
 *
 * That order is not enough by itself: invalidate_page never raises ms_range_active. The driver relies on its hardware: a fault under way
 * is known to the GRU, and a flush of its address makes the drop-in fail. -DTFH=0 takes that away. A flush of 4 KiB
 * pages drops the entry of a huge page if it names one of them: an assumption, the driver says nothing else.
 * ../4.4-hugetlb-sharing/mirror.h has more of these.
 */
#include <../drivers/misc/sgi-gru/grutlbpurge.c>

#include "../4.4-hugetlb-sharing/mirror.h"

#ifndef GRU
#define GRU 0
#endif
#ifndef TFH
#define TFH 1
#endif

#if GRU

static struct gru_blade_state blade;
struct gru_blade_state *gru_base[GRU_MAX_BLADES] = { &blade };
unsigned long gru_options;
struct gru_stats_s gru_stats;
static struct device grudev_none;
struct device *grudev = &grudev_none;
/* All of it is zero: this CPU and the GRU are on blade 0. Tasks are words apart. */
static char hub_info[sizeof(struct uv_hub_info_s) + SD_MAX_TASKS * sizeof(long)] __used __aligned(8);
extern typeof(hub_info) sd_hub_info __asm__("__uv_hub_info") __attribute__((alias("hub_info")));
static unsigned long handle[GRU_HANDLE_BYTES / sizeof(long)];

/* What the one GRU does for a process. */
static struct context {
	const char *name;
	struct gru_mm_struct *gms;
	struct sd_upage *up;
	unsigned long entry[PAGES];	/* of its TLB */
	unsigned long fault[PAGES];	/* a fault is under way, and no flush of its address came since */
} contexts[MIRRORS];

#define asid_of(c) (((c) - contexts + 1) * ASID_INC)

int tgh_invalidate(struct gru_tlb_global_handle *tgh, unsigned long vaddr, unsigned long vaddrmask, int asid, int pagesize, int global,
		   int n, unsigned short ctxbitmap)
{
	struct context *c = &contexts[asid / ASID_INC - 1];
	int i;

	__sd_atomic_begin(SD_STEP, c);
	for (i = 0; i < PAGES; i++) {
		if (!mirror_hit(&c->up[i], vaddr, vaddr + (n + 1) * PAGE_SIZE))
			continue;
		c->entry[i] = 0;
		c->fault[i] = 0;
	}
	__sd_event("flush", "{0:s} drops {1:d} pages from {2:x} on", (sd_u64)c->name, n + 1, vaddr);
	__sd_atomic_end();
	return 0;
}

static void dropin(struct context *c, int i)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, c);
	c->fault[i] = 1;
	__sd_atomic_end();
	if (atomic_read(&c->gms->ms_range_active))
		return;
	page = sd_get_user_page(c->up->mm, mirror_from(&c->up[i]));
	__sd_atomic_begin(SD_STEP, c);
	if (c->fault[i] || !TFH)
		c->entry[i] = mirror_entry(page);
	__sd_atomic_end();
	put_page(page);
}

static void gru_run(void *arg)
{
	struct context *c = arg;

	for (;;) {
		unsigned long used;
		int i;

		__sd_atomic_begin(SD_STEP, c);
		i = mirror_choose();
		used = c->entry[i];
		if (used)
			mirror_write(c->name, used, &c->up[i]);
		else if (!FAULTS)
			__sd_block();
		__sd_atomic_end();
		if (!used)
			dropin(c, i);
	}
}

void sd_gru_start(int k, int upage)
{
	static const char *const names[] = { "GRU of A", "GRU of B" };
	struct gru_state *gru = &blade.bs_grus[0];
	struct context *c = &contexts[k];
	struct gru_mm_struct *gms;
	int n;

	c->name = names[k];
	c->up = &sd_upages[upage];
	gru->gs_gru_base_vaddr = (void *)handle - GRU_TGH_BASE;
	gru->gs_tgh_local_shift = 8;
	sd_task_structs[0].mm = c->up->mm;
	gms = gru_register_mmu_notifier();
	if (IS_ERR(gms))
		__sd_fail("setup", "the notifier is not registered", 0, 0, 0);
	mirror_listens(&gms->ms_notifier);
	c->gms = gms;
	gms->ms_asids[0].mt_asid = asid_of(c);
	gms->ms_asids[0].mt_ctxbitmap = 1;
	__set_bit(0, gms->ms_asidmap);
	for (n = 0; !FAULTS && n < PAGES; n++)
		dropin(c, n);
	__sd_thread(names[k], names[k], gru_run, c, SD_DAEMON);
}
#endif
