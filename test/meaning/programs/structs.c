/* Structures passed and returned by value, of every size; packed ones; arrays in them; compound literals; flexible ends. */
#include "meaning.h"
struct one { uint8_t a; };
struct three { uint8_t a[3]; };
struct pair { uint64_t a; uint32_t b; };
struct two { int32_t a, b; };
struct big { uint64_t v[5]; int16_t tail; };
struct __attribute__((packed)) odd { uint8_t a; uint32_t b; uint16_t c; uint64_t d; };
struct nested { struct two t; struct odd o[2]; struct { char x; struct pair p; } in; };
struct flex { int n; uint16_t v[]; };
static __attribute__((noinline)) struct one f1(struct one x, int k) { x.a += k; return x; }
static __attribute__((noinline)) struct three f3(struct three x) { uint8_t t = x.a[0]; x.a[0] = x.a[2]; x.a[2] = t + 1; return x; }
static __attribute__((noinline)) struct two f2(struct two x, struct two y) { return (struct two){ x.a * y.b, x.b - y.a }; }
static __attribute__((noinline)) struct pair fp(struct pair x, int by) { x.a <<= by; x.b ^= (uint32_t)x.a; return x; }
static __attribute__((noinline)) struct big fb(struct big x, struct odd o) { for (int i = 0; i < 5; i++) x.v[i] += o.b * i; x.tail -= o.c; return x; }
static __attribute__((noinline)) struct odd fo(struct odd o) { o.d = o.d * 3 + o.a; o.b--; o.c <<= 1; return o; }
static __attribute__((noinline)) struct nested fn(struct nested n) { n.o[1] = n.o[0]; n.in.p.a ^= n.t.a; n.in.x++; return n; }
static uint64_t buffer[16];
PROGRAM
{
	struct one a = { 250 };
	struct three b = { { 1, 2, 3 } };
	struct two c = { 5, -6 };
	struct pair d = { 0x1234, 77 };
	struct big e = { { 1, 2, 3, 4, 5 }, -9 };
	struct odd o = { 1, 2, 3, 4 };
	struct nested n = { .t = { 8, 9 }, .o = { { 1, 2, 3, 4 } }, .in = { 'x', { 10, 11 } } };
	for (int i = 0; i < 20; i++) {
		a = f1(a, i); b = f3(b); c = f2(c, (struct two){ i, i + 1 }); d = fp(d, i & 3); o = fo(o); e = fb(e, o); n.o[0] = o; n = fn(n);
		mix(a.a); mix(b.a[0] + 256 * b.a[1] + 65536 * b.a[2]); mix(c.a); mix(c.b); mix(d.a); mix(d.b); mix(o.d); mix(o.c + o.b);
		for (int j = 0; j < 5; j++) mix(e.v[j]);
		mix(e.tail); mix(n.o[1].d + n.in.p.a + n.in.x);
	}
	struct flex *f = (struct flex *)buffer;
	f->n = 20;
	for (int i = 0; i < f->n; i++) f->v[i] = i * i * 50;
	for (int i = 0; i < 16; i++) mix(buffer[i]);
	mix(sizeof(struct odd) + 100 * sizeof(struct nested) + 10000 * __alignof__(struct pair));
}
