/* SPDX-License-Identifier: Apache-2.0 */
/* "This lock must be held here" as an assertion. Classes and dependencies are not tracked: real deadlocks are found as such. */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#include <linux/mutex.h>
#include <linux/rwsem.h>

#define __sd_lock_held(lock, write)							\
	_Generic((lock),								\
		 spinlock_t *: spin_held_by_me((spinlock_t *)(void *)(lock)),		\
		 struct mutex *: spin_held_by_me((spinlock_t *)(void *)(lock)),		\
		 struct rw_semaphore *: sd_rwsem_held((struct rw_semaphore *)(void *)(lock), write))

#define __sd_lockdep(lock, write)							\
	do {										\
		if (!__sd_lock_held(lock, write))					\
			__sd_fail("lock-not-held", "{0:p} must be held here", (sd_u64)(lock), 0, 0); \
	} while (0)

#define lockdep_assert_held(lock) __sd_lockdep(lock, false)
#define lockdep_assert_held_write(lock) __sd_lockdep(lock, true)
#define lockdep_assert_held_read(lock) __sd_lockdep(lock, false)
#define lockdep_is_held(lock) __sd_lock_held(lock, false)

#endif
