/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GPU of AMD's and a process that uses it, for kfd_svm.c: what the scenarios ../kfd-svm (6.12) and ../kfd-svm-6.1 share. Included after the driver's files.
 * MAP_ARGUMENTS are those of svm_range_validate_and_map(), UPDATE_PARAMETERS the ones that amdgpu_vm_update_range() has on one of the trees only.
 */
enum { DROP, MIGRATE, PROTECT, NOTHING };

static struct mm_struct *the_mm;
static unsigned long va;
static struct sd_shadow gpu = { "the GPU" };
static struct device device;
static struct amdgpu_device adev = { .dev = &device };
static struct kfd_node node = { .adev = &adev };
static struct amdgpu_fpriv fpriv;
static struct drm_file drm_file = { .driver_priv = &fpriv };
static struct kfd_process_device pdd = { .dev = &node, .drm_priv = &drm_file };
static struct kfd_process process = { .xnack_enabled = XNACK, .pdds = { &pdd }, .n_pdds = 1 };
static struct svm_range *range;
static bool stopped;	/* the queues */
int amdgpu_use_xgmi_p2p;	/* a parameter of the module */

int amdgpu_vm_update_range(struct amdgpu_device *of, struct amdgpu_vm *vm, bool immediate, bool unlocked, bool flush_tlb, UPDATE_PARAMETERS,
			   uint64_t start, uint64_t last, uint64_t flags, uint64_t offset, uint64_t vram_base,
			   struct ttm_resource *res, dma_addr_t *pages_addr, struct dma_fence **fence)
{
	uint64_t page = va >> PAGE_SHIFT;

	if (start > page || page > last)
		return 0;
	if (flags & AMDGPU_PTE_WRITEABLE)
		sd_shadow_set(&gpu, pfn_to_page(pages_addr[(offset >> PAGE_SHIFT) + page - start] >> PAGE_SHIFT));
	else
		sd_shadow_remove(&gpu);
	atomic64_add(flush_tlb, &vm->tlb_seq);
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
	err = svm_range_validate_and_map(MAP_ARGUMENTS);
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
	process.lead_thread = current;
	INIT_DELAYED_WORK(&process.svms.restore_work, restore);
	range = svm_range_new(&process.svms, (va >> PAGE_SHIFT) - 1, (va >> PAGE_SHIFT) + VMAS - 1, false);
	set_bit(0, range->bitmap_access);
	mmap_write_lock(the_mm);
	svm_range_add_notifier_locked(the_mm, range);
	mmap_write_unlock(the_mm);
	if (MAPPED && fault())
		__sd_fail("scenario", "the first fault fails", 0, 0, 0);
	if (!XNACK)
		sd_kworker(2);
	sd_cpu_run(0, the_mm, "GPU", use, NULL);
	sd_cpu_run(1, the_mm, "take", take, NULL);
}
