// SPDX-License-Identifier: Apache-2.0
/* Each of COUNT threads adds 1, in one step or in two. By default nothing is lost. */
#include <shootdown.h>

enum how { torn, whole };

SD_PARAM(int, COUNT, 2);
SD_PARAM(enum how, HOW, whole);
SD_PARAM(signed char, START, -1);	/* between two others in memory */
SD_PARAM(unsigned long, LIMIT, 100);

static volatile long x;

static void add_one(void)
{
	long seen = x;

	if ((unsigned long)seen != LIMIT)
		x = seen + 1;
}

static void add(void *unused)
{
	(void)unused;
	if (HOW == torn) {
		add_one();
		return;
	}
	__sd_atomic_begin(SD_STEP, 0);
	add_one();
	__sd_atomic_end();
}

void scenario(void)
{
	int i;

	x = START;
	for (i = 0; i < COUNT; i++)
		__sd_thread("T", "CPU0", add, 0, 0);
}

void sd_final(void)
{
	if (x != START + COUNT)
		__sd_fail("lost-update", "x is {0:d}", (sd_u64)x, 0, 0);
}
