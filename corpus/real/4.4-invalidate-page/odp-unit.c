// SPDX-License-Identifier: Apache-2.0
/*
 * odp-unit.c - the tree's drivers/infiniband/core/umem_odp.c, unchanged, and a device that faults on demand.
 *
 * Real: the notifier callbacks with their counting, registration, mapping of pages after a look at the counts, unmapping. Ours: the
 * driver above it, as mlx5 has it (a translation that is zapped first and unmapped then, installed under umem_mutex after
 * one more look), and DMA addresses, which are physical ones.
 */
#include <../drivers/infiniband/core/umem_odp.c>

#include "../../../kernel/real-4.4/machine.h"

#ifndef ODP
#define ODP 0
#endif
#ifndef NO_RETRY
#define NO_RETRY 0
#endif

#if ODP

static struct ib_device device;
static struct ib_ucontext context;
static struct ib_umem umem;
static struct sd_upage *upage;
static unsigned long translation;	/* of the device: frame number plus 1 */

/* ---- what the core of the kernel has ---- */

struct mm_struct *get_task_mm(struct task_struct *task)
{
	return upage->mm;
}

void mmput(struct mm_struct *mm)
{
}

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	return NULL;
}

void put_pid(struct pid *pid)
{
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	atomic_inc(&sd_task_structs[0].usage);
	return &sd_task_structs[0];
}

void __put_task_struct(struct task_struct *task)
{
	__sd_fail("refcount", "the task's last reference goes", 0, 0, 0);
}

long get_user_pages(struct task_struct *task, struct mm_struct *mm, unsigned long start, unsigned long nr, unsigned int flags,
		    struct page **pages, struct vm_area_struct **vmas)
{
	pages[0] = sd_get_user_page(mm, start);
	return pages[0] ? 1 : -EFAULT;
}

/* The list of pages is a page of its own in the kernel; one entry, always the same, is enough for the one thread that faults. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	static struct page *list[1];

	return (unsigned long)list;
}

void free_pages(unsigned long address, unsigned int order)
{
	*(struct page **)address = NULL;
}

void *vzalloc(unsigned long size)
{
	return kzalloc(size, GFP_KERNEL);
}

void vfree(const void *address)
{
	kfree(address);
}

struct dma_map_ops *dma_ops;	/* for devices without their own, which ours has */

/* ---- the driver ---- */

static u64 map_page(struct ib_device *dev, struct page *page, unsigned long offset, size_t size, enum dma_data_direction direction)
{
	return page_to_phys(page);
}

static void unmap_page(struct ib_device *dev, u64 address, size_t size, enum dma_data_direction direction)
{
}

static int mapping_error(struct ib_device *dev, u64 address)
{
	return 0;
}

static struct ib_dma_mapping_ops device_dma_ops = { .map_page = map_page, .unmap_page = unmap_page, .mapping_error = mapping_error };

static void zap(struct ib_umem *item, unsigned long start, unsigned long end)
{
	WRITE_ONCE(translation, 0);
	ib_umem_odp_unmap_dma_pages(item, start, end);
}

static void device_fault(void)
{
	unsigned long seq = READ_ONCE(umem.odp_data->notifiers_seq);

	smp_rmb();
	if (ib_umem_odp_map_dma_pages(&umem, upage->va, PAGE_SIZE, ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT, seq) < 1)
		return;
	mutex_lock(&umem.odp_data->umem_mutex);
	if (NO_RETRY || !ib_umem_mmu_notifier_retry(&umem, seq))
		if (umem.odp_data->dma_list[0])
			WRITE_ONCE(translation, sd_frame_of((umem.odp_data->dma_list[0] & ODP_DMA_ADDR_MASK) >> PAGE_SHIFT) + 1);
	mutex_unlock(&umem.odp_data->umem_mutex);
}

static void device_run(void *unused)
{
	for (;;) {
		unsigned long entry;

		__sd_atomic_begin(SD_STEP, &translation);
		entry = translation;
		if (entry)
			sd_data_access(entry - 1, upage->location, true, "the device", upage->va);
		__sd_atomic_end();
		if (!entry)
			device_fault();
	}
}

void sd_odp_start(int n)
{
	upage = &sd_upages[n];
	device.dma_ops = &device_dma_ops;
	context.device = &device;
	context.invalidate_range = zap;
	context.umem_tree = RB_ROOT;
	init_rwsem(&context.umem_rwsem);
	INIT_LIST_HEAD(&context.no_private_counters);
	umem.context = &context;
	umem.address = upage->va;
	umem.length = PAGE_SIZE;
	umem.page_size = PAGE_SIZE;
	atomic_set(&sd_task_structs[0].usage, 1);
	sd_task_structs[0].group_leader = &sd_task_structs[0];
	if (ib_umem_odp_get(&context, &umem))
		__sd_fail("setup", "the memory is not registered", 0, 0, 0);
	__sd_thread("device", "device", device_run, NULL, SD_DAEMON);
}
#endif
