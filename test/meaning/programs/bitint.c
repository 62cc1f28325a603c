/* _BitInt of odd widths. */
#include "meaning.h"
typedef _BitInt(7) s7;
typedef unsigned _BitInt(13) u13;
typedef unsigned _BitInt(37) u37;
typedef _BitInt(53) s53;
typedef unsigned _BitInt(65) u65;
typedef _BitInt(100) s100;
struct odd { u13 a; s53 b; s7 c; };
static struct odd table[3];
PROGRAM
{
	s7 a = 5;
	u13 b = 1000;
	u37 c = 123456789;
	s53 d = -987654321;
	u65 e = 1;
	s100 f = -1;
	for (int i = 0; i < 60; i++) {
		a = (s7)(a * 3 + (s7)(i & 31));
		b = (u13)(b * 17 + (u13)i);
		c = c * 33 + b;
		d = d * 5 - (s53)c;
		e = (e << 1) + (u65)c;
		f = f * 3 + (s100)d;
		struct odd *o = &table[i % 3];
		o->a += b; o->b ^= d; o->c = (s7)(o->c - a);
		mix((int64_t)a); mix((uint64_t)b); mix((uint64_t)c); mix((int64_t)d); mix((uint64_t)e); mix((uint64_t)(e >> 33));
		mix((uint64_t)f); mix((int64_t)(f >> 50));
		mix(a < 0); mix(b > 4000u); mix((u37)d > c); mix(d >> 3); mix(c >> (i % 37)); mix((uint64_t)(c << (i % 37)));
		mix((uint64_t)o->a); mix((int64_t)o->b); mix((int64_t)o->c);
	}
}
