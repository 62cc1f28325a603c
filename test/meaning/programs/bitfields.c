/* Bit-fields of every width, signed and not, packed and straddling. */
#include "meaning.h"
struct flags { unsigned a : 1, b : 3, c : 7, d : 21; };
struct wide { uint64_t lo : 13, mid : 38; int64_t hi : 13; };
struct __attribute__((packed)) tight { uint8_t kind : 3; uint16_t len : 11; int32_t off : 18; uint8_t tail; };
struct mixed { int x : 5; unsigned y : 9; signed char z : 4; _Bool w : 1; short : 0; unsigned v : 31; };
static struct flags table[4] = { { 1, 5, 77, 123456 }, { 0, 2, 3, 4 }, { .d = 0x1fffff }, { .b = 7 } };
PROGRAM
{
	struct wide w = { 0 };
	struct tight t[3] = { { 0 } };
	struct mixed m = { -3, 500, 7, 1, 0x7fffffff };
	for (int i = 0; i < 40; i++) {
		struct flags *f = &table[i & 3];
		f->a ^= 1;
		f->b += i;
		f->c = f->c * 5 + i;
		f->d -= f->c;
		w.lo += i * 77;
		w.mid = (w.mid << 3) ^ w.lo ^ 0x3f00000000ULL;
		w.hi = w.hi * -3 + i;
		t[i % 3].kind++;
		t[i % 3].len += 700;
		t[i % 3].off = t[i % 3].off * 7 - i;
		t[i % 3].tail = t[i % 3].off >> 3;
		m.x -= 3;
		m.y = m.y * m.y + m.x;
		m.z = m.z + m.y;
		m.w = m.z & 2;
		m.v -= m.y;
		mix(f->a + f->b * 2 + f->c * 16 + (uint64_t)f->d * 2048);
		mix(w.lo ^ w.mid ^ (uint64_t)w.hi);
		mix(t[i % 3].kind + t[i % 3].len * 8 + (int64_t)t[i % 3].off * 65536 + t[i % 3].tail);
		mix((int64_t)m.x * m.y + m.z + m.w + m.v);
	}
	mix(sizeof(struct flags) + 16 * sizeof(struct wide) + 256 * sizeof(struct tight) + 4096 * sizeof(struct mixed));
	for (unsigned i = 0; i < sizeof t; i++)
		mix(((unsigned char *)t)[i]);
}
