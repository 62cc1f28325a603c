// SPDX-License-Identifier: Apache-2.0
/*
 * locks.c - spinlocks, mutexes and rw semaphores of the real runtime.
 *
 * Each is one word in the real structure and one atomic section an operation. A lock that is taken means a thread that is
 * not enabled, so nothing ever spins, and a deadlock is a state in which no thread is enabled.
 * Not modelled: fairness (a reader passes a waiting writer), and optimistic spinning, which cannot be observed.
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
	if (sd_tasks[sd_me()].non_block)
		__sd_fail("sleep-in-atomic", "a function that may sleep was called between the start and the end of what may not block", 0, 0, 0);
}

void sd_non_block_start(void)
{
	sd_tasks[sd_me()].non_block++;
}

void sd_non_block_end(void)
{
	sd_tasks[sd_me()].non_block--;
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

static void sd_spin_release(void *arg)
{
	raw_spinlock_t *lock = arg;

	__sd_atomic_begin(SD_RELEASE | SD_UNFENCED, lock);
	if (*sd_spin_word(lock) != sd_owner())
		__sd_fail("bad-unlock", "spinlock {0:p} is unlocked by a thread that does not hold it", (sd_u64)lock, 0, 0);
	*sd_spin_word(lock) = 0;
	__sd_atomic_end();
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	sd_tasks[sd_me()].atomic--;
	__sd_store_release(sd_spin_release, lock);
}

/* Interrupts are threads of the scenario, so disabling them is no more than the lock; kernel/own has others. */
__weak unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
	return 0;
}

__weak void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	_raw_spin_unlock(lock);
}

__weak void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
}

__weak void _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
}

/* A trylock reads the lock outside its sections: operations of the lock do not commute any longer. */
int _raw_spin_trylock(raw_spinlock_t *lock)
{
	int taken = 0;

	if (sd_fails("a trylock"))
		return 0;
	__sd_atomic_begin(SD_STEP, lock);
	if (!*sd_spin_word(lock)) {
		__sd_took(lock, 0);
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
	sd_tasks[sd_me()].held++;
	__sd_atomic_end();
}

int mutex_trylock(struct mutex *lock)
{
	int taken = 0;

	if (sd_fails("a trylock"))
		return 0;
	__sd_atomic_begin(SD_STEP, lock);
	if (!*sd_mutex_word(lock)) {
		__sd_took(lock, 0);
		*sd_mutex_word(lock) = sd_owner();
		sd_tasks[sd_me()].held++;
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
	sd_tasks[sd_me()].held--;
	__sd_atomic_end();
}

#ifdef SD_HAS_MUTEX_IS_LOCKED
bool mutex_is_locked(struct mutex *lock)
{
	return READ_ONCE(*sd_mutex_word(lock)) != 0;
}
#endif

/*
 * ---- rw semaphores ----
 *
 * The count is as the kernel's headers look at it: bit 0 for a writer, and so much for each reader. Readers add to it and do not look, so that they do not
 * disturb each other; the writer stands in a word of its own where the structure has one.
 */

#define SD_RWSEM_WRITER 1UL
#define SD_RWSEM_READER (1UL << 8)

static __always_inline unsigned long *sd_rwsem_count(struct rw_semaphore *sem)
{
	return (unsigned long *)&sem->count;
}

#ifdef SD_HAS_RWSEM_OWNER
static __always_inline unsigned long *sd_rwsem_writer(struct rw_semaphore *sem)
{
	return (unsigned long *)&sem->owner;
}
#define sd_rwsem_written(sem) (*sd_rwsem_writer(sem) != 0)
#define sd_rwsem_written_by_me(sem) (*sd_rwsem_writer(sem) == sd_owner())
#define sd_rwsem_set_writer(sem, who) (*sd_rwsem_writer(sem) = (who))
#else
/* The writer's number stands in the upper half of the count. */
#define sd_rwsem_written(sem) ((*sd_rwsem_count(sem) & SD_RWSEM_WRITER) != 0)
#define sd_rwsem_written_by_me(sem) (*sd_rwsem_count(sem) == (((unsigned long)sd_owner() << 32) | SD_RWSEM_WRITER))
#define sd_rwsem_set_writer(sem, who) (*sd_rwsem_count(sem) |= (unsigned long)(who) << 32)
#endif

static __always_inline void sd_writer_in(struct rw_semaphore *sem)
{
	*sd_rwsem_count(sem) = SD_RWSEM_WRITER;
	sd_rwsem_set_writer(sem, sd_owner());
}

static __always_inline void sd_writer_out(struct rw_semaphore *sem)
{
	*sd_rwsem_count(sem) = 0;
	sd_rwsem_set_writer(sem, 0);
}

/* Which rw semaphores and rwlocks a thread reads under is known to it alone. */
void sd_read_begins(const void *lock)
{
	const void **reads = sd_tasks[sd_me()].reads;
	int i;

	for (i = 0; i < SD_MAX_READS && reads[i]; i++)
		;
	if (i == SD_MAX_READS)
		__sd_fail("model-limit", "more than {0:d} rw semaphores and rwlocks are held for reading at once", SD_MAX_READS, 0, 0);
	reads[i] = lock;
}

bool sd_read_ends(const void *lock)
{
	const void **reads = sd_tasks[sd_me()].reads;
	int i;

	for (i = 0; i < SD_MAX_READS && reads[i] != lock; i++)
		;
	if (i == SD_MAX_READS)
		return false;
	reads[i] = NULL;
	return true;
}

bool sd_holds_lock(void)
{
	const struct sd_task *me = &sd_tasks[sd_me()];
	int i;

	for (i = 0; i < SD_MAX_READS; i++)
		if (me->reads[i])
			return true;
	return me->atomic || me->held;
}

int sd_reads_under(const struct rw_semaphore *sem)
{
	int i;

	for (i = 0; i < SD_MAX_READS; i++)
		if (sd_tasks[sd_me()].reads[i] == sem)
			return 1;
	return 0;
}

static void sd_reader_in(struct rw_semaphore *sem)
{
	sd_read_begins(sem);
	__atomic_fetch_add(sd_rwsem_count(sem), SD_RWSEM_READER, __ATOMIC_SEQ_CST);
}

/* Set once a reader has been released by another thread, in a word that only the kernel's own functions would use. */
static __always_inline unsigned int *sd_rwsem_lent(struct rw_semaphore *sem)
{
	return (unsigned int *)&sem->wait_lock;
}

/*
 * A thread that has not taken it may release it for another reader (up_read_non_owner), if there is one. The count is looked at then, and from then on:
 * that reader may release it, too.
 */
static void sd_reader_out(struct rw_semaphore *sem)
{
	if (!sd_read_ends(sem) && !*sd_rwsem_lent(sem))
		*sd_rwsem_lent(sem) = 1;
	if (*sd_rwsem_lent(sem) && (*sd_rwsem_count(sem) < SD_RWSEM_READER || sd_rwsem_written(sem)))
		__sd_fail("bad-unlock", "rwsem {0:p} is released, but no thread holds it for reading", (sd_u64)sem, 0, 0);
	__atomic_fetch_sub(sd_rwsem_count(sem), SD_RWSEM_READER, __ATOMIC_SEQ_CST);
}

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	sd_writer_out(sem);
	*sd_rwsem_lent(sem) = 0;
}

void down_write(struct rw_semaphore *sem)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_ACQUIRE, sem);
	if (*sd_rwsem_count(sem))
		__sd_block();
	sd_writer_in(sem);
	sd_tasks[sd_me()].held++;
	__sd_atomic_end();
}

int down_write_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	if (sd_fails("a trylock"))
		return 0;
	__sd_atomic_begin(SD_STEP, sem);
	if (!*sd_rwsem_count(sem)) {
		__sd_took(sem, 0);
		sd_writer_in(sem);
		sd_tasks[sd_me()].held++;
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}

void up_write(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE, sem);
	if (!sd_rwsem_written_by_me(sem))
		__sd_fail("bad-unlock", "rwsem {0:p} is released by a thread that does not hold it for writing", (sd_u64)sem, 0, 0);
	sd_writer_out(sem);
	sd_tasks[sd_me()].held--;
	__sd_atomic_end();
}

/* From writer to reader at once: to waiting readers it is a release, to waiting writers it is not, so it is no mover. */
void downgrade_write(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_STEP, sem);
	if (!sd_rwsem_written_by_me(sem))
		__sd_fail("bad-unlock", "rwsem {0:p} is downgraded by a thread that does not hold it for writing", (sd_u64)sem, 0, 0);
	sd_writer_out(sem);
	sd_tasks[sd_me()].held--;
	sd_reader_in(sem);
	__sd_atomic_end();
}

void down_read(struct rw_semaphore *sem)
{
	sd_might_sleep();
	__sd_atomic_begin(SD_ACQUIRE_SHARED, sem);
	if (sd_rwsem_written(sem))
		__sd_block();
	sd_reader_in(sem);
	__sd_atomic_end();
}

void up_read(struct rw_semaphore *sem)
{
	__sd_atomic_begin(SD_RELEASE_SHARED, sem);
	sd_reader_out(sem);
	__sd_atomic_end();
}

int down_read_trylock(struct rw_semaphore *sem)
{
	int taken = 0;

	if (sd_fails("a trylock"))
		return 0;
	__sd_atomic_begin(SD_STEP, sem);
	if (!sd_rwsem_written(sem)) {
		__sd_took(sem, 1);
		sd_reader_in(sem);
		taken = 1;
	}
	__sd_atomic_end();
	return taken;
}
