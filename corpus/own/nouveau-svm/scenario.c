// SPDX-License-Identifier: Apache-2.0
/*
 * Nouveau's shared virtual memory, drivers/gpu/drm/nouveau/nouveau_svm.c: a GPU with page tables of its own, which hold no references. A fault fills an entry from
 * hmm_range_fault() under an interval notifier that lives as long as the fault; another notifier, of the whole address space, clears entries. The driver counts on
 * interval notifiers being called first. The GPU is ours: one entry of its table, set and cleared by what the driver asks of nvif.
 * -DTAKE: what a CPU does with the page. REAP: the OOM reaper asks to take it and must not sleep; nouveau refuses. STORE: a CPU writes to it.
 * -DMAPPED=1: the GPU has the page before. -DATOMIC=1: it faults for an atomic access, for which CPUs lose their entries.
 */
// shootdown: -DTAKE=DROP -DMAPPED=0 -DATOMIC=0
#include <shootdown/scenario.h>
#include SD_DRIVER

enum { UNMAP, DROP, MIGRATE, PROTECT, NOTHING, REAP, STORE };

/* kernel/real/locks.c: what is between these must not sleep. */
void sd_non_block_start(void);
void sd_non_block_end(void);

unsigned long __drm_debug;
static struct mm_struct *the_mm;
static unsigned long va;
static struct drm_device drm_dev;
static struct nouveau_drm drm = { .dev = &drm_dev };
static struct nouveau_cli cli = { .drm = &drm };
static struct nouveau_vmm vmm = { .cli = &cli };
static struct nouveau_svmm svmm = { .vmm = &vmm };
static u64 entry;	/* of the GPU's table, for va */

int nvif_object_ioctl(struct nvif_object *object, void *data, u32 size, void **hack)
{
	struct nouveau_pfnmap_args *args = data;

	__sd_atomic_begin(SD_STEP, NULL);
	if (args->p.addr <= va && va < args->p.addr + args->p.size)
		entry = args->p.phys[0];
	__sd_event("gpu", "the GPU's entry is set", 0, 0, 0);
	__sd_atomic_end();
	return 0;
}

int nvif_object_mthd(struct nvif_object *object, u32 method, void *data, u32 size)
{
	struct nvif_vmm_pfnclr_v0 *clear = data;

	if (method != NVIF_VMM_V0_PFNCLR)
		__sd_fail("scenario", "a method that this GPU does not have", 0, 0, 0);
	__sd_atomic_begin(SD_STEP, NULL);
	if (clear->addr <= va && va < clear->addr + clear->size)
		entry = 0;
	__sd_event("gpu", "the GPU clears its entries of {0:x}-{1:x}", clear->addr, clear->addr + clear->size, 0);
	__sd_atomic_end();
	return 0;
}

/* As nouveau_svm_fault() does for a write, or for an atomic access. */
static int fault(void)
{
	struct { struct nouveau_pfnmap_args i; u64 phys[1]; } args = {
		.i.m.method = NVIF_VMM_V0_PFNMAP,
		.i.p = { .addr = va, .page = PAGE_SHIFT, .size = PAGE_SIZE },
	};
	struct svm_notifier notifier = { .svmm = &svmm };
	int err;

	if (!mmget_not_zero(the_mm))
		return -EFAULT;
	if (ATOMIC)
		err = nouveau_atomic_range_fault(&svmm, &drm, &args.i, sizeof(args), &notifier);
	else
		err = nouveau_range_fault(&svmm, &drm, &args.i, sizeof(args), HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE, &notifier);
	mmput(the_mm);
	return err;
}

static void gpu(void *unused)
{
	int err = MAPPED ? 0 : fault();

	if (err == -EBUSY)
		__sd_fail("gave-up", "the fault has given up, and no time has passed", 0, 0, 0);
	if (err)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	if (TAKE == NOTHING && !(entry & NVIF_VMM_PFNMAP_V0_W))
		__sd_fail("no-entry", "the fault has succeeded, nothing is taken away, and the GPU may not write", 0, 0, 0);
	if (entry & NVIF_VMM_PFNMAP_V0_V && entry & NVIF_VMM_PFNMAP_V0_W)
		sd_entry_write("the GPU", pfn_to_page(entry >> NVIF_VMM_PFNMAP_V0_ADDR_SHIFT), the_mm, va);
	__sd_atomic_end();
}

/* mm/oom_kill.c, which leaves a range alone that somebody refuses to give up at once. */
static void reap(void)
{
	struct mmu_notifier_range range = { .mm = the_mm, .event = MMU_NOTIFY_UNMAP, .start = va, .end = va + PAGE_SIZE };

	sd_non_block_start();
	if (!mmu_notifier_invalidate_range_start_nonblock(&range))
		__sd_fail("scenario", "the reaper may take the page", 0, 0, 0);
	sd_non_block_end();
}

static void take(void *unused)
{
	switch (TAKE) {
	case UNMAP: sd_munmap(the_mm, va, 1); break;
	case DROP: sd_madvise(the_mm, va - PAGE_SIZE, 2, MADV_DONTNEED); break;
	case MIGRATE: sd_migrate(the_mm, va); break;
	case PROTECT: sd_mprotect(the_mm, va, 1, false); break;
	case REAP: reap(); break;
	case STORE: sd_user_write(va); break;
	}
}

void scenario(void)
{
	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 3) + PAGE_SIZE;
	sd_populate(the_mm, va);
	mutex_init(&svmm.mutex);
	svmm.unmanaged.start = va + PAGE_SIZE;	/* the GPU's own: no page that is taken away */
	svmm.unmanaged.limit = va + 2 * PAGE_SIZE;
	svmm.notifier.ops = &nouveau_mn_ops;
	if (mmu_notifier_register(&svmm.notifier, the_mm) || fault())
		__sd_fail("scenario", "the first fault fails", 0, 0, 0);
	if (!MAPPED)
		nouveau_svmm_invalidate(&svmm, va, va + PAGE_SIZE);
	sd_cpu_run(0, NULL, "GPU", gpu, NULL);
	sd_cpu_run(1, the_mm, "take", take, NULL);
}
