/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader-writer semaphores. They are fair: a writer that has to wait may have queued itself already, and then readers that come later wait behind
 * it, even one that holds the semaphore for reading. Whether it has, is a choice.
 */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/spinlock.h>

struct rw_semaphore {
	unsigned long writer;	/* its holder, as in a spinlock */
	unsigned long queued;	/* writers that wait in front of readers to come */
	unsigned long readers;
	unsigned long lent;	/* set once a reader has been released by another thread */
};

#define DECLARE_RWSEM(name) struct rw_semaphore name = { 0 }
#define init_rwsem(sem) ((sem)->writer = (sem)->queued = (sem)->readers = (sem)->lent = 0)

static __always_inline void down_read(struct rw_semaphore *sem)
{
	might_sleep();
	__sd_atomic_begin(SD_ACQUIRE_SHARED, sem);
	if (sem->writer || sem->queued)
		__sd_block();
	sd_reader_in(&sem->readers, sem);
	__sd_atomic_end();
}

static __always_inline void up_read(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE_SHARED, sem);
	sd_reader_out(&sem->readers, &sem->lent, sem);
	__sd_atomic_end();
}

static __always_inline int down_read_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, sem);
	if (!sem->writer && !sem->queued) {
		__sd_took(sem, 1);
		sd_reader_in(&sem->readers, sem);
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

static __always_inline void sd_writer_in(struct rw_semaphore *sem)
{
	sem->writer = sd_me();
	current->locks_held++;
}

static __always_inline void down_write(struct rw_semaphore *sem)
{
	bool queued = false;

	might_sleep();
	/* Only while readers are in does it matter whether the writer queues: those after it wait. */
	__sd_atomic_begin(SD_STEP, sem);
	if (sem->writer || sem->readers) {
		if (sem->writer || sem->queued || !__sd_choose(2))
			__sd_block();
		sem->queued = sd_me();
		queued = true;
	} else {
		__sd_took(sem, 0);
		sd_writer_in(sem);
	}
	__sd_atomic_end();
	if (!queued)
		return;
	__sd_atomic_begin(SD_STEP, sem);
	if (sem->writer || sem->readers)
		__sd_block();
	__sd_took(sem, 0);
	sem->queued = 0;
	sd_writer_in(sem);
	__sd_atomic_end();
}

static __always_inline void up_write(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE, sem);
	if (unlikely(sem->writer != sd_me()))
		__sd_fail("bad-unlock", "{0:p} is released by a thread that does not hold it", (sd_u64)sem, 0, 0);
	sem->writer = 0;
	current->locks_held--;
	__sd_atomic_end();
}

static __always_inline int down_write_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, sem);
	if (!sem->writer && !sem->readers && !sem->queued) {
		__sd_took(sem, 0);
		sd_writer_in(sem);
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

/* Held by the thread that asks, as lockdep has it. */
static __always_inline bool sd_rwsem_held(struct rw_semaphore *sem, bool write)
{
	bool held;

	__sd_atomic_begin(SD_LOCAL, sem);
	held = sem->writer == sd_me();
	__sd_atomic_end();
	return held || (!write && sd_reads_under(sem));
}

#endif
