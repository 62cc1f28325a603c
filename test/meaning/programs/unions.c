/* Unions: looking at the same bytes as other types; page-table entries as the kernel writes them. */
#include "meaning.h"
typedef struct { unsigned long pte; } pte_t;
union word {
	uint64_t all;
	uint32_t half[2];
	uint16_t quarter[4];
	int8_t bytes[8];
	struct { uint64_t present : 1, write : 1, user : 1, : 9, pfn : 40, soft : 11, nx : 1; };
	void *pointer;
	pte_t pte;
};
struct tagged { int kind; union { int8_t a; int16_t b; int32_t c; int64_t d; struct { short x, y, z; } e; } u; };
static int64_t value(const struct tagged *t)
{
	switch (t->kind) {
	case 0: return t->u.a;
	case 1: return t->u.b;
	case 2: return t->u.c;
	case 3: return t->u.d;
	default: return t->u.e.x + t->u.e.y * 3 + t->u.e.z * 9;
	}
}
static pte_t mkwrite(pte_t p) { p.pte |= 2; return p; }
PROGRAM
{
	union word w = { .all = 0x8123456789abcdefULL };
	for (int i = 0; i < 30; i++) {
		w.half[i & 1] += 0x1234567;
		w.quarter[i & 3] ^= w.bytes[(i + 3) & 7];
		w.bytes[i & 7] = w.bytes[(i + 1) & 7] >> 1;
		w.pfn = w.pfn + i;
		w.nx ^= 1;
		w.soft += w.pfn;
		w.pte = mkwrite(w.pte);
		mix(w.all);
		struct tagged t = { .kind = i % 5 };
		t.u.d = (int64_t)w.all >> (i % 7);
		mix(value(&t));
	}
	w.pointer = &w;
	mix(w.pointer == (void *)&w.half[0]);
}
