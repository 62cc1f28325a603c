// SPDX-License-Identifier: Apache-2.0
/*
 * AMD's SVM for compute, drivers/gpu/drm/amd/amdkfd/kfd_svm.c, as 6.1 has it. The GPU, the process and what is asked are those of ../kfd-svm. Here a fault is
 * of the whole range, and the TLB is flushed by kfd_flush_tlb() of another file, which is ours: as there, only if the table's number of flushes has changed.
 * -DMAPPED=1: the GPU has had the page before. Without that an invalidation is lost, as the driver is.
 */
// shootdown: -DTAKE=DROP -DVMAS=1 -DXNACK=1 -DMAPPED=0
#include <shootdown/scenario.h>
#include SD_DRIVER

/* hmm_range_fault() masks what is in the array with 0; that this makes it of no matter what is there is more than the checker sees. */
#undef kvmalloc_array
#define kvmalloc_array(n, size, flags) kvcalloc(n, size, flags)
#include "amdgpu_mn.c"

#define kfd_node kfd_dev	/* as it is called here */
#define MAP_ARGUMENTS the_mm, range, 0, false, false, false
#define UPDATE_PARAMETERS struct dma_resv *resv
#include "../kfd-svm/gpu.h"

void kfd_flush_tlb(struct kfd_process_device *of, enum TLB_FLUSH_TYPE type)
{
	u64 seq = atomic64_read(&fpriv.vm.tlb_seq);

	if (atomic64_xchg(&of->tlb_seq, seq) != seq)
		sd_shadow_flush(&gpu);
}

unsigned long __msecs_to_jiffies(const unsigned int m) { return m; }
int amdgpu_vm_validate_pt_bos(struct amdgpu_device *of, struct amdgpu_vm *vm, int (*fn)(void *p, struct amdgpu_bo *bo), void *param) { return 0; }
int ttm_eu_reserve_buffers(struct ww_acquire_ctx *ticket, struct list_head *list, bool intr, struct list_head *dups) { return 0; }
void ttm_eu_backoff_reservation(struct ww_acquire_ctx *ticket, struct list_head *list) { }
