/* Locals in memory: arrays, addresses handed down, shadowing, uninitialised then set, statement expressions. */
#include "meaning.h"
static void fill(int *v, int n, int seed) { for (int i = 0; i < n; i++) v[i] = seed = seed * 1103515245 + 12345; }
static int deep(int n, int *up) { int mine[3] = { n, *up, n ^ *up }; if (n == 0) return mine[2]; *up += mine[1]; int r = deep(n - 1, &mine[n % 3]); return r + mine[0] + mine[1] + mine[2]; }
static void swap(void *a, void *b, size_t n) { char t[16]; __builtin_memcpy(t, a, n); __builtin_memcpy(a, b, n); __builtin_memcpy(b, t, n); }
static void three(int **p, int ***q) { **q = *p + 1; ***q = 99; }
PROGRAM
{
	int v[17];
	fill(v, 17, 42);
	for (int i = 0; i < 17; i++) mix(v[i]);
	int start = 5;
	mix(deep(9, &start)); mix(start);
	struct { int64_t a; int32_t b; } x = { 1, 2 }, y = { 3, 4 };
	swap(&x, &y, sizeof(x.a) + sizeof(x.b)); mix(x.a * 10 + x.b); mix(y.a * 10 + y.b);
	int array[2] = { 1, 2 }, *p = array, **q = &p;
	three(&array[0] == p ? &p : q, &q); mix(array[1]); mix(p - array);
	for (int i = 0; i < 5; i++) { int inner[4]; for (int j = 0; j < 4; j++) inner[j] = i * j; { int i = inner[3]; mix(i); } mix(inner[i & 3]); }
	mix(({ int t = v[3]; t ^= v[4]; t * 2; }));
	char bytes[3] = { -1, 2, -3 }; mix(bytes[0] * bytes[1] * bytes[2]);
	_Bool flag = v[0]; flag += 5; mix(flag); mix((_Bool)0x100); volatile unsigned char c = 200; c += 100; mix(c);
}
