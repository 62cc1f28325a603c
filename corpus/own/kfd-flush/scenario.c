// SPDX-License-Identifier: Apache-2.0
/*
 * Two ranges of AMD's SVM that are mapped to one GPU, and a CPU for each that drops its page: the callbacks of kfd_svm.c run at once, and each calls
 * amdgpu_vm_flush_compute_tlb() of amdgpu_vm.c, which is the tree's. The GPU writes by the entry of the second range. The GPU is ours: an entry for each range,
 * which amdgpu_vm_update_range() sets and removes, and a TLB, which amdgpu_gmc_flush_gpu_tlb_pasid() flushes. -DONE=1: the second range alone is dropped.
 */
// shootdown: -DONE=0
#include <shootdown/scenario.h>
#include SD_DRIVER

/* hmm_range_fault() masks what is in the array with 0; that this makes it of no matter what is there is more than the checker sees. */
#undef kvmalloc_array
#define kvmalloc_array(n, size, flags) kvcalloc(n, size, flags)
#include "amdgpu_hmm.c"

/* Of amdgpu_vm.c only the flush is asked about: what changes the page table is ours. */
#define amdgpu_vm_update_range trees_update_range
#define amdgpu_vm_update_pdes trees_update_pdes
#define amdgpu_vm_lock_pd trees_lock_pd
#define amdgpu_vm_validate trees_validate
#include "amdgpu_vm.c"
#undef amdgpu_vm_update_range
#undef amdgpu_vm_update_pdes
#undef amdgpu_vm_lock_pd
#undef amdgpu_vm_validate

static struct mm_struct *the_mm;
static unsigned long va[2];
static struct sd_shadow gpu[2] = { { "the GPU" }, { "the GPU" } };
static struct device device;
static struct amdgpu_device adev = { .dev = &device };
static struct kfd_node node = { .adev = &adev, .xcc_mask = 1 };
static struct amdgpu_fpriv fpriv;
static struct drm_file drm_file = { .driver_priv = &fpriv };
static struct kfd_process_device pdd = { .dev = &node, .drm_priv = &drm_file };
static struct kfd_process process = { .xnack_enabled = true, .pdds = { &pdd }, .n_pdds = 1 };
static struct svm_range *range[2];
static DEFINE_SPINLOCK(fence_lock);
static struct dma_fence signaled = { .lock = &fence_lock };
int amdgpu_use_xgmi_p2p;
int amdgpu_mtype_local;

int amdgpu_vm_update_range(struct amdgpu_device *of, struct amdgpu_vm *vm, bool immediate, bool unlocked, bool flush_tlb, bool allow_override,
			   struct amdgpu_sync *sync, uint64_t start, uint64_t last, uint64_t flags, uint64_t offset, uint64_t vram_base,
			   struct ttm_resource *res, dma_addr_t *pages_addr, struct dma_fence **fence)
{
	int i;

	for (i = 0; i < 2; i++) {
		uint64_t page = va[i] >> PAGE_SHIFT;

		if (start > page || page > last)
			continue;
		if (flags & AMDGPU_PTE_WRITEABLE)
			sd_shadow_set(&gpu[i], pfn_to_page(pages_addr[(offset >> PAGE_SHIFT) + page - start] >> PAGE_SHIFT));
		else
			sd_shadow_remove(&gpu[i]);
	}
	if (flush_tlb)
		atomic64_inc(&vm->tlb_seq);
	return 0;
}

/* The hardware flushes all of a process's entries; the call returns when it is done. */
int amdgpu_gmc_flush_gpu_tlb_pasid(struct amdgpu_device *of, uint16_t pasid, uint32_t type, bool all_hub, uint32_t inst)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_shadow_flush(&gpu[0]);
	sd_shadow_flush(&gpu[1]);
	__sd_atomic_end();
	return 0;
}

uint64_t amdgpu_gem_va_map_flags(struct amdgpu_device *of, uint32_t flags)
{
	return flags & AMDGPU_VM_PAGE_WRITEABLE ? AMDGPU_PTE_WRITEABLE : 0;
}

int amdgpu_vm_update_pdes(struct amdgpu_device *of, struct amdgpu_vm *vm, bool immediate) { return 0; }
ktime_t ktime_get_with_offset(enum tk_offsets offs) { return 0; }
struct kfd_process_device *kfd_bind_process_to_device(struct kfd_node *dev, struct kfd_process *p) { return &pdd; }
void kfd_smi_event_unmap_from_gpu(struct kfd_node *dev, pid_t pid, unsigned long address, unsigned long last, uint32_t trigger) { }
int amdgpu_vm_lock_pd(struct amdgpu_vm *vm, struct drm_exec *exec, unsigned int num_fences) { return 0; }
int amdgpu_vm_validate(struct amdgpu_device *of, struct amdgpu_vm *vm, struct ww_acquire_ctx *ticket, int (*fn)(void *p, struct amdgpu_bo *bo), void *param)
{
	return 0;
}
void drm_exec_init(struct drm_exec *exec, u32 flags, unsigned int nr) { exec->contended = ERR_PTR(-1); }
void drm_exec_fini(struct drm_exec *exec) { }
bool drm_exec_cleanup(struct drm_exec *exec) { return xchg(&exec->contended, NULL); }

static void use(void *unused)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_shadow_write(&gpu[1], the_mm, va[1]);
	__sd_atomic_end();
}

static void take(void *which)
{
	sd_madvise(the_mm, va[(unsigned long)which], 1, MADV_DONTNEED);
}

static void map(int i)
{
	range[i] = svm_range_new(&process.svms, va[i] >> PAGE_SHIFT, va[i] >> PAGE_SHIFT, false);
	set_bit(0, range[i]->bitmap_access);
	mmap_write_lock(the_mm);
	svm_range_add_notifier_locked(the_mm, range[i]);
	mmap_write_unlock(the_mm);
	mmap_read_lock(the_mm);
	mutex_lock(&range[i]->migrate_mutex);
	if (svm_range_validate_and_map(the_mm, va[i] >> PAGE_SHIFT, va[i] >> PAGE_SHIFT, range[i], 0, false, false, false))
		__sd_fail("scenario", "the first fault fails", 0, 0, 0);
	mutex_unlock(&range[i]->migrate_mutex);
	mmap_read_unlock(the_mm);
}

void scenario(void)
{
	the_mm = sd_mm("A");
	va[0] = sd_mmap(the_mm, NULL, 2);
	va[1] = va[0] + PAGE_SIZE;
	sd_populate(the_mm, va[0]);
	sd_populate(the_mm, va[1]);
	process.lead_thread = current;
	fpriv.vm.is_compute_context = true;
	fpriv.vm.last_tlb_flush = &signaled;
	map(0);
	map(1);
	sd_cpu_run(0, the_mm, "GPU", use, NULL);
	if (!ONE)
		sd_cpu_run(1, the_mm, "take 0", take, (void *)0UL);
	sd_cpu_run(2, the_mm, "take 1", take, (void *)1UL);
}
