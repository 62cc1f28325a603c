/* The atomic builtins, on every width, by one thread. */
#include "meaning.h"
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define ATOMICS(T)                                                                                                                 \
	static T cell_##T;                                                                                                         \
	static void atomics_##T(T v, T w)                                                                                          \
	{                                                                                                                          \
		T *p = &cell_##T, e = w;                                                                                           \
		mix(__atomic_fetch_add(p, v, __ATOMIC_SEQ_CST)); mix(__atomic_add_fetch(p, w, __ATOMIC_RELAXED));                 \
		mix(__atomic_fetch_sub(p, w, __ATOMIC_ACQUIRE)); mix(__atomic_sub_fetch(p, v, __ATOMIC_RELEASE));                 \
		mix(__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)); mix(__atomic_fetch_and(p, ~w, __ATOMIC_SEQ_CST));                 \
		mix(__atomic_fetch_xor(p, w, __ATOMIC_SEQ_CST)); mix(__atomic_fetch_nand(p, v, __ATOMIC_SEQ_CST));                \
		mix(__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST));                                                                 \
		mix(__atomic_compare_exchange_n(p, &e, w, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)); mix(e);                        \
		mix(__atomic_compare_exchange_n(p, &e, w, 1, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)); mix(e); mix(*p);               \
		mix(__sync_val_compare_and_swap(p, w, v)); mix(__sync_bool_compare_and_swap(p, w, v)); mix(__sync_lock_test_and_set(p, w)); \
		mix(__sync_fetch_and_add(p, 3)); mix(__sync_add_and_fetch(p, v));                                                 \
		__atomic_store_n(p, __atomic_load_n(p, __ATOMIC_ACQUIRE) + 1, __ATOMIC_RELEASE);                                  \
		WRITE_ONCE(*p, READ_ONCE(*p) * 3); __sync_synchronize(); __atomic_thread_fence(__ATOMIC_SEQ_CST);                 \
		__asm__ __volatile__("" ::: "memory"); mix(READ_ONCE(*p));                                                        \
	}
ATOMICS(int8_t) ATOMICS(uint8_t) ATOMICS(int16_t) ATOMICS(uint16_t) ATOMICS(int32_t) ATOMICS(uint32_t) ATOMICS(int64_t) ATOMICS(uint64_t)
static uint64_t bitmap[3];
static int test_and_set(unsigned bit) { uint64_t m = 1ULL << (bit & 63); return !!(__atomic_fetch_or(&bitmap[bit / 64], m, __ATOMIC_SEQ_CST) & m); }
static int test_and_clear(unsigned bit) { uint64_t m = 1ULL << (bit & 63); return !!(__atomic_fetch_and(&bitmap[bit / 64], ~m, __ATOMIC_SEQ_CST) & m); }
static void *slot;
PROGRAM
{
	for (int i = 0; i < 24; i++) {
		uint64_t v = 0x123456789abcdefULL * (i + 1), w = ~v >> i;
		atomics_int8_t(v, w); atomics_uint8_t(v, w); atomics_int16_t(v, w); atomics_uint16_t(v, w);
		atomics_int32_t(v, w); atomics_uint32_t(v, w); atomics_int64_t(v, w); atomics_uint64_t(v, w);
		mix(test_and_set((i * 29) % 150)); mix(test_and_clear((i * 13) % 150));
	}
	mix(bitmap[0]); mix(bitmap[1]); mix(bitmap[2]);
	mix(__atomic_exchange_n(&slot, &slot, __ATOMIC_SEQ_CST) == 0);
	void *old = &slot;
	mix(__atomic_compare_exchange_n(&slot, &old, (void *)0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)); mix(slot == 0);
	__auto_type p = &cell_int32_t;
	*p = -5;
	mix(__atomic_fetch_add((unsigned *)p, 10, __ATOMIC_SEQ_CST)); mix(*p);
}
