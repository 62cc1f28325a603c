/**
 * Names of the kernel's that the scan knows: the interface of MMU notifiers since it exists, what
 * takes a lock, and what may sleep.
 *
 * A name that is missing here is listed as a call that was not followed; it is never taken for
 * harmless.
 */

/** The header that declares the types: which callbacks there are is read from it. */
export const HEADER = "include/linux/mmu_notifier.h";

/** A file that has none of these words can be no user. */
export const NEEDLES = ["mmu_notifier", "mmu_interval"] as const;

export const TYPES = { mmu_notifier_ops: "notifier", mmu_interval_notifier_ops: "interval" } as const;

export type OpsKind = (typeof TYPES)[keyof typeof TYPES];

export const isOpsType = (name: string): name is keyof typeof TYPES => name in TYPES;

export const REGISTER =
  /^(?:__?mmu_notifier_register|mmu_notifier_register|mmu_notifier_get|mmu_notifier_get_locked|__mmu_interval_notifier_insert|mmu_interval_notifier_insert|mmu_interval_notifier_insert_locked)$/;
export const UNREGISTER = /^(?:mmu_notifier_unregister|mmu_notifier_unregister_no_release|mmu_notifier_put|mmu_interval_notifier_remove)$/;

export const READ_BEGIN = "mmu_interval_read_begin";
export const READ_RETRY = /^mmu_interval_(?:read|check)_retry$/;
export const SET_SEQUENCE = "mmu_interval_set_seq";

/** Since 4.19 a callback may be told that it must not sleep: by a parameter, later by the range. */
export const BLOCKABLE = /^(?:mmu_notifier_range_blockable|blockable)$/;

/** Callbacks that may be told so. */
export const MAY_BE_TOLD = new Set(["invalidate_range_start", "invalidate"]);

/** What begins and ends a time in which pages go away. */
export const START = new Set(["invalidate_range_start", "invalidate"]);
export const END = new Set(["invalidate_range_end"]);

/** Takes a lock; `sleeps` if it may wait for it asleep. */
const NO_LOCK = /_(?:init|held|is_locked|is_contended|needbreak)$/;
const LOCKS: readonly (readonly [RegExp, boolean])[] = [
  [/^(?:raw_)?spin_(?:try)?lock(?:_\w+)?$/, false],
  [/^(?:raw_)?(?:read|write)_(?:try)?lock(?:_(?:irq|irqsave|bh|nested))?$/, false],
  [/^(?:mutex|ww_mutex|rt_mutex|down_read|down_write|dma_resv|reservation_object)_trylock\w*$/, false],
  [/^mmap_(?:read|write)_trylock\w*$/, false],
  [/^(?:mutex|ww_mutex|rt_mutex)_lock(?:_\w+)?$/, true],
  [/^down(?:_read|_write)?(?:_(?:nested|killable|interruptible|non_owner|nest_lock|timeout))?$/, true],
  [/^mmap_(?:read|write)_lock(?:_\w+)?$/, true],
  [/^(?:dma_resv|reservation_object)_lock(?:_\w+)?$/, true],
  [/^(?:rcu|rcu_sched|rcu_bh|srcu)_read_lock(?:_\w+)?$/, false],
  [/^xa_lock(?:_\w+)?$/, false],
  [/^(?:write|read)_seqlock(?:_\w+)?$/, false],
  [/^(?:raw_)?(?:write_seqcount|read_seqcount|read_seq)_?begin(?:_\w+)?$/, false],
  [/^(?:__)?(?:lock_page|folio_lock)(?:_\w+)?$/, true],
  [/^trylock_page$|^folio_trylock$/, false],
];

export function lockNamed(name: string): { readonly sleeps: boolean } | undefined {
  const found = NO_LOCK.test(name) ? undefined : LOCKS.find(([pattern]) => pattern.test(name));
  return found === undefined ? undefined : { sleeps: found[1] };
}

/** `guard(mutex)(&lock)`, `scoped_guard(spinlock, &lock)`: the class of the lock. */
export const isGuard = (name: string): boolean => name === "guard" || name === "scoped_guard" || name === "scoped_cond_guard";
export const guardSleeps = (kind: string): boolean => /^(?:mutex|rwsem_|semaphore|mmap_)/.test(kind);

const SLEEPS =
  /^(?:msleep(?:_\w+)?|ssleep|fsleep|usleep_range(?:_\w+)?|schedule(?:_timeout(?:_\w+)?)?|io_schedule\w*|might_sleep(?:_if)?|cond_resched\w*|wait_event\w*|wait_for_completion\w*|wait_on_bit\w*|wait_on_page\w*|synchronize_(?:rcu|srcu|sched|net|irq)\w*|(?:flush|drain|destroy)_workqueue|flush_(?:work|delayed_work)|cancel_(?:work|delayed_work)_sync|kthread_stop|dma_fence_wait\w*|dma_resv_wait_timeout\w*|reservation_object_wait_timeout\w*|copy_(?:to|from)_user|get_user_pages\w*|pin_user_pages\w*)$/;

/** A name of an allocation's flags that lets it sleep. */
export const GFP_SLEEPS = /^GFP_(?:KERNEL|USER|HIGHUSER|NOIO|NOFS)/;

export const maySleep = (name: string): boolean => SLEEPS.test(name);
