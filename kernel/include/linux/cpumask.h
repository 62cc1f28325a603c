/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of CPUs: one word. */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitops.h>

#ifndef NR_CPUS
#define NR_CPUS 8		/* bound: CPUs */
#endif

struct cpumask {
	unsigned long bits[1];
};

typedef struct cpumask cpumask_t;

#define cpumask_bits(maskp) ((maskp)->bits)
#define cpumask_set_cpu(cpu, mask) set_bit(cpu, (mask)->bits)
#define cpumask_clear_cpu(cpu, mask) clear_bit(cpu, (mask)->bits)
#define cpumask_test_cpu(cpu, mask) test_bit(cpu, (mask)->bits)
#define cpumask_empty(mask) (!(mask)->bits[0])

#endif
