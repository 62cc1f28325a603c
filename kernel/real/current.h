/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comes before every file of a tree that is linked with a harness: the running task is that of the thread. A harness sets its mm with
 * sd_task_structs[thread + 1].mm, where thread is what __sd_thread() returned.
 */
#include <asm/current.h>
struct task_struct *sd_current_task(void);
#undef current
#define current sd_current_task()
