// SPDX-License-Identifier: Apache-2.0
/*
 * rest.c - the rest of a 4.4 kernel, as far as its files name it: data that stays as it is, and functions on paths that a scenario does not
 * take. Being called, one of these ends the search with "model-limit" and its name, so a verdict never rests on a stand-in
 * that does nothing. All weak: a file of the tree that is linked brings its own.
 */
#include <linux/backing-dev.h>
#include <linux/cpu.h>
#include <linux/cpuset.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "../real/real.h"

void __noreturn sd_not_modelled(const char *function);

/* ---- data ---- */

#ifdef CONFIG_CPUSETS
struct static_key __weak cpusets_enabled_key;
struct static_key __weak cpusets_pre_enable_key;
#endif
#ifdef CONFIG_SPARSEMEM_EXTREME
struct mem_section *__weak mem_section[NR_SECTION_ROOTS];
#endif
nodemask_t __weak node_states[NR_NODE_STATES] = { [0 ... NR_NODE_STATES - 1] = { { 1UL } } };
int __weak nr_node_ids = 1;
int __weak nr_cpu_ids = SD_MAX_TASKS;
struct backing_dev_info __weak noop_backing_dev_info;
struct super_block *__weak blockdev_superblock;
struct mm_struct __weak init_mm;
spinlock_t __weak mmlist_lock;
/* Tracepoints ask whether their CPU is online; each is. */
static const DECLARE_BITMAP(sd_cpus, CONFIG_NR_CPUS) = { [0 ... BITS_TO_LONGS(CONFIG_NR_CPUS) - 1] = ~0UL };
const struct cpumask *const __weak cpu_online_mask = to_cpumask(sd_cpus);
pteval_t __weak __supported_pte_mask = ~0UL;
unsigned long __weak __per_cpu_offset[NR_CPUS];
unsigned long __weak sd_preempt_count[SD_MAX_TASKS] __asm__("__preempt_count");

#ifdef CONFIG_SWAP
struct address_space __weak swapper_spaces[MAX_SWAPFILES];
#endif

#ifdef CONFIG_PAGE_TABLE_ISOLATION
/* The machine walks the kernel's own tables: there is no shadow for user mode. */
pgd_t __weak kaiser_set_shadow_pgd(pgd_t *pgdp, pgd_t pgd)
{
	return pgd;
}
#endif

/* Interrupts are threads of the scenario. */
void __sd_irq_enable(void)
{
}

void __sd_irq_disable(void)
{
}

unsigned long __sd_irq_save(void)
{
	return 0;
}

void __sd_irq_restore(unsigned long flags)
{
}

/* Time stands still. */
unsigned long __sd_rdtsc(void)
{
	return 0;
}

/* ---- caches of the allocator: kmalloc of their size ---- */

#define SD_CACHES 4

struct kmem_cache {
	size_t object_size;
	void (*ctor)(void *object);
};

struct kmem_cache *__weak kmem_cache_create(const char *name, size_t size, size_t align, unsigned long flags, void (*ctor)(void *))
{
	static struct kmem_cache caches[SD_CACHES];
	static int nr_caches;
	struct kmem_cache *cache = &caches[nr_caches++];

	if (nr_caches > SD_CACHES)
		__sd_fail("model-limit", "more than {0:d} kmem_caches", SD_CACHES, 0, 0);
	cache->object_size = size;
	cache->ctor = ctor;
	return cache;
}

void *__weak kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	void *object = __kmalloc(cache->object_size, flags);

	if (object && cache->ctor)
		cache->ctor(object);
	return object;
}

void __weak kmem_cache_free(struct kmem_cache *cache, void *object)
{
	kfree(object);
}

/* No CPU comes or goes. */
int __weak register_cpu_notifier(struct notifier_block *nb)
{
	return 0;
}

int __weak __register_cpu_notifier(struct notifier_block *nb)
{
	return 0;
}

/* ---- functions ---- */

/* Only the type of the result has to be the tree's: callers look at it, if never for long. */
#define UNMODELLED(type, name)                               \
	type __weak sd_no_##name(void) __asm__(#name);       \
	type sd_no_##name(void)                              \
	{                                                    \
		sd_not_modelled(#name);                      \
	}

UNMODELLED(void *, I_BDEV)
UNMODELLED(void *, __alloc_pages_nodemask)
UNMODELLED(int, __cond_resched_lock)
UNMODELLED(int, __cpuset_node_allowed)
UNMODELLED(void, __free_pages)
UNMODELLED(bool, __get_page_tail)
UNMODELLED(void, __mpol_put)
UNMODELLED(int, __tlb_remove_page)
UNMODELLED(int, add_to_page_cache_locked)
UNMODELLED(void *, blk_get_backing_dev_info)
UNMODELLED(void, clear_huge_page)
UNMODELLED(int, clear_page_dirty_for_io)
UNMODELLED(void, clear_page_mlock)
UNMODELLED(void, copy_user_huge_page)
UNMODELLED(void, end_page_writeback)
UNMODELLED(void *, find_mergeable_anon_vma)
UNMODELLED(void *, huge_zonelist)
UNMODELLED(void, mlock_vma_page)
UNMODELLED(void *, next_zones_zonelist)
UNMODELLED(int, split_huge_page_to_list)
UNMODELLED(int, swap_duplicate)
UNMODELLED(void, tlb_finish_mmu)
UNMODELLED(void, tlb_flush_mmu)
UNMODELLED(void, tlb_gather_mmu)
UNMODELLED(int, try_to_free_buffers)
UNMODELLED(int, try_to_release_page)
UNMODELLED(void, unlock_buffer)
