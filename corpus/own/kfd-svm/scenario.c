// SPDX-License-Identifier: Apache-2.0
/*
 * AMD's SVM for compute, drivers/gpu/drm/amd/amdkfd/kfd_svm.c, with GPU retry faults (XNACK): a GPU faults a page of a process into its own page table and
 * writes through it, while a CPU takes the page away. svm_range_validate_and_map() is called as svm_range_restore_pages() does for a fault. The GPU is ours:
 * one entry, which amdgpu_vm_update_range() sets and removes, and a TLB, which amdgpu_vm_flush_compute_tlb() flushes. So are the locks of its page table.
 * -DTAKE: what a CPU does with the page. -DVMAS=2: the range goes on in another VMA, which is read-only. -DMAPPED=1: the GPU has the page before.
 * -DXNACK=0: a fault of the GPU is its end: instead of entries being removed, the queues of the process are stopped. That they go on later is left out.
 */
// shootdown: -DTAKE=DROP -DVMAS=1 -DXNACK=1 -DMAPPED=0
#include <shootdown/scenario.h>
#include SD_DRIVER

/* hmm_range_fault() masks what is in the array with 0; that this makes it of no matter what is there is more than the checker sees. */
#undef kvmalloc_array
#define kvmalloc_array(n, size, flags) kvcalloc(n, size, flags)
#include "amdgpu_hmm.c"

#define MAP_ARGUMENTS the_mm, va >> PAGE_SHIFT, range->last, range, 0, false, false, false
#define UPDATE_PARAMETERS bool allow_override, struct amdgpu_sync *sync
#include "gpu.h"

int amdgpu_mtype_local;	/* a parameter of the module */

int amdgpu_vm_flush_compute_tlb(struct amdgpu_device *of, struct amdgpu_vm *vm, uint32_t type, uint32_t xcc_mask)
{
	sd_shadow_flush(&gpu);
	return 0;
}

int amdgpu_vm_lock_pd(struct amdgpu_vm *vm, struct drm_exec *exec, unsigned int num_fences) { return 0; }
int amdgpu_vm_validate(struct amdgpu_device *of, struct amdgpu_vm *vm, struct ww_acquire_ctx *ticket, int (*fn)(void *p, struct amdgpu_bo *bo), void *param)
{
	return 0;
}

void drm_exec_init(struct drm_exec *exec, u32 flags, unsigned int nr) { exec->contended = ERR_PTR(-1); }
void drm_exec_fini(struct drm_exec *exec) { }
bool drm_exec_cleanup(struct drm_exec *exec) { return xchg(&exec->contended, NULL); }
