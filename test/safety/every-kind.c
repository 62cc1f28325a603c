// SPDX-License-Identifier: Apache-2.0
/* Every kind of instruction that the reader knows, for what is made of them when they are damaged (ir.test.ts). */
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <shootdown/scenario.h>

struct pair {
	long a;
	int b : 5;
	unsigned char c[3];
};

static DEFINE_SPINLOCK(lock);
static struct pair shared, table[4] = { { 1, 2, { 3, 4, 5 } }, { -1 } };
static unsigned long counter;
static int (*volatile op)(int);
static const char *const names[] = { "one", "two" };
static __int128 wide;

static int twice(int x)
{
	return x * 2;
}

static noinline struct pair copied(struct pair p, int n)
{
	p.a += n;
	return p;
}

static noinline long chosen(int kind, long x, unsigned long y)
{
	switch (kind) {
	case 0:
		return x / (long)(y | 1);
	case 1:
		return x % (long)(y | 1);
	case 2:
		return y >> (x & 31);
	case 3:
		return x >> (y & 31);
	case 7:
		return (int)x == (short)y ? x ^ y : ~x;
	case 100:
		return __builtin_popcountl(y) + __builtin_ctzl(y | 1) + (long)__builtin_bswap64(y);
	default:
		return names[kind & 1][0];
	}
}

static void run(void *arg)
{
	struct pair *mine = kmalloc(sizeof(*mine), GFP_KERNEL);
	unsigned long old, i;
	char local[24];

	spin_lock(&lock);
	shared = copied(table[(long)arg & 3], 3);
	spin_unlock(&lock);
	for (i = 0; i < 3; i++)
		local[i] = (char)chosen((int)i, shared.a, counter);
	__builtin_memcpy(mine, &shared, sizeof(*mine));
	mine->c[1] = local[1];
	__builtin_memset(local, 0, sizeof(local));
	old = __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(&counter, &old, old + 2, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_exchange_n(&shared.a, 7, __ATOMIC_RELEASE);
	wide = (wide << 3) + (__int128)mine->a * 5;
	if (op)
		counter += (unsigned long)op(mine->b);
	if (__sd_choose(2))
		WRITE_ONCE(shared.a, READ_ONCE(counter));
	kfree(mine);
}

void scenario(void)
{
	op = twice;
	sd_cpu_run(0, NULL, "a", run, (void *)0);
	sd_cpu_run(1, NULL, "b", run, (void *)1);
}
