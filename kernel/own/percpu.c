// SPDX-License-Identifier: Apache-2.0
/*
 * percpu.c - a block of per-CPU variables for each CPU, and who runs where.
 *
 * The engine lays out SD_CPUS blocks, each with the first values of all per-CPU variables that are reached (section sd_percpu_offsets), and asks
 * __sd_percpu_offset() where %gs points. A thread has a CPU of its own for good; while it stands in for an interrupt of another CPU (irq.c) it uses that CPU's
 * block, and nothing else changes. So preempt_count and current are the thread's own.
 */
#include "own.h"

unsigned long sd_percpu_offsets[SD_CPUS] __attribute__((section("sd_percpu_offsets")));
unsigned long __per_cpu_offset[NR_CPUS];
long sd_cpu_of[SD_MAX_TASKS];

#ifdef SD_HAS_PCPU_HOT
#define sd_current_task(cpu) per_cpu_ptr(&pcpu_hot, cpu)->current_task
#define sd_preempt_count(cpu) per_cpu_ptr(&pcpu_hot, cpu)->preempt_count
#define sd_cpu_number(cpu) per_cpu_ptr(&pcpu_hot, cpu)->cpu_number
/* The headers also know it by a name that promises never to change. */
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot);
#else
#define sd_current_task(cpu) *per_cpu_ptr(&current_task, cpu)
#define sd_preempt_count(cpu) *per_cpu_ptr(&__preempt_count, cpu)
#define sd_cpu_number(cpu) *per_cpu_ptr(&cpu_number, cpu)
DEFINE_PER_CPU(struct task_struct *, current_task);
DEFINE_PER_CPU(int, __preempt_count);
DEFINE_PER_CPU_READ_MOSTLY(int, cpu_number);
#endif

#if NR_CPUS > 1
unsigned int nr_cpu_ids = SD_CPUS;
#endif
struct cpumask __cpu_possible_mask, __cpu_online_mask, __cpu_present_mask, __cpu_active_mask;
atomic_t __num_online_cpus = ATOMIC_INIT(SD_CPUS);

unsigned long __sd_percpu_offset(void)
{
	return sd_percpu_offsets[sd_cpu()];
}

void sd_percpu_init(void)
{
	int cpu;

	for (cpu = 0; cpu < SD_CPUS; cpu++) {
		__per_cpu_offset[cpu] = sd_percpu_offsets[cpu];
		sd_current_task(cpu) = &sd_task_structs[0];
		sd_preempt_count(cpu) = PREEMPT_ENABLED;
		sd_cpu_number(cpu) = cpu;
		cpumask_set_cpu(cpu, &__cpu_possible_mask);
		cpumask_set_cpu(cpu, &__cpu_online_mask);
		cpumask_set_cpu(cpu, &__cpu_present_mask);
		cpumask_set_cpu(cpu, &__cpu_active_mask);
	}
}

/* During setup: this thread runs on this CPU, and nobody else does. */
void sd_place(int thread, int cpu)
{
	sd_cpu_of[thread] = cpu;
	sd_current_task(cpu) = &sd_task_structs[thread];
}

/* PREEMPT: preemption was off and is on again, and somebody wanted the CPU. Nobody ever does: a thread has its CPU to itself. */
void preempt_schedule_thunk(void)
{
}

void preempt_schedule_notrace_thunk(void)
{
}

int sd_processor_id(void)
{
	return sd_cpu();
}
