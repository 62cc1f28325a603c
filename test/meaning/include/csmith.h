/* What programs made by csmith include: safe arithmetic, a checksum, and an end of ours. No standard header is needed. */
#ifndef CSMITH_H
#define CSMITH_H
#include "meaning.h"

#define printf(...) ((void)0)
#define assert(x) ((void)(x))
#define NULL ((void *)0)
/* One of the builtins that csmith knows is an x86 instruction: any function will do. */
#define __builtin_ia32_crc32qi(crc, byte) ((uint32_t)(crc) * 31u ^ (uint8_t)(byte))

static inline void *memset_(void *to, int byte, size_t n)
{
	return __builtin_memset(to, byte, n);
}
#define memset memset_

static uint32_t crc32_tab[256];
static uint32_t crc32_context = 0xFFFFFFFFu;

static void crc32_gentab(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int j = 8; j > 0; j--)
			crc = crc & 1 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
		crc32_tab[i] = crc;
	}
}

static void crc32_byte(uint8_t b)
{
	crc32_context = ((crc32_context >> 8) & 0x00FFFFFF) ^ crc32_tab[(crc32_context ^ b) & 0xFF];
}

static void transparent_crc(uint64_t value, const char *name, int flag)
{
	(void)name;
	(void)flag;
	for (int i = 0; i < 8; i++)
		crc32_byte((uint8_t)(value >> (8 * i)));
}

static inline void transparent_crc_bytes(char *bytes, int n, const char *name, int flag)
{
	(void)name;
	(void)flag;
	for (int i = 0; i < n; i++)
		crc32_byte((uint8_t)bytes[i]);
}

static void platform_main_begin(void)
{
}

static void platform_main_end(uint32_t crc, int flag)
{
	(void)flag;
	means(crc);
}

/* Where C leaves the result open these give back the first operand. */
#define SAFE_SIGNED(T, MIN, MAX)                                                                                                      \
	static inline T safe_unary_minus_func_##T##_s(T a) { return a == (MIN) ? a : (T)-a; }                                              \
	static inline T safe_add_func_##T##_s_s(T a, T b) { T r; return __builtin_add_overflow(a, b, &r) ? a : r; }                        \
	static inline T safe_sub_func_##T##_s_s(T a, T b) { T r; return __builtin_sub_overflow(a, b, &r) ? a : r; }                        \
	static inline T safe_mul_func_##T##_s_s(T a, T b) { T r; return __builtin_mul_overflow(a, b, &r) ? a : r; }                        \
	static inline T safe_mod_func_##T##_s_s(T a, T b) { return b == 0 || (a == (MIN) && b == -1) ? a : (T)(a % b); }                   \
	static inline T safe_div_func_##T##_s_s(T a, T b) { return b == 0 || (a == (MIN) && b == -1) ? a : (T)(a / b); }                   \
	static inline T safe_lshift_func_##T##_s_s(T a, int b)                                                                             \
	{                                                                                                                                  \
		return a < 0 || b < 0 || b >= (int)(8 * sizeof(T)) || a > ((MAX) >> b) ? a : (T)(a << b);                                       \
	}                                                                                                                                  \
	static inline T safe_lshift_func_##T##_s_u(T a, unsigned int b)                                                                    \
	{                                                                                                                                  \
		return a < 0 || b >= 8 * sizeof(T) || a > ((MAX) >> b) ? a : (T)(a << b);                                                       \
	}                                                                                                                                  \
	static inline T safe_rshift_func_##T##_s_s(T a, int b) { return a < 0 || b < 0 || b >= (int)(8 * sizeof(T)) ? a : (T)(a >> b); }   \
	static inline T safe_rshift_func_##T##_s_u(T a, unsigned int b) { return a < 0 || b >= 8 * sizeof(T) ? a : (T)(a >> b); }

#define SAFE_UNSIGNED(T, MAX)                                                                                                         \
	static inline T safe_unary_minus_func_##T##_u(T a) { return (T)-a; }                                                               \
	static inline T safe_add_func_##T##_u_u(T a, T b) { return (T)(a + b); }                                                           \
	static inline T safe_sub_func_##T##_u_u(T a, T b) { return (T)(a - b); }                                                           \
	static inline T safe_mul_func_##T##_u_u(T a, T b) { return (T)((uint64_t)a * b); }                                                 \
	static inline T safe_mod_func_##T##_u_u(T a, T b) { return b == 0 ? a : (T)(a % b); }                                              \
	static inline T safe_div_func_##T##_u_u(T a, T b) { return b == 0 ? a : (T)(a / b); }                                              \
	static inline T safe_lshift_func_##T##_u_s(T a, int b)                                                                             \
	{                                                                                                                                  \
		return b < 0 || b >= (int)(8 * sizeof(T)) || a > ((MAX) >> b) ? a : (T)(a << b);                                                \
	}                                                                                                                                  \
	static inline T safe_lshift_func_##T##_u_u(T a, unsigned int b)                                                                    \
	{                                                                                                                                  \
		return b >= 8 * sizeof(T) || a > ((MAX) >> b) ? a : (T)(a << b);                                                                \
	}                                                                                                                                  \
	static inline T safe_rshift_func_##T##_u_s(T a, int b) { return b < 0 || b >= (int)(8 * sizeof(T)) ? a : (T)(a >> b); }            \
	static inline T safe_rshift_func_##T##_u_u(T a, unsigned int b) { return b >= 8 * sizeof(T) ? a : (T)(a >> b); }

SAFE_SIGNED(int8_t, -128, 127)
SAFE_SIGNED(int16_t, -32768, 32767)
SAFE_SIGNED(int32_t, (-2147483647 - 1), 2147483647)
SAFE_SIGNED(int64_t, (-9223372036854775807LL - 1), 9223372036854775807LL)
SAFE_UNSIGNED(uint8_t, 255)
SAFE_UNSIGNED(uint16_t, 65535)
SAFE_UNSIGNED(uint32_t, 4294967295u)
SAFE_UNSIGNED(uint64_t, 18446744073709551615ULL)

#endif
