// SPDX-License-Identifier: Apache-2.0
/*
 * percpu.c - the per-CPU variables that inline code of a 4.4 tree reads: one word for each task, __sd_percpu_offset() apart.
 */
#include <linux/sched.h>

#include "../real/real.h"

struct task_struct *sd_current_task[SD_MAX_TASKS] __asm__("current_task") = {
	&sd_task_structs[0], &sd_task_structs[1], &sd_task_structs[2], &sd_task_structs[3],
	&sd_task_structs[4], &sd_task_structs[5], &sd_task_structs[6], &sd_task_structs[7],
};
unsigned long sd_cpu_number[SD_MAX_TASKS] __asm__("cpu_number") = { 0, 1, 2, 3, 4, 5, 6, 7 };
unsigned long sd_numa_node[SD_MAX_TASKS] __asm__("numa_node");

unsigned long __sd_percpu_offset(void)
{
	return sd_me() * sizeof(unsigned long);
}
