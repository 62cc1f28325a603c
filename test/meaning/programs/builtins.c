/* __builtin_*: overflow, counting bits, byte swaps, expect, object sizes, rotations. */
#include "meaning.h"
#define OVERFLOW(T)                                                                                                        \
	static void overflow_##T(T a, T b)                                                                                 \
	{                                                                                                                  \
		T r;                                                                                                       \
		mix(__builtin_add_overflow(a, b, &r)); mix(r); mix(__builtin_sub_overflow(a, b, &r)); mix(r);             \
		mix(__builtin_mul_overflow(a, b, &r)); mix(r);                                                            \
	}
OVERFLOW(int8_t) OVERFLOW(uint8_t) OVERFLOW(int16_t) OVERFLOW(uint16_t) OVERFLOW(int32_t) OVERFLOW(uint32_t) OVERFLOW(int64_t) OVERFLOW(uint64_t)
static const int64_t v[] = { 0, 1, -1, 2, 3, 127, -128, 255, 300, -32768, 65535, 0x7fffffff, -0x80000000LL, 0x100000000LL, 0x7fffffffffffffffLL, -0x7fffffffffffffffLL - 1 };
static int64_t clamp(int64_t x, int64_t lo, int64_t hi) { return x < lo ? lo : x > hi ? hi : x; }
static uint64_t umax(uint64_t a, uint64_t b) { return a > b ? a : b; }
PROGRAM
{
	for (int i = 0; i < 16; i++) {
		uint64_t x = HIDE(v[i]);
		for (int j = 0; j < 16; j++) {
			int64_t y = v[j];
			overflow_int8_t(x, y); overflow_uint8_t(x, y); overflow_int16_t(x, y); overflow_uint16_t(x, y);
			overflow_int32_t(x, y); overflow_uint32_t(x, y); overflow_int64_t(x, y); overflow_uint64_t(x, y);
			int narrow; unsigned long wide; signed char tiny;
			mix(__builtin_add_overflow((int64_t)x, y, &narrow)); mix(narrow);
			mix(__builtin_mul_overflow((int32_t)x, (uint64_t)y, &wide)); mix(wide);
			mix(__builtin_sub_overflow((uint16_t)x, (int64_t)y, &tiny)); mix(tiny);
			mix(clamp(x, y, y + 100)); mix(umax(x, y));
			uint32_t k = y & 31;
			mix(((uint32_t)x << k) | ((uint32_t)x >> (-k & 31)));
			mix((x << (y & 63)) | (x >> (-y & 63)));
		}
		mix(__builtin_popcountll(x)); mix(__builtin_popcount((uint32_t)x)); mix(__builtin_parityll(x));
		if (x) { mix(__builtin_clzll(x)); mix(__builtin_ctzll(x)); }
		if ((uint32_t)x) { mix(__builtin_clz((uint32_t)x)); mix(__builtin_ctz((uint32_t)x)); }
		mix(__builtin_ffsll(x)); mix(__builtin_ffs((int)x)); mix(__builtin_clrsbll(x));
		mix(__builtin_bswap16(x)); mix(__builtin_bswap32(x)); mix(__builtin_bswap64(x));
		mix(__builtin_abs((int)clamp(x, -1000, 1000))); mix(__builtin_llabs(clamp(x, -100000, 100000)));
		if (__builtin_expect(x == 3, 0)) mix(33);
	}
	char a[10];
	mix(__builtin_object_size(a, 0)); mix(__builtin_constant_p(7)); mix(__builtin_strlen("hello"));
	mix(__builtin_types_compatible_p(int, signed int)); mix(__builtin_choose_expr(1, 5, 6));
}
