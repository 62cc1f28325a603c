/* 128-bit integers: the arithmetic of ktime and mul_u64_u64_shr. */
#include "meaning.h"
typedef __int128 s128;
typedef unsigned __int128 u128;
static void both(u128 v) { mix((uint64_t)v); mix((uint64_t)(v >> 64)); }
static uint64_t mul_shift(uint64_t a, uint64_t b, unsigned shift) { return (uint64_t)(((u128)a * b) >> shift); }
static u128 table[3] = { 1, (u128)5 << 100, ~(u128)0 };
static s128 choose(int which, s128 a, s128 b) { return which ? a : b; }
PROGRAM
{
	u128 a = 0x123456789abcdefULL;
	s128 b = -77;
	for (int i = 0; i < 130; i++) {
		a = a * 0x9e3779b97f4a7c15ULL + i;
		b = b * 31 - (s128)(a >> 3);
		both(a); both((u128)b); both(a << (i & 127)); both(a >> (i & 127)); both((u128)(b >> (i & 127)));
		both(a + (u128)b); both(a - (u128)b); both(a & (u128)b); both(a ^ ((u128)b << 1)); both(-a); both(~a);
		mix(a < (u128)b); mix((s128)a < b); mix(a == (u128)b); mix((s128)a >= b); mix(a > table[1]); mix(b != 0);
		mix(mul_shift((uint64_t)a, (uint64_t)b, i & 63));
		table[i % 3] += a; both(table[(i + 1) % 3]);
		both((u128)choose(i & 1, (s128)a, b));
		mix(__builtin_popcountll((uint64_t)(a >> 64)) + (int32_t)b + (int8_t)(b >> 60));
	}
}
