/* SPDX-License-Identifier: Apache-2.0 */
/* Bits of words in memory: the plain names are atomic, the __names are not. */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/compiler.h>

#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))
#define BIT_WORD(n) ((n) / BITS_PER_LONG)
#define BIT_MASK(n) (1UL << ((n) % BITS_PER_LONG))

static __always_inline void set_bit(long nr, volatile unsigned long *p)
{
	__atomic_or_fetch(p + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

static __always_inline void clear_bit(long nr, volatile unsigned long *p)
{
	__atomic_and_fetch(p + BIT_WORD(nr), ~BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

static __always_inline bool test_and_set_bit(long nr, volatile unsigned long *p)
{
	return __atomic_fetch_or(p + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static __always_inline bool test_and_clear_bit(long nr, volatile unsigned long *p)
{
	return __atomic_fetch_and(p + BIT_WORD(nr), ~BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static __always_inline bool test_bit(long nr, const volatile unsigned long *p)
{
	return p[BIT_WORD(nr)] & BIT_MASK(nr);
}

static __always_inline void __set_bit(long nr, unsigned long *p)
{
	p[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static __always_inline void __clear_bit(long nr, unsigned long *p)
{
	p[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline int hweight64(unsigned long word)
{
	return __builtin_popcountl(word);
}

#endif
