// SPDX-License-Identifier: Apache-2.0
/*
 * KVM's half of MMU notification that all architectures share, virt/kvm/kvm_main.c: memslots, the count and the sequence, the kick of a vCPU that is in the
 * guest. The architecture's half is ours: one shadow entry, set under mmu_lock held for reading and removed under it held for writing, and a vCPU that looks
 * for requests when it enters the guest, with interrupts off, and uses an entry that was removed as long as it has not been told to flush.
 * -DTAKE: what the host does with the page. -DSLOT=1: another thread deletes the memslot meanwhile. -DSLOTS=2: DROP is of pages of another memslot, too.
 */
// shootdown: -DTAKE=DROP -DSLOT=0 -DSLOTS=1
#include <shootdown/scenario.h>
#include SD_DRIVER

enum { UNMAP, DROP, MIGRATE };
#ifdef KVM_MEM_GUEST_MEMFD
#define region kvm_userspace_memory_region2
#define stale(seq) mmu_invalidate_retry_gfn(&the_kvm, seq, GFN)
#else
#define region kvm_userspace_memory_region
#define stale(seq) mmu_invalidate_retry_hva(&the_kvm, seq, va)
#endif

static struct mm_struct *the_mm;
static unsigned long va;	/* of the guest page */
#define GFN 1
static struct kvm the_kvm;
static struct kvm_vcpu vcpu;
struct kvm_x86_ops kvm_x86_ops;	/* 6.1 asks whether there is a hypervisor that flushes: there is none */
static struct sd_shadow shadow = { "the guest" };

bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return range->start <= GFN && range->end > GFN && sd_shadow_remove(&shadow);
}

void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen) { }
void kvm_arch_commit_memory_region(struct kvm *kvm, struct kvm_memory_slot *old, const struct kvm_memory_slot *new, enum kvm_mr_change change) { }
void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *slot) { }
int kvm_arch_prepare_memory_region(struct kvm *kvm, const struct kvm_memory_slot *old, struct kvm_memory_slot *new, enum kvm_mr_change change)
{
	return 0;
}

void kvm_arch_flush_shadow_memslot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	struct kvm_gfn_range range = { .slot = slot, .start = 0, .end = 2 };

	write_lock(&kvm->mmu_lock);
	if (kvm_unmap_gfn_range(kvm, &range))
		kvm_flush_remote_tlbs(kvm);
	write_unlock(&kvm->mmu_lock);
}

static bool fault(void)
{
	unsigned long seq = the_kvm.mmu_invalidate_seq;
	int idx = srcu_read_lock(&the_kvm.srcu);
	bool writable;
	kvm_pfn_t pfn;

	smp_rmb();
	pfn = gfn_to_pfn_prot(&the_kvm, GFN, true, &writable);
	if (!is_error_noslot_pfn(pfn)) {
		read_lock(&the_kvm.mmu_lock);
		if (!stale(seq))
			sd_shadow_set(&shadow, pfn_to_page(pfn));
		read_unlock(&the_kvm.mmu_lock);
		kvm_release_pfn_clean(pfn);
	}
	srcu_read_unlock(&the_kvm.srcu, idx);
	return !is_error_noslot_pfn(pfn);
}

static void guest(void *unused)
{
	bool done;

	do {
		local_irq_disable();
		smp_store_mb(vcpu.mode, IN_GUEST_MODE);
		if (kvm_check_request(KVM_REQ_TLB_FLUSH, &vcpu))
			sd_shadow_flush(&shadow);
		done = sd_shadow_write(&shadow, the_mm, va);
		smp_store_release(&vcpu.mode, OUTSIDE_GUEST_MODE);
		local_irq_enable();
	} while (!done && fault());
}

static void take(void *unused)
{
	switch (TAKE) {
	case UNMAP: sd_munmap(the_mm, va, 1); break;
	case DROP: sd_madvise(the_mm, va - PAGE_SIZE, 1 + SLOTS, MADV_DONTNEED); break;
	case MIGRATE: sd_migrate(the_mm, va); break;
	}
}

/* Memslot 0 has guest page 1 and the one before it, memslot 1 the one behind it. */
static void set_slot(unsigned int nr, unsigned long size)
{
	struct region mem = { .slot = nr, .guest_phys_addr = 2 * nr * PAGE_SIZE, .memory_size = size, .userspace_addr = va + 2 * nr * PAGE_SIZE - PAGE_SIZE };

	mutex_lock(&the_kvm.slots_lock);
	if (__kvm_set_memory_region(&the_kvm, &mem))
		__sd_fail("scenario", "__kvm_set_memory_region() fails", 0, 0, 0);
	mutex_unlock(&the_kvm.slots_lock);
}

static void delete_slot(void *unused)
{
	set_slot(0, 0);
}

void sd_at_end(void)
{
	if (the_kvm.mmu_invalidate_in_progress || the_kvm.mn_active_invalidate_count)
		__sd_fail("bad-count", "nothing is being invalidated any more, and KVM counts that something is", 0, 0, 0);
}

void scenario(void)
{
	int i;

	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 1 + SLOTS) + PAGE_SIZE;
	sd_populate(the_mm, va);
	rwlock_init(&the_kvm.mmu_lock);
	spin_lock_init(&the_kvm.mn_invalidate_lock);
	spin_lock_init(&the_kvm.gpc_lock);
	INIT_LIST_HEAD(&the_kvm.gpc_list);
	mutex_init(&the_kvm.slots_lock);
	mutex_init(&the_kvm.slots_arch_lock);
	init_srcu_struct(&the_kvm.srcu);
	rcuwait_init(&the_kvm.mn_memslots_update_rcuwait);
	for (i = 0; i < ARRAY_SIZE(the_kvm.memslots); i++) {
		the_kvm.__memslots[i][1].node_idx = 1;
		rcu_assign_pointer(the_kvm.memslots[i], &the_kvm.__memslots[i][0]);
	}
	set_slot(0, 2 * PAGE_SIZE);
	if (SLOTS == 2)
		set_slot(1, PAGE_SIZE);
	xa_init(&the_kvm.vcpu_array);
	xa_store(&the_kvm.vcpu_array, 0, &vcpu, GFP_KERNEL);
	atomic_set(&the_kvm.online_vcpus, 1);
	the_kvm.mm = the_mm;
	the_kvm.mmu_notifier.ops = &kvm_mmu_notifier_ops;
	if (mmu_notifier_register(&the_kvm.mmu_notifier, the_mm))
		__sd_fail("scenario", "mmu_notifier_register() fails", 0, 0, 0);
	sd_cpu_run(0, the_mm, "vCPU", guest, NULL);
	sd_cpu_run(1, the_mm, "take", take, NULL);
	if (SLOT)
		sd_cpu_run(2, the_mm, "memslot", delete_slot, NULL);
}
