// SPDX-License-Identifier: Apache-2.0
/*
 * kvm-unit.c - the tree's virt/kvm/kvm_main.c, unchanged, with one virtual machine for each process.
 *
 * Real: the notifier callbacks, kvm_init_mmu_notifier(), remote flushes, mmu_notifier_retry(). Ours: the
 * shadow page table, one entry for each machine (the hooks that arch/x86/kvm/mmu.c defines), the fault in the order that
 * tdp_page_fault() has, and the guest's TLB, which a flush request empties when its interrupt arrives.
 */
#include <../virt/kvm/kvm_main.c>

#include "../../../kernel/real-4.4/machine.h"

#ifndef KVM
#define KVM 0
#endif
#ifndef NO_RETRY
#define NO_RETRY 0
#endif

#if KVM

#define MACHINES 2

static struct machine {
	struct kvm kvm;
	struct kvm_vcpu vcpu;
	const char *name;
	struct sd_upage *up;
	unsigned long spte;	/* frame number plus 1, 0 for none */
	unsigned long tlb;	/* the same, from before the entry was cleared */
} machines[MACHINES];

#define machine_of(k) container_of(k, struct machine, kvm)

/* ---- what arch/x86/kvm has ---- */

int kvm_unmap_hva_range(struct kvm *kvm, unsigned long start, unsigned long end)
{
	struct machine *m = machine_of(kvm);

	if (!m->spte || m->up->va >= end || m->up->va + m->up->size <= start)
		return 0;
	__sd_atomic_begin(SD_STEP, m);
	m->tlb = m->spte;
	m->spte = 0;
	__sd_event("spte", "the entry of {0:s} is cleared", (sd_u64)m->name, 0, 0);
	__sd_atomic_end();
	return 1;
}

int kvm_unmap_hva(struct kvm *kvm, unsigned long hva)
{
	return kvm_unmap_hva_range(kvm, hva, hva + 1);
}

void kvm_arch_mmu_notifier_invalidate_page(struct kvm *kvm, unsigned long address)
{
}

void kvm_arch_flush_shadow_all(struct kvm *kvm)
{
}

int kvm_age_hva(struct kvm *kvm, unsigned long start, unsigned long end)
{
	return 0;
}

int kvm_test_age_hva(struct kvm *kvm, unsigned long hva)
{
	return 0;
}

void kvm_set_spte_hva(struct kvm *kvm, unsigned long hva, pte_t pte)
{
}

/* The interrupt makes every guest leave, take its requests and enter again. */
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	int i;

	__sd_atomic_begin(SD_STEP, machines);
	for (i = 0; i < MACHINES; i++) {
		if (!(machines[i].vcpu.requests & (1UL << KVM_REQ_TLB_FLUSH)))
			continue;
		machines[i].vcpu.requests = 0;
		machines[i].vcpu.mode = IN_GUEST_MODE;
		machines[i].tlb = 0;
		__sd_event("flush", "the TLB of {0:s} is flushed", (sd_u64)machines[i].name, 0, 0);
	}
	__sd_atomic_end();
}

/* ---- the guest ---- */

static void guest_fault(struct machine *m)
{
	struct kvm *kvm = &m->kvm;
	struct mm_struct *mm = kvm->mm;
	struct page *page;
	unsigned long seq;

	seq = kvm->mmu_notifier_seq;
	smp_rmb();
	down_read(&mm->mmap_sem);
	page = sd_get_user_page(mm, m->up->va);
	up_read(&mm->mmap_sem);
	if (!page)
		__sd_fail("sigbus", "{0:s} finds no page", (sd_u64)m->name, 0, 0);
	spin_lock(&kvm->mmu_lock);
	if (NO_RETRY || !mmu_notifier_retry(kvm, seq))
		WRITE_ONCE(m->spte, sd_frame_of(page_to_pfn(page)) + 1);
	spin_unlock(&kvm->mmu_lock);
	put_page(page);
}

static void vcpu_run(void *arg)
{
	struct machine *m = arg;

	for (;;) {
		unsigned long entry;

		__sd_atomic_begin(SD_STEP, m);
		entry = m->tlb && m->tlb != m->spte && __sd_choose(2) ? m->tlb : m->spte;
		if (entry)
			sd_data_access(entry - 1, m->up->location, true, m->name, m->up->va);
		__sd_atomic_end();
		if (!entry)
			guest_fault(m);
	}
}

void sd_machine_start(int i, int upage)
{
	static const char *const names[] = { "VM of A", "VM of B" };
	struct machine *m = &machines[i];
	struct kvm *kvm = &m->kvm;

	m->name = names[i];
	m->up = &sd_upages[upage];
	kvm->mm = m->up->mm;
	spin_lock_init(&kvm->mmu_lock);
	kvm->vcpus[0] = &m->vcpu;
	atomic_set(&kvm->online_vcpus, 1);
	m->vcpu.kvm = kvm;
	m->vcpu.cpu = SD_MAX_TASKS - 1;
	m->vcpu.mode = IN_GUEST_MODE;
	sd_task_structs[0].mm = kvm->mm;
	if (kvm_init_mmu_notifier(kvm))
		__sd_fail("setup", "the notifier is not registered", 0, 0, 0);
	__sd_thread(names[i], names[i], vcpu_run, m, SD_DAEMON);
}
#endif
