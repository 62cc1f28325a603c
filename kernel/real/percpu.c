// SPDX-License-Identifier: Apache-2.0
/*
 * percpu.c - per-CPU variables of the real runtime: each thread has a CPU to itself, and with it a block of them.
 *
 * The engine lays out a block for each thread, with the first values of all per-CPU variables that are reached (section sd_percpu_offsets). So a thread
 * is never preempted by another one, and turning preemption off only counts. current is no per-CPU variable here (current.h): a block has
 * nobody who would set it before the first step. Who asks for another CPU's variables finds no __per_cpu_offset, and is told so.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "real.h"

unsigned long sd_percpu_offsets[SD_MAX_TASKS] __attribute__((section("sd_percpu_offsets")));

unsigned long __sd_percpu_offset(void)
{
	return sd_percpu_offsets[sd_me()];
}

#ifdef SD_HAS_PCPU_HOT
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot) = { .preempt_count = PREEMPT_ENABLED };
#else
DEFINE_PER_CPU(int, __preempt_count) = PREEMPT_ENABLED;
#endif

struct task_struct *sd_current_task(void)
{
	return &sd_task_structs[sd_me()];
}

int sd_processor_id(void)
{
	return sd_me();
}

/* Preemption was off and is on again, and somebody wanted the CPU. Nobody ever does. */
void preempt_schedule_thunk(void)
{
}

void preempt_schedule_notrace_thunk(void)
{
}
