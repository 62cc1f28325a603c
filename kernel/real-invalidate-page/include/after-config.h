/* SPDX-License-Identifier: Apache-2.0 */
/*
 * after-config.h - comes right after the tree's configuration in every file of a 4.4 tree, whatever was chosen there.
 *
 * It touches only choices between a call and the same thing inline: what the runtime has to see (who unlocks, who
 * reads under RCU) must be a call; what would only hide in instructions that patch themselves must not.
 */
#ifndef SHOOTDOWN_AFTER_CONFIG_H
#define SHOOTDOWN_AFTER_CONFIG_H

/* Locks: taken and released by call. */
#undef CONFIG_INLINE_SPIN_LOCK
#undef CONFIG_INLINE_SPIN_TRYLOCK
#undef CONFIG_INLINE_SPIN_UNLOCK_IRQ
#undef CONFIG_INLINE_READ_LOCK
#undef CONFIG_INLINE_READ_UNLOCK
#undef CONFIG_INLINE_READ_UNLOCK_IRQ
#undef CONFIG_INLINE_WRITE_LOCK
#undef CONFIG_INLINE_WRITE_UNLOCK
#undef CONFIG_INLINE_WRITE_UNLOCK_IRQ
#define CONFIG_UNINLINE_SPIN_UNLOCK 1

/* RCU: readers by call. Without preemption they would be no code at all. */
#undef CONFIG_TREE_RCU
#undef CONFIG_PREEMPT_RCU
#define CONFIG_PREEMPT_RCU 1

/* might_sleep() is a call. */
#undef CONFIG_PREEMPT_NONE
#undef CONFIG_PREEMPT
#undef CONFIG_PREEMPT_COUNT
#undef CONFIG_PREEMPT_VOLUNTARY
#define CONFIG_PREEMPT_VOLUNTARY 1

/* kmalloc() of a constant size says the size. */
#undef CONFIG_SLUB
#undef CONFIG_SLAB
#undef CONFIG_SLOB
#define CONFIG_SLOB 1

/* Event counters would be state that only ever grows. */
#undef CONFIG_VM_EVENT_COUNTERS

/* A static key is its counter. */
#undef CONFIG_JUMP_LABEL

/* A harness calls the initcalls of the files that it links by name: sd_initcall_mmu_notifier_init(). */
#include <linux/init.h>
#undef __define_initcall
#define __define_initcall(fn, id) initcall_t sd_initcall_##fn = fn

#endif
