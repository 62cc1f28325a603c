/* Control flow: switches with holes and ranges, goto, do/while, nested breaks, labels as values, recursion. */
#include "meaning.h"
static int classify(int x)
{
	switch (x) {
	case -5: return 1;
	case 0 ... 9: x += 100;	/* fallthrough */
	case 10: return x;
	case 100: case 200: case 300: return x / 100;
	case 1000000: goto big;
	default: break;
	}
	return x & 1 ? -1 : -2;
big:
	return 77;
}
static int by_letter(char c)
{
	switch (c) { case 'a': return 1; case 'e': return 2; case 'i': return 3; case 'o': return 4; case 'u': return 5; }
	return 0;
}
static uint64_t wide_switch(uint64_t v)
{
	switch (v) { case 0x100000000ULL: return 1; case 0xffffffffffffffffULL: return 2; case 1: return 3; }
	return v ^ 9;
}
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static int odd(int n);
static int even(int n) { return n == 0 ? 1 : odd(n - 1); }
static int odd(int n) { return n == 0 ? 0 : even(n - 1); }
static int collatz(unsigned n)
{
	int steps = 0;
again:
	if (n == 1) return steps;
	n = n & 1 ? 3 * n + 1 : n / 2;
	steps++;
	goto again;
}
static unsigned long here(void) { return ({ __label__ here; here: (unsigned long)&&here; }); }
PROGRAM
{
	static const int inputs[] = { -5, -4, 0, 5, 9, 10, 11, 100, 200, 300, 400, 1000000, 1000001 };
	for (unsigned i = 0; i < sizeof inputs / sizeof *inputs; i++)
		mix(classify(HIDE(inputs[i])));
	for (const char *s = "a quick brown fox jumps over the lazy dog"; *s; s++)
		mix(by_letter(*s));
	mix(wide_switch(HIDE(0x100000000ULL))); mix(wide_switch(HIDE(-1ULL))); mix(wide_switch(HIDE(1ULL))); mix(wide_switch(HIDE(5ULL)));
	mix(ackermann(2, 3)); mix(even(41)); mix(collatz(27));
	int n = 0;
	do {
		for (int i = 0; ; i++) {
			if (i == n) continue;
			if (i > 2 * n + 3) break;
			for (int j = 0; j < i; j++) { if (j == 7) goto out; mix(i * 100 + j); }
		}
out:
		n++;
	} while (n < 6);
	mix(here() != 0);
}
