// SPDX-License-Identifier: Apache-2.0
/*
 * Two counters that a writer keeps equal under an rwlock, and a reader that compares them. MISTAKE: 1 the writer holds the lock for reading only, 2 the reader
 * releases it as a writer does, 3 the reader sleeps under it, 4 two readers wait for each other under it, which readers can.
 */
#include <shootdown/scenario.h>

static DEFINE_RWLOCK(lock);
static DEFINE_MUTEX(mutex);
static unsigned long a, b, arrived;

static void writer(void *unused)
{
	if (MISTAKE == 1)
		read_lock(&lock);
	else
		write_lock(&lock);
	WRITE_ONCE(a, a + 1);
	WRITE_ONCE(b, b + 1);
	if (MISTAKE == 1)
		read_unlock(&lock);
	else
		write_unlock(&lock);
}

static void reader(void *unused)
{
	read_lock_irq(&lock);
	if (READ_ONCE(a) != READ_ONCE(b))
		__sd_fail("torn", "a reader sees a change half done", 0, 0, 0);
	if (MISTAKE == 3)
		mutex_lock(&mutex);
	if (MISTAKE == 2)
		write_unlock(&lock);
	else
		read_unlock_irq(&lock);
}

static void both(void *unused)
{
	read_lock(&lock);
	__sd_atomic_begin(SD_STEP, NULL);
	arrived++;
	__sd_atomic_end();
	__sd_atomic_begin(SD_STEP, NULL);
	if (arrived < 2)
		__sd_block();
	__sd_atomic_end();
	read_unlock(&lock);
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "one", MISTAKE == 4 ? both : reader, NULL);
	sd_cpu_run(1, NULL, "two", MISTAKE == 4 ? both : writer, NULL);
}
