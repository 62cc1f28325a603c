// SPDX-License-Identifier: Apache-2.0
/*
 * irq.c - interrupts off, and interrupts that one CPU sends to others.
 *
 * Interrupts of a CPU are a lock: whoever has them off holds it, and so does whoever handles one. The sender stands in for each CPU that it
 * interrupts: it takes that CPU's lock (so it waits as long as that CPU has interrupts off, and that CPU's thread does not run meanwhile), uses that CPU's
 * per-CPU variables, and runs the function with all its steps in between which other CPUs go on. CPUs are interrupted in any order, the sender itself
 * among them.
 *
 * What is lost by it: while a sender stands in for one CPU its own CPU can be interrupted, and then the handler on the other CPU stands still until that is over;
 * handlers of two CPUs for one sender do not overlap. Handlers read and write their own CPU's variables, and of others' read only.
 */
#include <asm/tlbflush.h>

#include "own.h"

unsigned long sd_irq_off[SD_CPUS];

/* Whose stores before the interrupt have not reached memory: then it is not taken yet. */
static bool stores_wait(int cpu)
{
	return __sd_store_buffers() && cpu != sd_cpu() && sd_thread_on[cpu] && __sd_stores_waiting(sd_thread_on[cpu] - 1);
}

static void irqs_off(int cpu)
{
	__sd_atomic_begin(SD_ACQUIRE | SD_UNFENCED, &sd_irq_off[cpu]);
	if (sd_irq_off[cpu] || stores_wait(cpu))
		__sd_block();
	sd_irq_off[cpu] = 1;
	__sd_atomic_end();
}

static void irqs_on(int cpu)
{
	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, &sd_irq_off[cpu]);
	sd_irq_off[cpu] = 0;
	__sd_atomic_end();
}

/* What a thread has done with its own interrupts it alone knows, and needs no look at the lock. */
static unsigned long off[SD_MAX_TASKS];

bool sd_irqs_are_off(void)
{
	return off[sd_me()];
}

/* Whoever has interrupts off is waited for by a grace period. That matters only where tables are freed after one (after.h). */
static void enter(void)
{
#ifdef SD_FLUSH_WITHOUT_INTERRUPTS
	__rcu_read_lock();
#endif
}

static void leave(void)
{
#ifdef SD_FLUSH_WITHOUT_INTERRUPTS
	__rcu_read_unlock();
#endif
}

void __sd_irq_disable(void)
{
	if (sd_irqs_are_off())
		return;
	irqs_off(sd_cpu());
	off[sd_me()] = 1;
	enter();
}

void __sd_irq_enable(void)
{
	if (!sd_irqs_are_off())
		return;
	leave();
	off[sd_me()] = 0;
	irqs_on(sd_cpu());
}

unsigned long __sd_irq_save_flags(void)
{
	return sd_irqs_are_off() ? 0 : X86_EFLAGS_IF;
}

void __sd_irq_restore_flags(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF)
		__sd_irq_enable();
	else
		__sd_irq_disable();
}

/* One interrupt: of any of these CPUs. Which one is chosen before it is known to have interrupts on: all are waited for anyhow. */
static int interrupt_any(unsigned long cpus)
{
	int which = __sd_choose((int)__builtin_popcountl(cpus)), cpu;

	for (; which--; cpus &= cpus - 1)
		;
	cpu = __builtin_ctzl(cpus);
	irqs_off(cpu);
	__sd_event("ipi", "{0:s} takes the interrupt", (sd_u64)sd_walker_names[cpu], 0, 0);
	return cpu;
}

static void handle(int cpu, smp_call_func_t func, void *info)
{
	int me = sd_me();
	long home = sd_cpu_of[me];

	sd_cpu_of[me] = cpu;
	off[me] = 1;
	func(info);
	__sd_fence();
	off[me] = 0;
	sd_cpu_of[me] = home;
	irqs_on(cpu);
}

static void interrupt(const struct cpumask *mask, bool self, smp_cond_func_t cond, smp_call_func_t func, void *info)
{
	unsigned long cpus = 0;
	int cpu, me = sd_cpu();

	for (cpu = 0; cpu < SD_CPUS; cpu++)
		if ((self || cpu != me) && cpumask_test_cpu(cpu, mask) && (!cond || cond(cpu, info)))
			cpus |= 1UL << cpu;
	if (sd_irqs_are_off() && (cpus & ~(1UL << me)))
		__sd_fail("ipi-irqs-off", "{0:s} waits for other CPUs to take an interrupt, with its own interrupts off",
			  (sd_u64)sd_walker_names[me], 0, 0);
	if (sd_irqs_are_off()) {
		if (cpus)
			func(info);
		return;
	}
	__sd_fence();
	while (cpus) {
		__sd_assume(1);
		cpu = interrupt_any(cpus);
		cpus &= ~(1UL << cpu);
		handle(cpu, func, info);
	}
}

void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait, const struct cpumask *mask)
{
	interrupt(mask, true, cond, func, info);
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	interrupt(mask, false, NULL, func, info);
}

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	interrupt(cpu_online_mask, false, NULL, func, info);
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	struct cpumask one = { };

	cpumask_set_cpu(cpu, &one);
	interrupt(&one, true, NULL, func, info);
	return 0;
}

#ifdef SD_FLUSH_WITHOUT_INTERRUPTS
/*
 * In place of the tree's: a hypervisor, or a broadcast, drops what these CPUs have cached of the range, one CPU after the other in any order. They are not
 * interrupted, whatever they do.
 */
void flush_tlb_multi(const struct cpumask *mask, const struct flush_tlb_info *info)
{
	unsigned long cpus = 0, left;
	int cpu, which;

	for (cpu = 0; cpu < SD_CPUS; cpu++)
		if (cpumask_test_cpu(cpu, mask))
			cpus |= 1UL << cpu;
	while (cpus) {
		__sd_atomic_begin(SD_STEP, NULL);
		which = __sd_choose((int)__builtin_popcountl(cpus));
		for (left = cpus; which--; left &= left - 1)
			;
		cpu = __builtin_ctzl(left);
		cpus &= ~(1UL << cpu);
		sd_tlb_drop(cpu, info->start, info->end);
		__sd_event("flush", "{0:s} is made to drop {1:x}-{2:x} without an interrupt", (sd_u64)sd_walker_names[cpu], info->start, info->end);
		__sd_atomic_end();
	}
}
#endif

/* --- spinlocks and rwlocks with interrupts off: over those of kernel/real/locks.c and rwlocks.c --- */

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	unsigned long flags = __sd_irq_save_flags();

	__sd_irq_disable();
	_raw_spin_lock(lock);
	return flags;
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	_raw_spin_unlock(lock);
	__sd_irq_restore_flags(flags);
}

void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	__sd_irq_disable();
	_raw_spin_lock(lock);
}

void _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
	__sd_irq_enable();
}

void _raw_spin_lock_bh(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
}

void _raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
}

void _raw_read_lock_irq(rwlock_t *lock)
{
	__sd_irq_disable();
	_raw_read_lock(lock);
}

void _raw_read_unlock_irq(rwlock_t *lock)
{
	_raw_read_unlock(lock);
	__sd_irq_enable();
}

unsigned long _raw_read_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags = __sd_irq_save_flags();

	__sd_irq_disable();
	_raw_read_lock(lock);
	return flags;
}

void _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	_raw_read_unlock(lock);
	__sd_irq_restore_flags(flags);
}

void _raw_write_lock_irq(rwlock_t *lock)
{
	__sd_irq_disable();
	_raw_write_lock(lock);
}

void _raw_write_unlock_irq(rwlock_t *lock)
{
	_raw_write_unlock(lock);
	__sd_irq_enable();
}

unsigned long _raw_write_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags = __sd_irq_save_flags();

	__sd_irq_disable();
	_raw_write_lock(lock);
	return flags;
}

void _raw_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	_raw_write_unlock(lock);
	__sd_irq_restore_flags(flags);
}
