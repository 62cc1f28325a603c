/* SPDX-License-Identifier: Apache-2.0 */
/* RCU: read sections of any kind end in the same place (locking/srcu.c); a section must not sleep. */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H

#include <linux/srcu.h>

extern struct srcu_struct sd_rcu;

/* Functions, so that a story calls them by their names. */
static __always_inline void rcu_read_lock(void)
{
	current->rcu_depth++;
	srcu_read_lock(&sd_rcu);
}

static __always_inline void rcu_read_unlock(void)
{
	srcu_read_unlock(&sd_rcu, 0);
	current->rcu_depth--;
}

static __always_inline void synchronize_rcu(void)
{
	synchronize_srcu(&sd_rcu);
}

#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_assign_pointer(p, v) WRITE_ONCE(p, v)
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)

#endif
