/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kvm-like secondary MMU (users/kvm.c): guest pages map to the addresses of one memory slot, shadow entries are made by the vCPU's fault
 * path and removed by the notifier; count and sequence let a fault notice that an invalidation passed by.
 */
#ifndef _LINUX_KVM_HOST_H
#define _LINUX_KVM_HOST_H

#include <linux/mmu_notifier.h>

#ifndef SD_KVM_PAGES
#define SD_KVM_PAGES 4
#endif

struct kvm {
	const char *sd_name;
	struct mm_struct *mm;
	struct mmu_notifier mmu_notifier;
	spinlock_t mmu_lock;
	unsigned long mmu_notifier_seq;
	long mmu_notifier_count;
	unsigned long userspace_addr;		/* of guest page 0 */
	unsigned long npages;
	unsigned int page_shift;
	unsigned long sd_piece;			/* a shadow entry is for [hva + sd_piece, + sd_piece_size) of each page */
	unsigned long sd_piece_size;
	bool sd_thp;				/* the memory may be a transparent huge page: then one shadow entry of 2 MiB is all of spte[] */
	u64 spte[SD_KVM_PAGES];			/* shadow entries: as PTEs */
	u64 sd_guest_tlb[SD_KVM_PAGES];		/* a zapped entry that the guest may still use */
	unsigned long sd_in_guest;		/* SD_INFLIGHT: a guest access is translated, not yet done */
};

static inline int mmu_notifier_retry(struct kvm *kvm, unsigned long mmu_seq)
{
	bool running = kvm->mmu_notifier_count != 0;

	/* Whoever counts down has advanced the sequence first. */
	smp_rmb();
	return running || READ_ONCE(kvm->mmu_notifier_seq) != mmu_seq;
}

void kvm_flush_remote_tlbs(struct kvm *kvm);
int kvm_mmu_page_fault(struct kvm *kvm, unsigned long gfn);

#endif
