/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes: as spinlocks (see there), but the taker may sleep, so it must not be in atomic context. */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/spinlock.h>

struct mutex {
	unsigned long owner;
};

#define DEFINE_MUTEX(name) struct mutex name = { 0 }
#define mutex_init(lock) ((lock)->owner = 0)
#define mutex_destroy(lock) ((void)(lock))

static __always_inline void mutex_lock(struct mutex *lock)
{
	might_sleep();
	__sd_atomic_begin(SD_ACQUIRE, lock);
	if (unlikely(lock->owner == sd_me()))
		__sd_fail("deadlock", "{0:p} is taken again by its own holder", (sd_u64)lock, 0, 0);
	if (lock->owner)
		__sd_block();
	lock->owner = sd_me();
	current->locks_held++;
	__sd_atomic_end();
}

static __always_inline void mutex_unlock(struct mutex *lock)
{
	__sd_atomic_begin(SD_RELEASE, lock);
	if (unlikely(lock->owner != sd_me()))
		__sd_fail("bad-unlock", "{0:p} is released by a thread that does not hold it", (sd_u64)lock, 0, 0);
	lock->owner = 0;
	current->locks_held--;
	__sd_atomic_end();
}

static __always_inline int mutex_trylock(struct mutex *lock)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, lock);
	if (!lock->owner) {
		__sd_took(lock, 0);
		lock->owner = sd_me();
		current->locks_held++;
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

static __always_inline bool mutex_is_locked(struct mutex *lock)
{
	bool locked;

	__sd_atomic_begin(SD_STEP, lock);
	locked = lock->owner != 0;
	__sd_atomic_end();
	return locked;
}

#define mutex_lock_nested(lock, subclass) mutex_lock(lock)
#define mutex_lock_interruptible(lock) ({ mutex_lock(lock); 0; })

#endif
