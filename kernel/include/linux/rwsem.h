/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader-writer semaphores. A reader waits for a writer that is in, not for one that is waiting: the
 * fair queue of the real thing is not modelled (it adds only deadlocks of nested readers).
 */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/spinlock.h>

struct rw_semaphore {
	unsigned int writer;
	unsigned int readers;
};

#define DECLARE_RWSEM(name) struct rw_semaphore name = { 0, 0 }
#define init_rwsem(sem) ((sem)->writer = (sem)->readers = 0)

static __always_inline void down_read(struct rw_semaphore *sem)
{
	might_sleep();
	__sd_atomic_begin(SD_ACQUIRE_SHARED, sem);
	if (sem->writer)
		__sd_block();
	sem->readers++;
	current->locks_held++;
	__sd_atomic_end();
}

static __always_inline void up_read(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE_SHARED, sem);
	if (unlikely(!sem->readers))
		__sd_fail("bad-unlock", "{0:p} is released by a reader, and there is none", (sd_u64)sem, 0, 0);
	sem->readers--;
	current->locks_held--;
	__sd_atomic_end();
}

static __always_inline int down_read_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, sem);
	__sd_note_lock(sem);
	if (!sem->writer) {
		sem->readers++;
		current->locks_held++;
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

static __always_inline void down_write(struct rw_semaphore *sem)
{
	might_sleep();
	__sd_atomic_begin(SD_ACQUIRE, sem);
	if (sem->writer || sem->readers)
		__sd_block();
	sem->writer = (unsigned int)sd_me();
	current->locks_held++;
	__sd_atomic_end();
}

static __always_inline void up_write(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE, sem);
	if (unlikely(sem->writer != (unsigned int)sd_me()))
		__sd_fail("bad-unlock", "{0:p} is released by a thread that does not hold it", (sd_u64)sem, 0, 0);
	sem->writer = 0;
	current->locks_held--;
	__sd_atomic_end();
}

static __always_inline int down_write_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, sem);
	__sd_note_lock(sem);
	if (!sem->writer && !sem->readers) {
		sem->writer = (unsigned int)sd_me();
		current->locks_held++;
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

static __always_inline bool sd_rwsem_held(struct rw_semaphore *sem, bool write)
{
	bool held;

	__sd_atomic_begin(SD_LOCAL, sem);
	held = sem->writer == (unsigned int)sd_me() || (!write && sem->readers);
	__sd_atomic_end();
	return held;
}

#endif
