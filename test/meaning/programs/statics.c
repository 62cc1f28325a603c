/* Initialised data: pointers into arrays, nested initialisers, strings, ranges, tables of tables, statics in functions, pointer arithmetic. */
#include "meaning.h"
struct entry { const char *name; int (*fn)(int); const struct entry *next; short v[3]; };
static int twice(int x) { return 2 * x; }
static int square(int x) { return x * x; }
extern const struct entry entries[];
const struct entry entries[] = {
	{ "twice", twice, &entries[2], { 1, 2 } }, { "square", square, &entries[0], { [2] = -3 } }, { 0, 0, 0, { 7, 8, 9 } },
};
static int grid[4][5] = { { 1, 2, 3 }, [2] = { 9, [3] = 8 }, [3][4] = 77 };
static int *const corner = &grid[3][4], *middle = (int *)grid + 7;
static const uint16_t ranges[32] = { [3 ... 9] = 5, [20] = 6, [30 ... 31] = 7 };
static char greeting[] = "hello", padded[10] = "ab", *alias = greeting + 2;
static struct { uint8_t a; uint64_t b; uint8_t c[3]; } holes = { 1, 0x1122334455667788ULL, { 9, 8, 7 } };
static uint64_t address_difference = sizeof(entries) / sizeof(entries[0]);
enum colour { RED, GREEN = 10, BLUE, NEGATIVE = -4 };
static const enum colour colours[] = { BLUE, RED, NEGATIVE, GREEN };
static int counter(void) { static int calls; static int history[4]; history[calls & 3] += calls; return ++calls * 100 + history[(calls + 1) & 3]; }
PROGRAM
{
	const struct entry *e = &entries[1];
	for (int i = 3; e; e = e->next, i++) {
		if (e->fn) mix(e->fn(i));
		for (const char *c = e->name; c && *c; c++) mix(*c);
		mix(e->v[0] + 10 * e->v[1] + 100 * e->v[2]);
	}
	for (int i = 0; i < 4; i++) for (int j = 0; j < 5; j++) mix(grid[i][j]);
	mix(*corner); mix(corner - middle); mix(middle[2]); *middle = 5; mix(grid[1][2]);
	for (int i = 0; i < 32; i++) mix(ranges[i]);
	*alias = 'L'; for (char *c = greeting; *c; c++) mix(*c);
	for (int i = 0; i < 10; i++) mix(padded[i]);
	mix(holes.a + holes.b + holes.c[0] + holes.c[2]); mix(address_difference);
	for (int i = 0; i < 4; i++) mix(colours[i]);
	for (int i = 0; i < 9; i++) mix(counter());
	unsigned char *bytes = (unsigned char *)&holes.b;
	for (int i = 0; i < 8; i++) mix(bytes[i]);
}
