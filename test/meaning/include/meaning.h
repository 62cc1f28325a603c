/*
 * A program whose meaning is one number, `sd_meaning`: printed when it is run natively, and the argument of __sd_fail when it is interpreted.
 */
#ifndef MEANING_H
#define MEANING_H

typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __SIZE_TYPE__ size_t;

static uint64_t sd_meaning = 0x123456789abcdefULL;

/* Everything that a program finds out goes in here. */
static inline void mix(uint64_t value)
{
	sd_meaning = (sd_meaning ^ value) * 0x9e3779b97f4a7c15ULL;
	sd_meaning ^= sd_meaning >> 29;
}

int main(void);

#ifdef NATIVE
extern int printf(const char *, ...);
static inline void means(uint64_t value)
{
	printf("%llx\n", (unsigned long long)value);
}
#else
#include "shootdown.h"
static inline void means(uint64_t value)
{
	__sd_fail("meaning", "{0:x}", value, 0, 0);
}
void scenario(void)
{
	main();
}
#endif

/* A program of ours: PROGRAM { ...; mix(x); ... } */
#define PROGRAM                 \
	static void program(void);  \
	int main(void)              \
	{                           \
		program();              \
		means(sd_meaning);      \
		return 0;               \
	}                           \
	static void program(void)

/* Keeps the optimiser from knowing a value. */
#define HIDE(x) ({ volatile __typeof__(x) hidden = (x); hidden; })

#endif
