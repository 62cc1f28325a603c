// SPDX-License-Identifier: Apache-2.0
/*
 * gru-unit.c - the tree's drivers/misc/sgi-gru/grutlbpurge.c, unchanged, and one GRU that faults.
 *
 * Real: the notifier callbacks, registration, which GRUs are flushed under which locks. Ours: what a flush does to the
 * GRU's TLB, and the fault in the order of gru_try_dropin(): look at ms_range_active, read the page table, drop in.
 *
 * That order is not enough by itself: invalidate_page never raises ms_range_active. The driver relies on its hardware: a fault under way
 * is known to the GRU, and a flush of its address makes the drop-in fail. -DTFH=0 takes that away.
 */
#include <../drivers/misc/sgi-gru/grutlbpurge.c>

#include "../../../kernel/real-4.4/machine.h"

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

static struct gru_mm_struct *gms;
static struct sd_upage *upage;
static unsigned long entry;	/* of the GRU's TLB: frame number plus 1 */
static unsigned long fault;	/* a fault is under way, and no flush of its address came since */

int tgh_invalidate(struct gru_tlb_global_handle *tgh, unsigned long vaddr, unsigned long vaddrmask, int asid, int pagesize, int global,
		   int n, unsigned short ctxbitmap)
{
	__sd_atomic_begin(SD_STEP, &entry);
	if (vaddr < upage->va + upage->size && vaddr + (n + 1) * PAGE_SIZE > upage->va) {
		entry = 0;
		fault = 0;
		__sd_event("flush", "the GRU's TLB is flushed at {0:x}", vaddr, 0, 0);
	}
	__sd_atomic_end();
	return 0;
}

static void dropin(void)
{
	struct page *page;

	__sd_atomic_begin(SD_STEP, &entry);
	fault = 1;
	__sd_atomic_end();
	if (atomic_read(&gms->ms_range_active))
		return;
	page = sd_get_user_page(upage->mm, upage->va);
	__sd_atomic_begin(SD_STEP, &entry);
	if (fault || !TFH)
		entry = sd_frame_of(page_to_pfn(page)) + 1;
	__sd_atomic_end();
	put_page(page);
}

static void gru_run(void *unused)
{
	for (;;) {
		unsigned long used;

		__sd_atomic_begin(SD_STEP, &entry);
		used = entry;
		if (used)
			sd_data_access(used - 1, upage->location, true, "the GRU", upage->va);
		__sd_atomic_end();
		if (!used)
			dropin();
	}
}

void sd_gru_start(int n)
{
	struct gru_state *gru = &blade.bs_grus[0];

	upage = &sd_upages[n];
	gru->gs_gru_base_vaddr = (void *)handle - GRU_TGH_BASE;
	gru->gs_tgh_local_shift = 8;
	sd_task_structs[0].mm = upage->mm;
	gms = gru_register_mmu_notifier();
	if (IS_ERR(gms))
		__sd_fail("setup", "the notifier is not registered", 0, 0, 0);
	gms->ms_asids[0].mt_asid = 1;
	gms->ms_asids[0].mt_ctxbitmap = 1;
	__set_bit(0, gms->ms_asidmap);
	__sd_thread("GRU", "GRU", gru_run, NULL, SD_DAEMON);
}
#endif
