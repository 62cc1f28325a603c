/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel threads are made by the scenario: see shootdown/scenario.h. */
#ifndef _LINUX_KTHREAD_H
#define _LINUX_KTHREAD_H

#include <linux/sched.h>

#define kthread_should_stop() false

#endif
