// SPDX-License-Identifier: Apache-2.0
/*
 * AMD's SVM for compute, drivers/gpu/drm/amd/amdkfd/kfd_svm.c, with GPU retry faults (XNACK): a GPU faults a page of a process into its own page table and
 * writes through it, while a CPU takes the page away. svm_range_validate_and_map() is called as svm_range_restore_pages() does for a fault. The GPU is ours:
 * one entry, which amdgpu_vm_update_range() sets and removes, and a TLB, which amdgpu_vm_flush_compute_tlb() flushes. So are the locks of its page table.
 * -DTAKE: what a CPU does with the page. -DVMAS=2: the range goes on in another VMA, which is read-only.
 * -DXNACK=0: a fault of the GPU is its end: instead of entries being removed, the queues of the process are stopped. That they go on later is left out.
 */
// shootdown: -DTAKE=DROP -DVMAS=1 -DXNACK=1
#include <shootdown/scenario.h>
#include SD_DRIVER

/* hmm_range_fault() masks what is in the array with 0; that this makes it of no matter what is there is more than the checker sees. */
#undef kvmalloc_array
#define kvmalloc_array(n, size, flags) kvcalloc(n, size, flags)
#include "amdgpu_hmm.c"

enum { DROP, MIGRATE, PROTECT, NOTHING };

static struct mm_struct *the_mm;
static unsigned long va;
static struct sd_shadow gpu = { "the GPU" };
static struct amdgpu_device adev;
static struct device device;
static struct kfd_node node = { .adev = &adev };
static struct amdgpu_fpriv fpriv;
static struct drm_file drm_file = { .driver_priv = &fpriv };
static struct kfd_process_device pdd = { .dev = &node, .drm_priv = &drm_file };
static struct kfd_process process = { .xnack_enabled = XNACK, .pdds = { &pdd }, .n_pdds = 1 };
static struct svm_range *range;
static bool stopped;	/* the queues */
int amdgpu_use_xgmi_p2p, amdgpu_mtype_local;	/* parameters of the module */

int amdgpu_vm_update_range(struct amdgpu_device *of, struct amdgpu_vm *vm, bool immediate, bool unlocked, bool flush_tlb, bool allow_override,
			   struct amdgpu_sync *sync, uint64_t start, uint64_t last, uint64_t flags, uint64_t offset, uint64_t vram_base,
			   struct ttm_resource *res, dma_addr_t *pages_addr, struct dma_fence **fence)
{
	uint64_t page = va >> PAGE_SHIFT;

	if (start > page || page > last)
		return 0;
	if (flags & AMDGPU_PTE_WRITEABLE)
		sd_shadow_set(&gpu, pfn_to_page(pages_addr[(offset >> PAGE_SHIFT) + page - start] >> PAGE_SHIFT));
	else
		sd_shadow_remove(&gpu);
	return 0;
}

int amdgpu_vm_flush_compute_tlb(struct amdgpu_device *of, struct amdgpu_vm *vm, uint32_t type, uint32_t xcc_mask)
{
	sd_shadow_flush(&gpu);
	return 0;
}

uint64_t amdgpu_gem_va_map_flags(struct amdgpu_device *of, uint32_t flags)
{
	return flags & AMDGPU_VM_PAGE_WRITEABLE ? AMDGPU_PTE_WRITEABLE : 0;
}

int amdgpu_vm_update_pdes(struct amdgpu_device *of, struct amdgpu_vm *vm, bool immediate) { return 0; }
int amdgpu_vm_lock_pd(struct amdgpu_vm *vm, struct drm_exec *exec, unsigned int num_fences) { return 0; }
int amdgpu_vm_validate(struct amdgpu_device *of, struct amdgpu_vm *vm, struct ww_acquire_ctx *ticket, int (*fn)(void *p, struct amdgpu_bo *bo), void *param)
{
	return 0;
}

void drm_exec_init(struct drm_exec *exec, u32 flags, unsigned int nr) { exec->contended = ERR_PTR(-1); }
void drm_exec_fini(struct drm_exec *exec) { }
bool drm_exec_cleanup(struct drm_exec *exec)
{
	bool first = exec->contended;

	exec->contended = NULL;
	return first;
}

ktime_t ktime_get_with_offset(enum tk_offsets offs) { return 0; }
struct kfd_process_device *kfd_bind_process_to_device(struct kfd_node *dev, struct kfd_process *p) { return &pdd; }
void kfd_smi_event_unmap_from_gpu(struct kfd_node *dev, pid_t pid, unsigned long address, unsigned long last, uint32_t trigger) { }

int kgd2kfd_quiesce_mm(struct mm_struct *mm, uint32_t trigger)
{
	WRITE_ONCE(stopped, true);
	return 0;
}

static void restore(struct work_struct *work) { }

static int fault(void)
{
	int err;

	mmap_read_lock(the_mm);
	mutex_lock(&range->migrate_mutex);
	err = svm_range_validate_and_map(the_mm, va >> PAGE_SHIFT, range->last, range, 0, false, false, false);
	mutex_unlock(&range->migrate_mutex);
	mmap_read_unlock(the_mm);
	return err;
}

static void use(void *unused)
{
	int err;

	do
		err = fault();
	while (err == -EAGAIN);
	__sd_atomic_begin(SD_STEP, NULL);
	if (!stopped && !sd_shadow_write(&gpu, the_mm, va) && (TAKE == NOTHING || (!XNACK && !err)))
		__sd_fail("no-entry", "the fault has returned {0:d}, and the GPU, which need not fault again, may not write", (sd_u64)err, 0, 0);
	__sd_atomic_end();
}

static void take(void *unused)
{
	switch (TAKE) {
	case DROP: sd_madvise(the_mm, va - PAGE_SIZE, 2, MADV_DONTNEED); break;
	case MIGRATE: sd_migrate(the_mm, va); break;
	case PROTECT: sd_mprotect(the_mm, va, 1, false); break;
	}
}

void scenario(void)
{
	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 1 + VMAS) + PAGE_SIZE;
	sd_populate(the_mm, va);
	if (VMAS == 2 && sd_mprotect(the_mm, va + PAGE_SIZE, 1, false))
		__sd_fail("scenario", "mprotect() fails", 0, 0, 0);
	adev.dev = &device;
	process.lead_thread = current;
	INIT_DELAYED_WORK(&process.svms.restore_work, restore);
	range = svm_range_new(&process.svms, (va >> PAGE_SHIFT) - 1, (va >> PAGE_SHIFT) + VMAS - 1, false);
	set_bit(0, range->bitmap_access);
	mmap_write_lock(the_mm);
	svm_range_add_notifier_locked(the_mm, range);
	mmap_write_unlock(the_mm);
	if (!XNACK)
		sd_kworker(2);
	sd_cpu_run(0, the_mm, "GPU", use, NULL);
	sd_cpu_run(1, the_mm, "take", take, NULL);
}
