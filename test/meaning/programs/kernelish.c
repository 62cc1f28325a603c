/* Pieces in the kernel's manner: a radix tree, an interval walk, refcounts, ERR_PTR, a bitmap allocator, a ring, jhash. */
#include "meaning.h"
#define ERR_PTR(e) ((void *)(long)(e))
#define PTR_ERR(p) ((long)(p))
#define IS_ERR(p) ((unsigned long)(p) >= (unsigned long)-4095)
#define likely(x) __builtin_expect(!!(x), 1)
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
struct node { struct node *slots[8]; uint8_t count; };
static struct node pool[64];
static uint64_t used;
static struct node *alloc_node(void)
{
	if (used == ~0ULL) return ERR_PTR(-12);
	int i = __builtin_ctzll(~used);
	used |= 1ULL << i;
	__builtin_memset(&pool[i], 0, sizeof pool[i]);
	return &pool[i];
}
static int insert(struct node **root, unsigned key, void *item)
{
	struct node **at = root;
	for (int shift = 9; shift >= 0; shift -= 3) {
		if (!*at) { struct node *n = alloc_node(); if (IS_ERR(n)) return PTR_ERR(n); *at = n; }
		struct node *n = *at;
		unsigned i = (key >> shift) & 7;
		if (shift == 0) { if (n->slots[i]) return -17; n->slots[i] = item; n->count++; return 0; }
		if (!n->slots[i]) n->count++;
		at = &n->slots[i];
	}
	return 0;
}
static void *lookup(struct node *n, unsigned key)
{
	for (int shift = 9; n && shift >= 0; shift -= 3) n = n->slots[(key >> shift) & 7];
	return n;
}
struct range { unsigned long start, end; uint32_t flags; };
static unsigned long walk(struct range *r, int n, unsigned long start, unsigned long end, int (*fn)(unsigned long, unsigned long, void *), void *arg)
{
	unsigned long addr = start, next;
	while (addr < end) {
		next = min((addr + PAGE_SIZE) & ~(PAGE_SIZE - 1), end);
		for (int i = 0; i < n; i++)
			if (addr >= r[i].start && addr < r[i].end && (r[i].flags & 1))
				if (fn(addr, next, arg)) return addr;
		addr = next;
	}
	return addr;
}
static int visit(unsigned long a, unsigned long b, void *arg) { uint64_t *sum = arg; *sum = *sum * 33 + (a ^ (b << 7)); return *sum % 97 == 0; }
static uint32_t rol(uint32_t v, int s) { return (v << s) | (v >> (32 - s)); }
static uint32_t jhash(const uint32_t *k, unsigned n, uint32_t seed)
{
	uint32_t a = 0xdeadbeef + (n << 2) + seed, b = a, c = a;
	while (n > 3) {
		a += k[0]; b += k[1]; c += k[2];
		a -= c; a ^= rol(c, 4); c += b; b -= a; b ^= rol(a, 6); a += c; c -= b; c ^= rol(b, 8); b += a;
		n -= 3; k += 3;
	}
	switch (n) { case 3: c += k[2]; case 2: b += k[1]; case 1: a += k[0]; c ^= b; c -= rol(b, 14); }
	return c;
}
struct ring { uint16_t head, tail; uint32_t slots[16]; };
PROGRAM
{
	struct node *root = 0;
	for (unsigned i = 0; i < 60; i++) mix(insert(&root, (i * 509) & 4095, (void *)(unsigned long)(i * 16 + 8)));
	for (unsigned i = 0; i < 4096; i += 7) mix((unsigned long)(lookup(root, i) ? lookup(root, i) : (void *)1) < 4096);
	mix(__builtin_popcountll(used));
	struct range r[3] = { { 0x1000, 0x5000, 1 }, { 0x3000, 0x9000, 3 }, { 0, ~0UL, 2 } };
	uint64_t sum = 1;
	mix(walk(r, 3, 0x800, 0xa123, visit, &sum)); mix(sum);
	uint32_t words[10];
	for (int i = 0; i < 10; i++) words[i] = i * 0x01010101u;
	for (int n = 0; n <= 10; n++) mix(jhash(words, n, n));
	struct ring ring = { 65530, 65530 };
	for (int i = 0; i < 50; i++) {
		if ((uint16_t)(ring.head - ring.tail) < 16) ring.slots[ring.head++ & 15] = i * 3;
		if (i % 3 == 0 && ring.head != ring.tail) mix(ring.slots[ring.tail++ & 15]);
		mix((uint16_t)(ring.head - ring.tail));
	}
}
