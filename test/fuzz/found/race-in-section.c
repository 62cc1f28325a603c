/* No race is told of w.a: after it, the section touches another part of the same word. */
#include <shootdown/scenario.h>

struct { unsigned int a, b; } __aligned(8) w;
unsigned long r;

static void t0(void *unused)
{
	__sd_atomic_begin(SD_STEP, NULL);
	r = w.a;
	barrier();
	r += w.b;
	__sd_atomic_end();
}

static void t1(void *unused)
{
	w.a = 1;
}

void scenario(void)
{
	sd_cpu_run(0, NULL, "t0", t0, NULL);
	sd_cpu_run(1, NULL, "t1", t1, NULL);
}

void sd_final(void)
{
}
