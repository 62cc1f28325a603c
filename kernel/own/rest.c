// SPDX-License-Identifier: Apache-2.0
/*
 * rest.c - what mm code calls and nobody in a scenario looks at: LRU lists, statistics, accounting; and variables of files that are not followed.
 *
 * Statistics are not state: they are not kept. An LRU batch would hold references that it gives back at some time; none are held here, so that a page is
 * freed when its last user lets it go, and never later.
 */
#include "own.h"

#include <linux/blkdev.h>
#include <linux/cpuhotplug.h>
#include <linux/hardirq.h>
#include <linux/ksm.h>
#include <linux/percpu_counter.h>
#include <linux/perf_event.h>
#include <linux/swapops.h>
#include <linux/vmstat.h>

unsigned long sd_jiffies __asm__("jiffies");
pgd_t swapper_pg_dir[PTRS_PER_PGD] __asm__("init_top_pgt") __aligned(PAGE_SIZE);
struct pglist_data contig_page_data;
pteval_t __supported_pte_mask = ~0UL;
pteval_t __default_kernel_pte_mask = ~0UL;
unsigned long phys_base;
int percpu_counter_batch = 32;
unsigned long totalreserve_pages;

void percpu_counter_add_batch(struct percpu_counter *counter, s64 amount, s32 batch)
{
}

#ifdef SD_HAS_PERCPU_INIT_MANY
int __percpu_counter_init_many(struct percpu_counter *counter, s64 amount, gfp_t gfp, u32 n, struct lock_class_key *key)
{
	return 0;
}

void percpu_counter_destroy_many(struct percpu_counter *counter, u32 n)
{
}
#else
int __percpu_counter_init(struct percpu_counter *counter, s64 amount, gfp_t gfp, struct lock_class_key *key)
{
	return 0;
}

void percpu_counter_destroy(struct percpu_counter *counter)
{
}
#endif

s64 __percpu_counter_sum(struct percpu_counter *counter)
{
	return 0;
}

void __mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta)
{
}

void mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta)
{
}

void __mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
}

void __inc_node_page_state(struct page *page, enum node_stat_item item)
{
}

void __dec_node_page_state(struct page *page, enum node_stat_item item)
{
}

void inc_node_page_state(struct page *page, enum node_stat_item item)
{
}

void dec_node_page_state(struct page *page, enum node_stat_item item)
{
}

void mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
}

/* --- LRU: without lists. A page is on it at once, as if batches were of one page --- */

void folio_add_lru(struct folio *folio)
{
	if (!folio_test_lru(folio))
		folio_set_lru(folio);
}

void folio_add_lru_vma(struct folio *folio, struct vm_area_struct *vma)
{
	folio_add_lru(folio);
}

void lru_cache_add_inactive_or_unevictable(struct page *page, struct vm_area_struct *vma)
{
	folio_add_lru(page_folio(page));
}

void lru_add_drain(void)
{
}

void lru_add_drain_all(void)
{
}

void lru_cache_disable(void)
{
}

void folio_mark_accessed(struct folio *folio)
{
}

void mark_page_accessed(struct page *page)
{
}

static bool isolate(struct folio *folio)
{
	if (!folio_test_clear_lru(folio))
		return false;
	folio_get(folio);
	return true;
}

#ifdef SD_HAS_ISOLATE_LRU_BOOL
bool folio_isolate_lru(struct folio *folio)
{
	return isolate(folio);
}
#else
int folio_isolate_lru(struct folio *folio)
{
	return isolate(folio) ? 0 : -EBUSY;
}

int isolate_lru_page(struct page *page)
{
	return folio_isolate_lru(page_folio(page));
}
#endif

void folio_putback_lru(struct folio *folio)
{
	folio_add_lru(folio);
	folio_put(folio);
}

void putback_lru_page(struct page *page)
{
	folio_putback_lru(page_folio(page));
}

/* The tails of a huge page have neither contents nor a state of their own here. */
#ifdef SD_HAS_SPLIT_TO_ORDER
int split_huge_page_to_list_to_order(struct page *page, struct list_head *list, unsigned int new_order)
#else
int split_huge_page_to_list(struct page *page, struct list_head *list)
#endif
{
	__sd_fail("model-limit", "{0:p} is to be split into small pages, which is not modelled", (sd_u64)sd_mem[sd_frame(page)], 0, 0);
	return -EBUSY;
}

void mlock_drain_local(void)
{
}

/* What is done to the page when the batch is: without a batch, at once. */
void folio_mark_lazyfree(struct folio *folio)
{
	if (folio_test_anon(folio) && folio_test_swapbacked(folio))
		folio_clear_swapbacked(folio);
}

void mark_page_lazyfree(struct page *page)
{
	folio_mark_lazyfree(page_folio(page));
}

/* --- others that look on --- */

void __khugepaged_enter(struct mm_struct *mm)
{
}

void khugepaged_enter_vma(struct vm_area_struct *vma, unsigned long flags)
{
}

void __khugepaged_exit(struct mm_struct *mm)
{
}

/* How memory is cached is the same for all. */
int track_pfn_remap(struct vm_area_struct *vma, pgprot_t *prot, unsigned long pfn, unsigned long addr, unsigned long size)
{
	return 0;
}

bool pfn_modify_allowed(unsigned long pfn, pgprot_t prot)
{
	return true;
}

#ifdef SD_HAS_UNTRACK_LOCKED
void untrack_pfn(struct vm_area_struct *vma, unsigned long pfn, unsigned long size, bool locked)
#else
void untrack_pfn(struct vm_area_struct *vma, unsigned long pfn, unsigned long size)
#endif
{
}

int nsproxy_cache_init(void)
{
	return 0;
}

bool folio_mark_dirty(struct folio *folio)
{
	__sd_atomic_begin(SD_STEP, NULL);
	set_bit(PG_dirty, &folio->flags);
	__sd_atomic_end();
	return true;
}

#ifdef CONFIG_PERF_EVENTS
void perf_event_mmap(struct vm_area_struct *vma)
{
}

void __perf_sw_event(u32 event, u64 nr, struct pt_regs *regs, u64 addr)
{
}

int perf_event_init_task(struct task_struct *task, u64 flags)
{
	return 0;
}
#endif

void perf_clear_dirty_counters(void)
{
}

/* There is always enough memory for what a mapping may come to need. */
int cap_vm_enough_memory(struct mm_struct *mm, long pages)
{
	return 0;
}

int __vm_enough_memory(struct mm_struct *mm, long pages, int admin)
{
	return 0;
}

bool PageMovable(struct page *page)
{
	return false;
}

/* --- locks that a signal may interrupt: none comes --- */

int down_write_killable(struct rw_semaphore *sem)
{
	down_write(sem);
	return 0;
}

int down_read_killable(struct rw_semaphore *sem)
{
	down_read(sem);
	return 0;
}

int mutex_lock_killable(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

/* --- variables of files that need not be compiled for them --- */

DEFINE_SPINLOCK(pgd_lock);
LIST_HEAD(pgd_list);
DEFINE_PER_CPU_SHARED_ALIGNED(irq_cpustat_t, irq_stat);
int oops_in_progress;
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)];
struct static_key perf_swevent_enabled[PERF_COUNT_SW_MAX];
DEFINE_STATIC_KEY_FALSE(rdpmc_never_available_key);
DEFINE_STATIC_KEY_FALSE(rdpmc_always_available_key);

/* --- instructions that nothing in a scenario should come to --- */

void __sd_wrmsr(void)
{
	__sd_fail("model-limit", "WRMSR: this CPU has no such register", 0, 0, 0);
}

void __sd_rep_movsb(void)
{
	__sd_fail("model-limit", "memory is copied to or from user space: contents are not modelled there", 0, 0, 0);
}

void blk_start_plug(struct blk_plug *plug)
{
}

void blk_finish_plug(struct blk_plug *plug)
{
}

/* --- swap: swap.c has it, if the scenario wants it --- */

#ifdef SD_HAS_FREE_SWAP_FOLIO
void free_swap_cache(struct folio *folio)
{
	sd_leave_swap_cache(folio);
}
#else
void free_swap_cache(struct page *page)
{
	sd_leave_swap_cache(page_folio(page));
}
#endif

unsigned long mmap_min_addr = PAGE_SIZE;

int cap_mmap_addr(unsigned long addr)
{
	return 0;
}

/* Names of things in /sys, which nobody reads. */
int snprintf(char *buf, size_t size, const char *format, ...)
{
	if (size)
		buf[0] = 0;
	return 0;
}

/* CPUs neither come nor go. */
int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke, int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
			bool multi)
{
	return 0;
}
