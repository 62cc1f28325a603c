// SPDX-License-Identifier: Apache-2.0
/*
 * A grace period waits for a reader that began before it, and then all that the reader has stored has reached memory. HOW: what the reader is; from 4.20 on a
 * region with preemption or interrupts off is one too.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>

enum { RCU, PREEMPTION_OFF, SPINLOCK, INTERRUPTS_OFF, NOTHING };
SD_PARAM(int, HOW, RCU);
/* So often. The end of a region may still wait in the store buffer when the next one begins. */
SD_PARAM(int, TIMES, 1);

struct object {
	unsigned long field;
};

static struct object *object;
static unsigned long before, stored, gone, seen;
static DEFINE_SPINLOCK(lock);

static void begin(void)
{
	switch (HOW) {
	case RCU: rcu_read_lock(); break;
	case PREEMPTION_OFF: preempt_disable(); break;
	case SPINLOCK: spin_lock(&lock); break;
	case INTERRUPTS_OFF: local_irq_disable(); break;
	}
}

static void end(void)
{
	switch (HOW) {
	case RCU: rcu_read_unlock(); break;
	case PREEMPTION_OFF: preempt_enable(); break;
	case SPINLOCK: spin_unlock(&lock); break;
	case INTERRUPTS_OFF: local_irq_enable(); break;
	}
}

static void reader(void *unused)
{
	struct object *mine;
	int i;

	WRITE_ONCE(before, 1);
	for (i = 0; i < TIMES; i++) {
		begin();
		mine = READ_ONCE(object);
		if (mine)
			gone = READ_ONCE(mine->field);
		else
			gone = 1;
		WRITE_ONCE(stored, 1);
		end();
	}
}

static void updater(void *unused)
{
	struct object *old = object;

	WRITE_ONCE(object, NULL);
	synchronize_rcu();
	seen = READ_ONCE(stored);
	kfree(old);
}

void sd_final(void)
{
	if (TIMES == 1 && !gone && !seen)
		__sd_fail("seen", "the reader found the object, and what it stored had not arrived when the grace period ended", 0, 0, 0);
}

void scenario(void)
{
	object = kmalloc(sizeof(*object), GFP_KERNEL);
	object->field = 0;
	/* There is no reader yet. */
	begin();
	end();
	synchronize_rcu();
	sd_cpu_run(0, NULL, "reader", reader, NULL);
	sd_cpu_run(1, NULL, "updater", updater, NULL);
}
