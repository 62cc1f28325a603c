/* full: model-limit (too many choices in one step), with the outcomes known; the interpreter, and marked: none. */
// shootdown: --kernel 4.19
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/atomic.h>
#include <shootdown/scenario.h>

#define HOLD(r) __asm__ volatile("" : "+r"(r))
#define TOUCH(p) __asm__ volatile("" : : "r"(p) : "memory")
#define LOAD(r, x) do { barrier(); (r) = (unsigned long)(x); barrier(); HOLD(r); } while (0)
#define LOADP(p, x) do { barrier(); (p) = (x); barrier(); HOLD(p); } while (0)
#define STORE(x, v) do { barrier(); (x) = (v); barrier(); } while (0)
#define WHOLE(g) (*(unsigned long *)&(g))
#define MIX(h, v) ((h) * 0x100000001b3UL + (unsigned long)(v) + 1)
#define NOTE(r) (acc = (acc * 5 + (r) + 1) % 61)

struct obj {
	spinlock_t lock;
	unsigned long v;
	unsigned int a, b;
	struct rw_semaphore sem;
};

/* A lock of 4 bytes, two to a word. */
struct tiny { unsigned int held; };
static __always_inline void tiny_lock(struct tiny *l)
{
	__sd_atomic_begin(SD_ACQUIRE, l);
	if (l->held)
		__sd_block();
	l->held = 1 + (unsigned int)smp_processor_id();
	current->locks_held++;
	__sd_atomic_end();
}
static __always_inline void tiny_unlock(struct tiny *l)
{
	__sd_atomic_begin(SD_RELEASE, l);
	if (l->held != 1 + (unsigned int)smp_processor_id())
		__sd_fail("bad-unlock", "", 0, 0, 0);
	l->held = 0;
	current->locks_held--;
	__sd_atomic_end();
}

SD_PARAM(unsigned long, known0, 0);
SD_PARAM(unsigned long, known1, 0);
SD_PARAM(unsigned long, known2, 0);
SD_PARAM(unsigned long, known3, 0);
SD_PARAM(unsigned long, known4, 0);
SD_PARAM(unsigned long, known5, 0);
SD_PARAM(unsigned long, known6, 0);
SD_PARAM(unsigned long, known7, 0);
SD_PARAM(unsigned long, known8, 0);
SD_PARAM(unsigned long, known9, 0);
SD_PARAM(unsigned long, known10, 0);
SD_PARAM(unsigned long, known11, 0);
SD_PARAM(unsigned long, known12, 0);
SD_PARAM(unsigned long, known13, 0);
SD_PARAM(unsigned long, known14, 0);
SD_PARAM(unsigned long, known15, 0);
SD_PARAM(unsigned long, known16, 0);
SD_PARAM(unsigned long, known17, 0);
SD_PARAM(unsigned long, known18, 0);
SD_PARAM(unsigned long, known19, 0);
SD_PARAM(unsigned long, known20, 0);
SD_PARAM(unsigned long, known21, 0);
SD_PARAM(unsigned long, known22, 0);
SD_PARAM(unsigned long, known23, 0);
/* Every outcome but those named is reported. */
static noinline void outcome(unsigned long h)
{
	if (h != known0 && h != known1 && h != known2 && h != known3 && h != known4 && h != known5 && h != known6 && h != known7 && h != known8 && h != known9 && h != known10 && h != known11 && h != known12 && h != known13 && h != known14 && h != known15 && h != known16 && h != known17 && h != known18 && h != known19 && h != known20 && h != known21 && h != known22 && h != known23)
		__sd_fail("seen", "outcome {0:x}", h, 0, 0);
}

/* --- the program --- */
unsigned long out0;
static void thread0(void *unused)
{
	unsigned long acc = 0, seen = 0, r0 = 0, r1 = 0, r2 = 0, r3 = 0;
	struct obj *p0 = NULL, *p1 = NULL;

	WRITE_ONCE(out0, acc);
}
static void thread1(void *unused)
{
	unsigned long acc = 0, seen = 0, r0 = 0, r1 = 0, r2 = 0, r3 = 0;
	struct obj *p0 = NULL, *p1 = NULL;

	r1 = (unsigned long)__sd_choose(2);
	__sd_assume(r1 == 1);
}
void scenario(void)
{
	sd_cpu_run(0, NULL, "t0", thread0, NULL);
	sd_loop_thread(1, "daemon1", NULL, thread1, NULL);
}
void sd_final(void)
{
	unsigned long h = 0;
	h = MIX(h, out0);
	outcome(h);
}
