// SPDX-License-Identifier: Apache-2.0
/*
 * SGI's GRU, drivers/misc/sgi-gru/grutlbpurge.c and grufault.c: a device with a TLB that the driver fills from get_user_pages(), without a reference. The callback
 * before a change purges the TLB, and counts changes under way, during which no entry is dropped in. The hardware is ours: one entry for the page, and, as the
 * driver's own comment says of it, a drop-in for which there was a purge since the miss is ignored.
 * -DTAKE: what a CPU does with the page; TWICE: MADV_DONTNEED, two times; NOTHING. -DLOADED=1: the entry is there before.
 */
// shootdown: -DTAKE=DROP -DLOADED=0
#include <shootdown/scenario.h>
#include SD_DRIVER
#include "grufault.c"

enum { UNMAP, DROP, TWICE, MIGRATE, PROTECT, NOTHING };
#define ASID 8

static struct uv_hub_info_s hub = { .m_val = 46, .m_shift = 64 - 46, .n_lshift = 46 };	/* global addresses are physical ones */
DEFINE_PER_CPU(struct uv_cpu_info_s, __uv_cpu_info) = { .p_uv_hub_info = &hub };
static struct mm_struct *the_mm;
static unsigned long va;
static struct gru_tlb_global_handle handles[1];
static struct gru_blade_state blade;
static struct gru_thread_state gts;
static struct gru_tlb_fault_handle tfh;
static struct gru_instruction_bits cb;
static struct page *entry;	/* of the GRU's TLB, for va */
static int pending;		/* a miss, and no purge since */

int tgh_invalidate(struct gru_tlb_global_handle *tgh, unsigned long vaddr, unsigned long mask, int asid, int pagesize, int global, int n,
		   unsigned short contexts)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (!test_bit(1, (unsigned long *)tgh))
		__sd_fail("unlocked-handle", "a purge by a handle that is not locked", 0, 0, 0);
	if ((contexts & 1) && asid == GRUASID(ASID, va) && vaddr <= va && va - vaddr <= (unsigned long)n * PAGE_SIZE) {
		entry = NULL;
		pending = 0;
	}
	__sd_event("purge", "the GRU purges {0:d} pages from {1:x} on", (sd_u64)n + 1, vaddr, 0);
	__sd_atomic_end();
	return 0;
}

void tfh_write_restart(struct gru_tlb_fault_handle *h, unsigned long gpa, int gaa, unsigned long vaddr, int asid, int dirty, int pagesize)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (pending)
		entry = pfn_to_page(gpa >> PAGE_SHIFT);
	pending = 0;
	__sd_event("dropin", entry ? "the driver drops an entry in" : "the driver drops an entry in, too late", 0, 0, 0);
	__sd_atomic_end();
}

/* The address is not there: the instruction ends with an error. */
void tfh_exception(struct gru_tlb_fault_handle *h)
{
	WRITE_ONCE(pending, 0);
}

static void device(void *unused)
{
	if (!LOADED) {
		WRITE_ONCE(pending, 1);
		mmap_read_lock(the_mm);
		gru_user_dropin(&gts, &tfh, &cb);
		mmap_read_unlock(the_mm);
	}
	__sd_atomic_begin(SD_STEP, NULL);
	if (TAKE == NOTHING && !entry)
		__sd_fail("no-entry", "nothing is taken away, and the driver drops no entry in", 0, 0, 0);
	if (entry)
		sd_entry_write("the GRU", entry, the_mm, va);
	__sd_atomic_end();
}

static void take(void *unused)
{
	switch (TAKE) {
	case UNMAP: sd_munmap(the_mm, va, 1); break;
	case DROP: sd_madvise(the_mm, va, 1, MADV_DONTNEED); break;
	case TWICE:
		sd_madvise(the_mm, va, 1, MADV_DONTNEED);
		sd_madvise(the_mm, va, 1, MADV_DONTNEED);
		break;
	case MIGRATE: sd_migrate(the_mm, va); break;
	case PROTECT: sd_mprotect(the_mm, va, 1, false); break;
	}
}

/* A context that was not loaded was not purged: it must not find its entries again under the ASID that it had. Nothing is counted any more. */
void sd_at_end(void)
{
	if (TAKE != NOTHING && (gts.ts_gms->ms_asids[1].mt_asid || test_bit(1, gts.ts_gms->ms_asidmap)))
		__sd_fail("stale-asid", "a context that was not purged keeps its ASID", 0, 0, 0);
	if (atomic_read(&gts.ts_gms->ms_range_active))
		__sd_fail("bad-count", "nothing is being changed any more, and the driver counts that something is", 0, 0, 0);
}

void scenario(void)
{
	struct gru_state *gru = &blade.bs_grus[0];

	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 1);
	sd_populate(the_mm, va);
	gru_base[0] = &blade;
	gru->gs_blade = &blade;
	gru->gs_gru_base_vaddr = (void *)handles - GRU_TGH_BASE;
	gts.ts_mm = the_mm;
	gts.ts_gru = gru;
	gts.ts_sizeavail = GRU_SIZEAVAIL(PAGE_SHIFT);
	gts.ts_gms = container_of(mmu_notifier_get(&gru_mmuops, the_mm), struct gru_mm_struct, ms_notifier);
	gts.ts_gms->ms_asids[0].mt_asid = ASID;
	gts.ts_gms->ms_asids[0].mt_ctxbitmap = 1;
	__set_bit(0, gts.ts_gms->ms_asidmap);
	blade.bs_grus[1].gs_gid = 1;
	blade.bs_grus[1].gs_blade = &blade;
	gts.ts_gms->ms_asids[1].mt_asid = ASID;	/* a context that was unloaded */
	__set_bit(1, gts.ts_gms->ms_asidmap);
	tfh.status = TFHSTATUS_EXCEPTION;
	tfh.state = TFHSTATE_MISS_UPM;
	tfh.cause = TFHCAUSE_TLB_MOD;
	tfh.missvaddr = va;
	tfh.missasid = ASID;
	if (LOADED)
		entry = pfn_to_page(pte_pfn(*pte_offset_kernel(mm_find_pmd(the_mm, va), va)));
	sd_cpu_run(0, the_mm, "GRU", device, NULL);
	sd_cpu_run(1, the_mm, "take", take, NULL);
}
