/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomic counters: each operation is one indivisible, marked access. Orderings are all alike under
 * sequential consistency.
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <shootdown.h>

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }

#define __SD_ATOMIC_OPS(prefix, type, value)						\
static __always_inline value prefix##_read(const type *v)				\
{											\
	return READ_ONCE(v->counter);							\
}											\
static __always_inline void prefix##_set(type *v, value i)				\
{											\
	WRITE_ONCE(v->counter, i);							\
}											\
static __always_inline value prefix##_add_return(value i, type *v)			\
{											\
	return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);			\
}											\
static __always_inline value prefix##_sub_return(value i, type *v)			\
{											\
	return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);			\
}											\
static __always_inline void prefix##_add(value i, type *v)				\
{											\
	(void)prefix##_add_return(i, v);						\
}											\
static __always_inline void prefix##_sub(value i, type *v)				\
{											\
	(void)prefix##_sub_return(i, v);						\
}											\
static __always_inline void prefix##_inc(type *v)					\
{											\
	prefix##_add(1, v);								\
}											\
static __always_inline void prefix##_dec(type *v)					\
{											\
	prefix##_sub(1, v);								\
}											\
static __always_inline value prefix##_inc_return(type *v)				\
{											\
	return prefix##_add_return(1, v);						\
}											\
static __always_inline value prefix##_dec_return(type *v)				\
{											\
	return prefix##_sub_return(1, v);						\
}											\
static __always_inline bool prefix##_inc_and_test(type *v)				\
{											\
	return prefix##_add_return(1, v) == 0;						\
}											\
static __always_inline bool prefix##_dec_and_test(type *v)				\
{											\
	return prefix##_sub_return(1, v) == 0;						\
}											\
static __always_inline bool prefix##_sub_and_test(value i, type *v)			\
{											\
	return prefix##_sub_return(i, v) == 0;						\
}											\
static __always_inline bool prefix##_add_negative(value i, type *v)			\
{											\
	return prefix##_add_return(i, v) < 0;						\
}											\
static __always_inline value prefix##_xchg(type *v, value new)				\
{											\
	return __atomic_exchange_n(&v->counter, new, __ATOMIC_SEQ_CST);			\
}											\
static __always_inline value prefix##_cmpxchg(type *v, value old, value new)		\
{											\
	__atomic_compare_exchange_n(&v->counter, &old, new, 0,				\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);		\
	return old;									\
}											\
static __always_inline bool prefix##_add_unless(type *v, value a, value u)		\
{											\
	bool added = false;								\
											\
	__sd_atomic_begin(SD_STEP, NULL);						\
	if (v->counter != u) {								\
		v->counter += a;							\
		added = true;								\
	}										\
	__sd_atomic_end();								\
	return added;									\
}											\
static __always_inline bool prefix##_inc_not_zero(type *v)				\
{											\
	return prefix##_add_unless(v, 1, 0);						\
}

__SD_ATOMIC_OPS(atomic, atomic_t, int)
__SD_ATOMIC_OPS(atomic_long, atomic_long_t, long)
__SD_ATOMIC_OPS(atomic64, atomic64_t, long)

#define xchg(ptr, v) __atomic_exchange_n(ptr, v, __ATOMIC_SEQ_CST)
#define cmpxchg(ptr, o, n)								\
({											\
	__typeof__(*(ptr)) __old = (o);							\
	__atomic_compare_exchange_n(ptr, &__old, (n), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__old;										\
})

#endif
