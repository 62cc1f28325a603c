/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spinlocks and rwlocks. A lock is one word: 0 when free, else the task number of its holder + 1.
 * Taking one is a guarded section that waits; giving it back a release: both are movers, so that code which
 * only touches data under its lock runs as one step. trylock is an operation others can see.
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/sched.h>

typedef struct spinlock {
	unsigned long owner;
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

/* Readers only add to their word, and only read the others. */
typedef struct {
	unsigned long writer;
	unsigned long readers;
	unsigned long lent;	/* set once a reader has been released by another thread */
} rwlock_t;

#define __SPIN_LOCK_UNLOCKED(name) { 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = { 0 }
#define spin_lock_init(lock) ((lock)->owner = 0)
#define rwlock_init(lock) ((lock)->writer = (lock)->readers = (lock)->lent = 0)

/* "Task number + 1", never 0: what a lock word holds. */
#define sd_me() ((unsigned long)(__sd_self() + 2))

static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	__sd_atomic_begin(SD_ACQUIRE, lock);
	if (unlikely(lock->owner == sd_me()))
		__sd_fail("deadlock", "{0:p} is taken again by its own holder", (sd_u64)lock, 0, 0);
	if (lock->owner)
		__sd_block();
	lock->owner = sd_me();
	current->locks_held++;
	__sd_atomic_end();
}

static __maybe_unused void sd_spin_release(void *arg)
{
	spinlock_t *lock = arg;

	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, lock);
	if (unlikely(lock->owner != sd_me()))
		__sd_fail("bad-unlock", "{0:p} is released by a thread that does not hold it", (sd_u64)lock, 0, 0);
	lock->owner = 0;
	__sd_atomic_end();
}

static __always_inline void spin_unlock(spinlock_t *lock)
{
	current->locks_held--;
	__sd_store_release(sd_spin_release, lock);
	preempt_enable();
}

static __always_inline bool spin_trylock(spinlock_t *lock)
{
	bool taken = false;

	preempt_disable();
	__sd_atomic_begin(SD_STEP, lock);
	if (!lock->owner) {
		__sd_took(lock, 0);
		lock->owner = sd_me();
		current->locks_held++;
		taken = true;
	}
	__sd_atomic_end();
	if (!taken)
		preempt_enable();
	return taken;
}

static __always_inline bool spin_is_locked(spinlock_t *lock)
{
	bool locked;

	__sd_atomic_begin(SD_STEP, lock);
	locked = lock->owner != 0;
	__sd_atomic_end();
	return locked;
}

#define spin_lock_nested(lock, subclass) spin_lock(lock)
#define spin_lock_bh(lock) spin_lock(lock)
#define spin_unlock_bh(lock) spin_unlock(lock)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)

static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	local_irq_enable();
}

#define spin_lock_irqsave(lock, flags)							\
	do {										\
		local_irq_save(flags);							\
		spin_lock(lock);							\
	} while (0)
#define spin_unlock_irqrestore(lock, flags)						\
	do {										\
		spin_unlock(lock);							\
		local_irq_restore(flags);						\
	} while (0)

/*
 * Readers add to a counter and never look at it, so that they do not disturb each other. A thread that has not taken the lock itself may release it
 * for another reader (up_read_non_owner), if there is one. The counter is read then, and from then on: that reader may release it, too.
 */
static __always_inline void sd_reader_in(unsigned long *readers, void *lock)
{
	__atomic_fetch_add(readers, 1, __ATOMIC_SEQ_CST);
	sd_reads_add(lock);
	current->locks_held++;
}

static __always_inline void sd_reader_out(unsigned long *readers, unsigned long *lent, void *lock)
{
	if (!sd_reads_remove(lock) && !*lent)
		*lent = 1;
	if (unlikely(*lent) && !*readers)
		__sd_fail("bad-unlock", "{0:p} is released by a reader, but no reader holds it", (sd_u64)lock, 0, 0);
	__atomic_fetch_sub(readers, 1, __ATOMIC_SEQ_CST);
	current->locks_held--;
}

/* Read locks pass waiting writers, as those of the kernel may in interrupts: a reader may take the lock again. */
static __always_inline void read_lock(rwlock_t *lock)
{
	preempt_disable();
	__sd_atomic_begin(SD_ACQUIRE_SHARED, lock);
	if (lock->writer)
		__sd_block();
	sd_reader_in(&lock->readers, lock);
	__sd_atomic_end();
}

static __always_inline void read_unlock(rwlock_t *lock)
{
	__sd_atomic_begin(SD_RELEASE_SHARED, lock);
	sd_reader_out(&lock->readers, &lock->lent, lock);
	__sd_atomic_end();
	preempt_enable();
}

static __always_inline void write_lock(rwlock_t *lock)
{
	preempt_disable();
	__sd_atomic_begin(SD_ACQUIRE, lock);
	if (lock->writer || lock->readers)
		__sd_block();
	lock->writer = sd_me();
	current->locks_held++;
	__sd_atomic_end();
}

static __maybe_unused void sd_write_release(void *arg)
{
	rwlock_t *lock = arg;

	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, lock);
	if (unlikely(lock->writer != sd_me()))
		__sd_fail("bad-unlock", "{0:p} is released by a thread that does not hold it", (sd_u64)lock, 0, 0);
	lock->writer = 0;
	__sd_atomic_end();
}

static __always_inline void write_unlock(rwlock_t *lock)
{
	current->locks_held--;
	__sd_store_release(sd_write_release, lock);
	preempt_enable();
}

/* Assertions about locks read the lock's own word: no other task can change whether it names this one. */
static __always_inline bool spin_held_by_me(spinlock_t *lock)
{
	bool mine;

	__sd_atomic_begin(SD_LOCAL, lock);
	mine = lock->owner == sd_me();
	__sd_atomic_end();
	return mine;
}

#define assert_spin_locked(lock)							\
	do {										\
		if (!spin_held_by_me(lock))						\
			__sd_fail("lock-not-held", "{0:p} must be held here", (sd_u64)(lock), 0, 0); \
	} while (0)

#endif
