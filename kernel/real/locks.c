// SPDX-License-Identifier: Apache-2.0
/*
 * locks.c - spinlocks, mutexes and rw semaphores of the real runtime.
 *
 * Each is one word in the real structure and one atomic section an operation. A lock that is taken means a thread that is
 * not enabled, so nothing ever spins, and a deadlock is a state in which nobody is enabled.
 * Not modelled: fairness (a reader passes a waiting writer), and optimistic spinning, which nobody can observe.
 */
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include "real.h"

struct sd_task sd_tasks[SD_MAX_TASKS];
struct task_struct sd_task_structs[SD_MAX_TASKS];

/* Owner as it stands in a lock's word: never 0. */
static __always_inline unsigned int sd_owner(void)
{
	return (unsigned int)sd_me() + 1;
}

void sd_might_sleep(void)
{
	if (sd_tasks[sd_me()].atomic)
		__sd_fail("sleep-in-atomic", "a function that may sleep was called with {0:d} spinlock(s) held", sd_tasks[sd_me()].atomic, 0, 0);
}

/* might_sleep() with CONFIG_PREEMPT_DYNAMIC calls these through static calls. */
int __SCT__might_resched(void)
{
	sd_might_sleep();
	return 0;
}

int __SCT__cond_resched(void)
{
	sd_might_sleep();
	return 0;
}

/* ---- spinlocks ---- */

/* A byte: the ticket locks of older kernels have no more than two. */
static __always_inline unsigned char *sd_spin_word(raw_spinlock_t *lock)
{
	return (unsigned char *)&lock->raw_lock;
}

void _raw_spin_lock(raw_spinlock_t *lock)
{
	__sd_atomic_begin(SD_ACQUIRE, lock);
	if (*sd_spin_word(lock))
		__sd_block();
	*sd_spin_word(lock) = sd_owner();
	sd_tasks[sd_me()].atomic++;
	__sd_atomic_end();
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	__sd_atomic_begin(SD_RELEASE, lock);
	if (*sd_spin_word(lock) != sd_owner())
		__sd_fail("bad-unlock", "spinlock {0:p} is unlocked by a thread that does not hold it", (sd_u64)lock, 0, 0);
	*sd_spin_word(lock) = 0;
	sd_tasks[sd_me()].atomic--;
	__sd_atomic_end();
}

/* Interrupts are threads of the scenario, so disabling them is no more than the lock. */
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
	return 0;
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	_raw_spin_unlock(lock);
}

void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
}

void _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
}

/* Whoever tries a lock sees it without taking part in it, so the lock is noted: its operations no longer commute freely. */
int _raw_spin_trylock(raw_spinlock_t *lock)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, lock);
	__sd_note_lock(lock);
	if (!*sd_spin_word(lock)) {
		*sd_spin_word(lock) = sd_owner();
		sd_tasks[sd_me()].atomic++;
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

/* ---- mutexes ---- */

static __always_inline unsigned long *sd_mutex_word(struct mutex *lock)
{
	return (unsigned long *)&lock->owner;
}

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	*sd_mutex_word(lock) = 0;
}

void mutex_lock(struct mutex *lock)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_ACQUIRE, lock);
	if (*sd_mutex_word(lock))
		__sd_block();
	*sd_mutex_word(lock) = sd_owner();
	__sd_atomic_end();
}

int mutex_trylock(struct mutex *lock)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, lock);
	__sd_note_lock(lock);
	if (!*sd_mutex_word(lock)) {
		*sd_mutex_word(lock) = sd_owner();
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

void mutex_unlock(struct mutex *lock)
{
	__sd_atomic_begin(SD_RELEASE, lock);
	if (*sd_mutex_word(lock) != sd_owner())
		__sd_fail("bad-unlock", "mutex {0:p} is unlocked by a thread that does not hold it", (sd_u64)lock, 0, 0);
	*sd_mutex_word(lock) = 0;
	__sd_atomic_end();
}

/* ---- rw semaphores: the count is the number of readers, or a writer's number with the top bit set ---- */

#define SD_RWSEM_WRITER (1UL << 63)

static __always_inline unsigned long *sd_rwsem_word(struct rw_semaphore *sem)
{
	return (unsigned long *)&sem->count;
}

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	*sd_rwsem_word(sem) = 0;
}

void down_write(struct rw_semaphore *sem)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_ACQUIRE, sem);
	if (*sd_rwsem_word(sem))
		__sd_block();
	*sd_rwsem_word(sem) = SD_RWSEM_WRITER | sd_owner();
	__sd_atomic_end();
}

void up_write(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE, sem);
	if (*sd_rwsem_word(sem) != (SD_RWSEM_WRITER | sd_owner()))
		__sd_fail("bad-unlock", "rwsem {0:p} is released by a thread that does not hold it for writing", (sd_u64)sem, 0, 0);
	*sd_rwsem_word(sem) = 0;
	__sd_atomic_end();
}

/* From writer to reader without a moment between. Neither a left nor a right mover: the lock is noted. */
void downgrade_write(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_STEP, sem);
	__sd_note_lock(sem);
	if (*sd_rwsem_word(sem) != (SD_RWSEM_WRITER | sd_owner()))
		__sd_fail("bad-unlock", "rwsem {0:p} is downgraded by a thread that does not hold it for writing", (sd_u64)sem, 0, 0);
	*sd_rwsem_word(sem) = 1;
	__sd_atomic_end();
}

void down_read(struct rw_semaphore *sem)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_ACQUIRE_SHARED, sem);
	if (*sd_rwsem_word(sem) & SD_RWSEM_WRITER)
		__sd_block();
	++*sd_rwsem_word(sem);
	__sd_atomic_end();
}

void up_read(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE_SHARED, sem);
	if (!*sd_rwsem_word(sem) || (*sd_rwsem_word(sem) & SD_RWSEM_WRITER))
		__sd_fail("bad-unlock", "rwsem {0:p} is released but nobody holds it for reading", (sd_u64)sem, 0, 0);
	--*sd_rwsem_word(sem);
	__sd_atomic_end();
}

int down_read_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, sem);
	__sd_note_lock(sem);
	if (!(*sd_rwsem_word(sem) & SD_RWSEM_WRITER)) {
		++*sd_rwsem_word(sem);
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}
