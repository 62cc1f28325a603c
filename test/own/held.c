// SPDX-License-Identifier: Apache-2.0
/*
 * A thread that takes locks and ends; with FOR_EVER it is one that goes round. LEFT is what it keeps: 0 nothing, 1 mmap_lock for reading, 2 for writing, 3 a
 * mutex, 4 mmap_lock for writing that it has downgraded, 5 a read section of RCU, 6 a mutex that it tried.
 */
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <shootdown/scenario.h>

#ifndef FOR_EVER
#define FOR_EVER 0
#endif

static DEFINE_MUTEX(mutex);
static struct mm_struct *mm;

static void one(void *unused)
{
	/* A writer counts up for ever. */
	if (!FOR_EVER) {
		mmap_write_lock(mm);
		if (LEFT == 2)
			return;
		mmap_write_downgrade(mm);
		if (LEFT == 4)
			return;
		mmap_read_unlock(mm);
	}
	mmap_read_lock(mm);
	if (LEFT == 1)
		return;
	mmap_read_unlock(mm);
	mutex_lock(&mutex);
	if (LEFT == 3)
		return;
	mutex_unlock(&mutex);
	if (mutex_trylock(&mutex) && LEFT != 6)
		mutex_unlock(&mutex);
	rcu_read_lock();
	if (LEFT == 5)
		return;
	rcu_read_unlock();
}

static void other(void *unused)
{
	mmap_read_lock(mm);
	mmap_read_unlock(mm);
}

void scenario(void)
{
	mm = sd_mm("A");
	if (FOR_EVER)
		sd_user(0, mm, one, NULL);
	else
		sd_cpu_run(0, mm, "one", one, NULL);
	sd_cpu_run(1, mm, "other", other, NULL);
}
