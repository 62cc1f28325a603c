// SPDX-License-Identifier: Apache-2.0
/*
 * odp-unit.c - the tree's drivers/infiniband/core/umem_odp.c, unchanged, and a device that faults on demand for each process.
 *
 * Real: the notifier callbacks with their counting, registration, mapping of pages after a look at the counts, unmapping. Ours: the
 * driver above it, as mlx5 has it (a translation that is zapped first and unmapped then, installed under umem_mutex after
 * one more look), and DMA addresses, which are physical ones. Of each page the first two pieces of 4 KiB are registered.
 * -DNO_RETRY=1: the driver does not take that look. ../4.4-hugetlb-sharing/mirror.h has more of these.
 */
#include <../drivers/infiniband/core/umem_odp.c>

#include "../4.4-hugetlb-sharing/mirror.h"

#ifndef ODP
#define ODP 0
#endif

#if ODP

static struct ib_device device;

static struct adapter {
	const char *name;
	struct ib_ucontext context;
	struct pid pid;		/* of the process that registered */
	struct task_struct task;
	struct sd_upage *up;
	struct ib_umem umem[PAGES];
	unsigned long translation[PAGES];
} adapters[MIRRORS];

static struct adapter *registering;

/* ---- what the core of the kernel has ---- */

struct mm_struct *get_task_mm(struct task_struct *task)
{
	return task->mm;
}

void mmput(struct mm_struct *mm)
{
}

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	return &registering->pid;
}

void put_pid(struct pid *pid)
{
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task = &container_of(pid, struct adapter, pid)->task;

	atomic_inc(&task->usage);
	return task;
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

/* The list of pages is a page of its own in the kernel; one entry is enough, the same each time a thread faults. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	static struct page *list[SD_MAX_TASKS];

	return (unsigned long)&list[sd_me()];
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

#define adapter_of(umem) container_of((umem)->context, struct adapter, context)
#define piece_of(umem, up) ((mirror_from(up) - ib_umem_start(umem)) >> PAGE_SHIFT)

static void zap(struct ib_umem *umem, unsigned long start, unsigned long end)
{
	struct adapter *a = adapter_of(umem);
	int i = umem - a->umem;

	if (mirror_hit(&a->up[i], start, end)) {
		__sd_event("zap", "the entry of {0:s} for {1:x} is zapped", (sd_u64)a->name, mirror_from(&a->up[i]), 0);
		WRITE_ONCE(a->translation[i], 0);
	}
	ib_umem_odp_unmap_dma_pages(umem, start, end);
}

static void device_fault(struct adapter *a, int i)
{
	struct ib_umem *umem = &a->umem[i];
	struct ib_umem_odp *odp = umem->odp_data;
	unsigned long seq = READ_ONCE(odp->notifiers_seq);
	u64 dma;

	smp_rmb();
	if (ib_umem_odp_map_dma_pages(umem, mirror_from(&a->up[i]), PAGE_SIZE, ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT, seq) < 1)
		return;
	mutex_lock(&odp->umem_mutex);
	dma = odp->dma_list[piece_of(umem, &a->up[i])];
	if (dma && (NO_RETRY || !ib_umem_mmu_notifier_retry(umem, seq)))
		WRITE_ONCE(a->translation[i], mirror_entry(pfn_to_page((dma & ODP_DMA_ADDR_MASK) >> PAGE_SHIFT)));
	mutex_unlock(&odp->umem_mutex);
}

static void device_run(void *arg)
{
	struct adapter *a = arg;

	for (;;) {
		unsigned long entry;
		int i;

		__sd_atomic_begin(SD_STEP, a);
		i = mirror_choose();
		entry = a->translation[i];
		if (entry)
			mirror_write(a->name, entry, &a->up[i]);
		else if (!FAULTS)
			__sd_block();
		__sd_atomic_end();
		if (!entry)
			device_fault(a, i);
	}
}

void sd_odp_start(int k, int upage)
{
	static const char *const names[] = { "device of A", "device of B" };
	struct adapter *a = &adapters[k];
	struct ib_ucontext *context = &a->context;
	struct task_struct *me = &sd_task_structs[0];
	int i;

	a->name = names[k];
	a->up = &sd_upages[upage];
	a->task.mm = me->mm = a->up->mm;
	atomic_set(&a->task.usage, 1);
	me->group_leader = me;
	registering = a;
	device.dma_ops = &device_dma_ops;
	context->device = &device;
	context->tgid = &a->pid;
	context->invalidate_range = zap;
	context->umem_tree = RB_ROOT;
	init_rwsem(&context->umem_rwsem);
	INIT_LIST_HEAD(&context->no_private_counters);
	for (i = 0; i < PAGES; i++) {
		struct ib_umem *umem = &a->umem[i];

		umem->context = context;
		umem->address = a->up[i].va;
		umem->length = min(a->up[i].size, 2 * PAGE_SIZE);
		umem->page_size = PAGE_SIZE;
		if (ib_umem_odp_get(context, umem))
			__sd_fail("setup", "the memory is not registered", 0, 0, 0);
	}
	mirror_listens(&context->mn);
	for (i = 0; !FAULTS && i < PAGES; i++)
		device_fault(a, i);
	__sd_thread(names[k], names[k], device_run, a, SD_DAEMON);
}
#endif
