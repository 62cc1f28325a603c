/* Every width, signed and not: promotion, conversion, division, shifts by variables, rotations. */
#include "meaning.h"
#define TRY(T, U)                                                                                \
	static void try_##T##_##U(T a, U b)                                                      \
	{                                                                                        \
		mix(a + b); mix(a - b); mix(a * b); mix(a & b); mix(a | b); mix(a ^ b);          \
		mix(a < b); mix(a <= b); mix(a == b); mix(a > (T)b); mix((U)a >= b);             \
		mix((T)b); mix((U)a); mix(-a); mix(~b); mix(!a);                                 \
		if (b != 0 && b != (U)-1) { mix(a / b); mix(a % b); }                            \
		mix((T)(a << (b & 7))); mix((T)(a >> (b & 7)));                                  \
		mix((uint64_t)a << (b & 63)); mix((int64_t)a >> (b & 63)); mix((uint64_t)(U)b >> (a & 63)); \
	}
TRY(int8_t, int8_t) TRY(uint8_t, int8_t) TRY(int8_t, uint16_t) TRY(int16_t, int32_t) TRY(uint16_t, uint32_t)
TRY(int32_t, int32_t) TRY(uint32_t, int32_t) TRY(int32_t, uint64_t) TRY(int64_t, int64_t) TRY(uint64_t, int8_t) TRY(int64_t, uint32_t)
static const int64_t samples[] = { 0, 1, -1, 2, 7, -8, 127, 128, -128, 255, 256, 32767, -32768, 65535, 2147483647, -2147483648LL,
				   4294967295LL, 0x123456789abcdefLL, -0x7fffffffffffffffLL, 0x7fffffffffffffffLL };
#define N (sizeof samples / sizeof samples[0])
PROGRAM
{
	for (unsigned i = 0; i < N; i++)
		for (unsigned j = 0; j < N; j++) {
			int64_t a = samples[i], b = samples[j];
			try_int8_t_int8_t(a, b); try_uint8_t_int8_t(a, b); try_int8_t_uint16_t(a, b); try_int16_t_int32_t(a, b);
			try_uint16_t_uint32_t(a, b); try_int32_t_int32_t(a, b); try_uint32_t_int32_t(a, b); try_int32_t_uint64_t(a, b);
			try_int64_t_int64_t(a, b); try_uint64_t_int8_t(a, b); try_int64_t_uint32_t(a, b);
			uint32_t r = (uint32_t)a, s = b & 31;
			mix((r << s) | (r >> ((32 - s) & 31)));
		}
}
