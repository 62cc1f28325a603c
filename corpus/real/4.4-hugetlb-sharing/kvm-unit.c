// SPDX-License-Identifier: Apache-2.0
/*
 * kvm-unit.c - the tree's virt/kvm/kvm_main.c, unchanged, with one virtual machine for each process.
 *
 * Real: the notifier callbacks, kvm_init_mmu_notifier(), remote flushes, mmu_notifier_retry(). Ours: the
 * shadow page table, one entry for each page of a machine (the hooks that arch/x86/kvm/mmu.c defines), the fault in the order that
 * tdp_page_fault() has, and the guest's TLB, which a flush request empties when its interrupt arrives.
 * -DNO_RETRY=1: the fault installs without asking mmu_notifier_retry(). mirror.h has more of these.
 */
#include <../virt/kvm/kvm_main.c>

#include "mirror.h"

#ifndef KVM
#define KVM 0
#endif

#if KVM

static struct machine {
	struct kvm kvm;
	struct kvm_vcpu vcpu;
	const char *name;
	struct sd_upage *up;
	unsigned long spte[PAGES];
	unsigned long tlb[PAGES];	/* from before the entry was cleared */
} machines[MIRRORS];

#define machine_of(k) container_of(k, struct machine, kvm)

/* ---- what arch/x86/kvm has ---- */

int kvm_unmap_hva_range(struct kvm *kvm, unsigned long start, unsigned long end)
{
	struct machine *m = machine_of(kvm);
	int i, found = 0;

	for (i = 0; i < PAGES; i++) {
		if (!m->spte[i] || !mirror_hit(&m->up[i], start, end))
			continue;
		__sd_atomic_begin(SD_STEP, m);
		m->tlb[i] = m->spte[i];
		m->spte[i] = 0;
		__sd_event("spte", "the entry of {0:s} for {1:x} is cleared", (sd_u64)m->name, mirror_from(&m->up[i]), 0);
		__sd_atomic_end();
		found = 1;
	}
	return found;
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
	int i, k;

	__sd_atomic_begin(SD_STEP, machines);
	for (i = 0; i < MIRRORS; i++) {
		if (!(machines[i].vcpu.requests & (1UL << KVM_REQ_TLB_FLUSH)))
			continue;
		machines[i].vcpu.requests = 0;
		machines[i].vcpu.mode = IN_GUEST_MODE;
		for (k = 0; k < PAGES; k++)
			machines[i].tlb[k] = 0;
		__sd_event("flush", "the TLB of {0:s} is flushed", (sd_u64)machines[i].name, 0, 0);
	}
	__sd_atomic_end();
}

/* ---- the guest ---- */

static void guest_fault(struct machine *m, int i)
{
	struct kvm *kvm = &m->kvm;
	struct mm_struct *mm = kvm->mm;
	struct page *page;
	unsigned long seq;

	seq = kvm->mmu_notifier_seq;
	smp_rmb();
	down_read(&mm->mmap_sem);
	page = sd_get_user_page(mm, mirror_from(&m->up[i]));
	up_read(&mm->mmap_sem);
	if (!page)
		__sd_fail("sigbus", "{0:s} finds no page", (sd_u64)m->name, 0, 0);
	spin_lock(&kvm->mmu_lock);
	if (NO_RETRY || !mmu_notifier_retry(kvm, seq))
		WRITE_ONCE(m->spte[i], mirror_entry(page));
	spin_unlock(&kvm->mmu_lock);
	put_page(page);
}

static void vcpu_run(void *arg)
{
	struct machine *m = arg;

	for (;;) {
		unsigned long entry;
		int i;

		__sd_atomic_begin(SD_STEP, m);
		i = mirror_choose();
		entry = m->tlb[i] && m->tlb[i] != m->spte[i] && __sd_choose(2) ? m->tlb[i] : m->spte[i];
		if (entry)
			mirror_write(m->name, entry, &m->up[i]);
		else if (!FAULTS)
			__sd_block();
		__sd_atomic_end();
		if (!entry)
			guest_fault(m, i);
	}
}

void sd_machine_start(int i, int upage)
{
	static const char *const names[] = { "VM of A", "VM of B" };
	struct machine *m = &machines[i];
	struct kvm *kvm = &m->kvm;
	int n;

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
	mirror_listens(&kvm->mmu_notifier);
	for (n = 0; !FAULTS && n < PAGES; n++)
		guest_fault(m, n);
	__sd_thread(names[i], names[i], vcpu_run, m, SD_DAEMON);
}
#endif
