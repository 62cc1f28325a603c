/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleepable RCU. Each task has a word that says whether it is a reader. Other tasks read it only when they wait for a grace period, which waits for exactly those
 * readers that were inside when it began (locking/srcu.c).
 */
#ifndef _LINUX_SRCU_H
#define _LINUX_SRCU_H

#include <linux/mutex.h>

struct srcu_struct {
	unsigned long depth[SD_MAX_TASKS];	/* nesting of each task */
	unsigned long waits[SD_MAX_TASKS];	/* the readers that a grace period of this task still waits for */
};

#define DEFINE_SRCU(name) struct srcu_struct name
#define DEFINE_STATIC_SRCU(name) static struct srcu_struct name

int init_srcu_struct(struct srcu_struct *ssp);
void cleanup_srcu_struct(struct srcu_struct *ssp);
int srcu_read_lock(struct srcu_struct *ssp);
void srcu_read_unlock(struct srcu_struct *ssp, int idx);
void synchronize_srcu(struct srcu_struct *ssp);
void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, void (*func)(struct rcu_head *head));
void sd_call_srcu_worker(void);
#define synchronize_srcu_expedited(ssp) synchronize_srcu(ssp)
#define srcu_dereference(p, ssp) READ_ONCE(p)

#endif
