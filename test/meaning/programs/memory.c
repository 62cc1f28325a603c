/* memcpy, memset, memmove of all small sizes and offsets; unaligned accesses; string functions of our own. */
#include "meaning.h"
static uint8_t area[96], other[96];
static void sum(void) { uint64_t h = 0; for (int i = 0; i < 96; i++) h = h * 31 + area[i]; mix(h); }
static size_t length(const char *s) { const char *p = s; while (*p) p++; return p - s; }
static int compare(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return (uint8_t)*a - (uint8_t)*b; }
static char *copy(char *to, const char *from) { char *r = to; while ((*to++ = *from++)) ; return r; }
static char *number(char *end, unsigned long v, unsigned base) { *--end = 0; do *--end = "0123456789abcdef"[v % base]; while (v /= base); return end; }
static void reverse(char *s) { for (size_t i = 0, j = length(s); i + 1 < j--; i++) { char t = s[i]; s[i] = s[j]; s[j] = t; } }
struct __attribute__((packed)) skew { uint8_t pad; uint64_t v; uint16_t w; uint32_t x; };
static const char *const words[] = { "tlb", "shootdown", "", "page", "pmd", "huge" };
PROGRAM
{
	for (int i = 0; i < 96; i++) { area[i] = i * 37; other[i] = 255 - i; }
	for (int n = 0; n < 34; n++) {
		int size = HIDE(n);
		__builtin_memcpy(area + (n * 3) % 40, other + (n * 5) % 40, size); sum();
		__builtin_memset(area + (n * 7) % 40, n * 9, size); sum();
		__builtin_memmove(area + 20 + n % 5, area + 20, size); sum();
		__builtin_memmove(area + 20, area + 20 + n % 7, size); sum();
	}
	__builtin_memcpy(area, other, 13); __builtin_memset(area + 50, 0x5a, 17); __builtin_memmove(area + 3, area, 31); sum();
	struct skew *s = (struct skew *)(area + 5);
	for (int i = 0; i < 10; i++) { s->v += 0x123456789ULL * i; s->w ^= s->v >> 9; s->x -= s->w; mix(s->v); mix(s->x); s = (struct skew *)((char *)s + 3); }
	sum();
	char text[64], digits[70];
	for (int i = 0; i < 6; i++) {
		mix(length(words[i])); mix(compare(words[i], words[(i + 1) % 6]) < 0);
		copy(text + i * 2, words[i]); reverse(text);
		for (char *p = number(digits + 70, 0xdeadbeefUL * (i + 1), 2 + i * 2); *p; p++) mix(*p);
	}
	for (char *p = text; *p; p++) mix(*p);
}
