// SPDX-License-Identifier: Apache-2.0
/*
 * Uses every name of the notifier interface that some version has and another has not: clang says which are missing.
 * Twice half of them (-DHALF), as it gives up after twenty.
 */
#include <linux/mmu_notifier.h>

void scenario(void)
{
#if HALF == 1
	(void)offsetof(struct mmu_notifier_ops, flags);
	(void)offsetof(struct mmu_notifier_ops, change_pte);
	(void)offsetof(struct mmu_notifier_ops, invalidate_page);
	(void)offsetof(struct mmu_notifier_ops, invalidate_range);
	(void)offsetof(struct mmu_notifier_ops, arch_invalidate_secondary_tlbs);
	(void)offsetof(struct mmu_notifier_ops, alloc_notifier);
	(void)offsetof(struct mmu_notifier_ops, free_notifier);
	(void)offsetof(struct mmu_notifier, users);
	(void)mmu_notifier_invalidate_page;
	(void)mmu_notifier_invalidate_range;
	(void)mmu_notifier_arch_invalidate_secondary_tlbs;
	(void)mmu_notifier_invalidate_range_only_end;
	(void)mmu_notifier_invalidate_range_start_nonblock;
	(void)mmu_notifier_unregister_no_release;
	(void)mmu_notifier_get;
	(void)mmu_notifier_put;
#else
	(void)sizeof(struct mmu_notifier_range);
#if SD_KERNEL >= 504
	(void)offsetof(struct mmu_notifier_range, vma);
	(void)offsetof(struct mmu_notifier_range, migrate_pgmap_owner);
	(void)offsetof(struct mmu_notifier_range, owner);
#endif
	(void)MMU_NOTIFY_SOFT_DIRTY;
	(void)MMU_NOTIFY_RELEASE;
	(void)MMU_NOTIFY_MIGRATE;
	(void)MMU_NOTIFY_EXCLUSIVE;
	(void)mmu_notifier_range_init;
	(void)mmu_notifier_range_init_migrate;
	(void)mmu_notifier_range_init_owner;
	(void)mmu_notifier_range_blockable;
	(void)mmu_notifier_range_update_to_read_only;
	(void)mmu_interval_notifier_insert;
	(void)mmu_interval_notifier_remove;
	(void)mmu_interval_read_begin;
	(void)mmu_interval_read_retry;
	(void)mmu_interval_set_seq;
#endif
}
