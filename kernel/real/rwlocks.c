// SPDX-License-Identifier: Apache-2.0
/*
 * rwlocks.c - rwlock_t of the real runtime: spinning readers and a writer.
 *
 * As with rw semaphores, readers add to a count that they do not look at, so that they do not disturb each other, and the writer stands in a word of
 * its own: that of the spinlock which the kernel's lock has for its queue. Whoever holds one must not sleep. Not modelled: fairness (a reader passes a waiting
 * writer). A reader that waits for itself behind a writer is therefore not found.
 * All of it is weak, so that a harness may have its own.
 */
#include <linux/spinlock.h>

#include "real.h"

#define READER 512U	/* as the kernel's headers count: what is below is the writer's */
#define WRITER 255U

static __always_inline unsigned int *count_of(rwlock_t *lock)
{
	return (unsigned int *)&lock->raw_lock;
}

static __always_inline unsigned int *writer_of(rwlock_t *lock)
{
	return (unsigned int *)&lock->raw_lock + 1;
}

static __always_inline unsigned int me(void)
{
	return (unsigned int)sd_me() + 1;
}

_Static_assert(sizeof(((rwlock_t *)0)->raw_lock) >= 2 * sizeof(unsigned int), "a count and a writer");

static void reader_in(rwlock_t *lock)
{
	sd_read_begins(lock);
	__atomic_fetch_add(count_of(lock), READER, __ATOMIC_SEQ_CST);
	sd_tasks[sd_me()].atomic++;
}

static void writer_in(rwlock_t *lock)
{
	*count_of(lock) = WRITER;
	*writer_of(lock) = me();
	sd_tasks[sd_me()].atomic++;
}

__weak void _raw_read_lock(rwlock_t *lock)
{
	__sd_atomic_begin(SD_ACQUIRE_SHARED, lock);
	if (*writer_of(lock))
		__sd_block();
	reader_in(lock);
	__sd_atomic_end();
}

__weak int _raw_read_trylock(rwlock_t *lock)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, lock);
	if (!*writer_of(lock)) {
		__sd_took(lock, 1);
		reader_in(lock);
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

__weak void _raw_read_unlock(rwlock_t *lock)
{
	sd_tasks[sd_me()].atomic--;
	__sd_atomic_begin(SD_RELEASE_SHARED, lock);
	if (!sd_read_ends(lock))
		__sd_fail("bad-unlock", "rwlock {0:p} is released by a thread that does not hold it for reading", (sd_u64)lock, 0, 0);
	__atomic_fetch_sub(count_of(lock), READER, __ATOMIC_SEQ_CST);
	__sd_atomic_end();
}

__weak void _raw_write_lock(rwlock_t *lock)
{
	__sd_atomic_begin(SD_ACQUIRE, lock);
	if (*count_of(lock))
		__sd_block();
	writer_in(lock);
	__sd_atomic_end();
}

__weak int _raw_write_trylock(rwlock_t *lock)
{
	int taken = 0;

	__sd_atomic_begin(SD_STEP, lock);
	if (!*count_of(lock)) {
		__sd_took(lock, 0);
		writer_in(lock);
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

static void writer_out(void *arg)
{
	rwlock_t *lock = arg;

	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, lock);
	if (*writer_of(lock) != me())
		__sd_fail("bad-unlock", "rwlock {0:p} is released by a thread that does not hold it for writing", (sd_u64)lock, 0, 0);
	*count_of(lock) = 0;
	*writer_of(lock) = 0;
	__sd_atomic_end();
}

__weak void _raw_write_unlock(rwlock_t *lock)
{
	sd_tasks[sd_me()].atomic--;
	__sd_store_release(writer_out, lock);
}
