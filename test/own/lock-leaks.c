// SPDX-License-Identifier: Apache-2.0
/*
 * A thread ends with something that it has taken: LEFT is 1 mmap_lock for reading, 2 the same for writing, 3 a mutex, 4 rcu_read_lock(), 5 a mutex that it
 * took by a trylock; 0 nothing, though it has had each of these, and one by a downgrade.
 */
#include <shootdown/scenario.h>

static DEFINE_MUTEX(mutex);
static struct mm_struct *mm;

static void taker(void *unused)
{
	mmap_read_lock(mm);
	if (LEFT != 1)
		mmap_read_unlock(mm);
	if (LEFT != 1)
		mmap_write_lock(mm);
	if (LEFT == 2)
		return;
	if (LEFT != 1) {
		mmap_write_downgrade(mm);
		mmap_read_unlock(mm);
	}
	mutex_lock(&mutex);
	if (LEFT != 3)
		mutex_unlock(&mutex);
	rcu_read_lock();
	if (LEFT != 4)
		rcu_read_unlock();
	if (LEFT != 3 && mutex_trylock(&mutex) && LEFT != 5)
		mutex_unlock(&mutex);
}

void scenario(void)
{
	mm = sd_mm("A");
	sd_cpu_run(0, mm, "taker", taker, NULL);
}
