// SPDX-License-Identifier: Apache-2.0
/* An object is read by one thread and freed by another: without a grace period between, unless -DGOOD. -DTWICE: freed twice. */
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <shootdown/scenario.h>

struct item {
	int value;
};

static struct item *item;

static void reader(void *arg)
{
	struct item *it;

	rcu_read_lock();
	it = READ_ONCE(item);
	if (it && READ_ONCE(it->value) != 7)
		BUG();
	rcu_read_unlock();
}

static void remove(void *arg)
{
	struct item *it = READ_ONCE(item);

#ifdef TWICE
#ifdef GOOD
	it = xchg(&item, NULL);
#endif
#else
	WRITE_ONCE(item, NULL);
#ifdef GOOD
	synchronize_rcu();
#endif
#endif
	kfree(it);
}

void scenario(void)
{
	item = kzalloc(sizeof(*item), GFP_KERNEL);
	item->value = 7;
	sd_cpu_run(0, NULL, "remove", remove, NULL);
#ifdef TWICE
	sd_cpu_run(1, NULL, "remove too", remove, NULL);
#else
	sd_cpu_run(1, NULL, "reader", reader, NULL);
#endif
}
