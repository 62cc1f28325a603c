/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiler and ordering vocabulary. READ_ONCE and WRITE_ONCE are volatile accesses: to the engine they are
 * marked accesses, possible scheduling points. On x86 only smp_mb() is more than a word to the compiler
 * (docs/memory-order.md).
 */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#include <shootdown.h>
#include <linux/types.h>
#include <linux/version.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define noinline __attribute__((__noinline__))
#define __weak __attribute__((__weak__))
#define __must_check
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __aligned(x) __attribute__((__aligned__(x)))
#define __packed __attribute__((__packed__))
#define __noreturn __attribute__((__noreturn__))
#define __printf(a, b)
#define __read_mostly
#define __init
#define __exit
#define __user
#define __rcu
#define __force
#define __iomem
#define __acquires(x)
#define __releases(x)
#define __acquire(x) ((void)0)
#define __release(x) ((void)0)
#define fallthrough __attribute__((__fallthrough__))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define offsetof(type, member) __builtin_offsetof(type, member)

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) do { *(volatile __typeof__(x) *)&(x) = (val); } while (0)
#define ACCESS_ONCE(x) (*(volatile __typeof__(x) *)&(x))

#define barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define smp_mb() __sd_fence()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
#define smp_read_barrier_depends() barrier()
#define smp_load_acquire(p) READ_ONCE(*(p))
#define smp_store_release(p, v) WRITE_ONCE(*(p), v)
#define smp_store_mb(var, value) do { WRITE_ONCE(var, value); __sd_fence(); } while (0)
#define cpu_relax() barrier()

#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON")

#endif
