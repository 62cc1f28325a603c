// SPDX-License-Identifier: Apache-2.0
/*
 * store_buffer.c - the store buffers of x86 CPUs (--memory tso).
 *
 * A store of a thread goes to its buffer, and reaches memory later: before any other store of that thread that comes after it, and at the latest at a
 * fence. A load takes the newest store to its bytes that is still in the thread's own buffer, else what is in memory. When a store leaves is the thread's
 * choice, which it has before each load; between two loads it makes no difference, since stores leave in their order. So a buffer belongs to its thread alone, and
 * filling it is no operation that others could see.
 *
 * src/program/store-buffers.ts puts the calls in. It asks first whether the bytes are shared: other memory is loaded and stored at once. It changes nothing in
 * functions whose names begin with __sd_buffered, nor in those that it knows by name.
 */
#include "../include/shootdown.h"

#ifndef SD_STORES
#define SD_STORES 6		/* what a buffer holds: a thread that stores more lets the oldest go first */
#endif
#define MAX_THREADS 16
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

struct store {
	sd_u64 address;
	sd_u64 value;
	unsigned long bytes;	/* 0: the function @value gives the lock at @address back */
};

struct buffer {
	volatile unsigned long count;	/* others that interrupt this CPU look at it */
	unsigned long leaving;		/* the oldest store is reaching memory: what that causes sees memory as it is */
	struct store stores[SD_STORES];
};

static struct buffer buffers[MAX_THREADS];

static struct { void (*fn)(void *); void *arg; } starts[MAX_THREADS];
static unsigned int nr_starts;

static struct buffer *__sd_buffered_own(void)
{
	int self = __sd_self();

	return self < 0 ? (struct buffer *)0 : &buffers[self];
}

static sd_u64 __sd_buffered_read(sd_u64 address, unsigned long bytes)
{
	switch (bytes) {
	case 1: return *(volatile unsigned char *)address;
	case 2: return *(volatile unsigned short *)address;
	case 4: return *(volatile unsigned int *)address;
	default: return *(volatile sd_u64 *)address;
	}
}

static void __sd_buffered_write(sd_u64 address, sd_u64 value, unsigned long bytes)
{
	switch (bytes) {
	case 1: *(volatile unsigned char *)address = (unsigned char)value; break;
	case 2: *(volatile unsigned short *)address = (unsigned short)value; break;
	case 4: *(volatile unsigned int *)address = (unsigned int)value; break;
	default: *(volatile sd_u64 *)address = value; break;
	}
}

/* In a section: the oldest store reaches memory, unless it is a lock's release, which is a section of its own. */
static void __sd_buffered_oldest_leaves(struct buffer *b)
{
	struct store *s = &b->stores[0];

	if (!s->bytes)
		return;
	b->leaving = 1;
	__sd_buffered_write(s->address, s->value, s->bytes);
	b->leaving = 0;
	__sd_event("store", "the store of {1} to {0:m} leaves the store buffer", s->address, s->value, 0);
}

/* After that section. */
static void __sd_buffered_oldest_left(struct buffer *b)
{
	unsigned long i, last = b->count - 1;

	if (!b->stores[0].bytes) {
		b->leaving = 1;
		((void (*)(void *))b->stores[0].value)((void *)b->stores[0].address);
		b->leaving = 0;
	}
	for (i = 0; i < last; i++)
		b->stores[i] = b->stores[i + 1];
	b->stores[last] = (struct store){ 0, 0, 0 };
	b->count = last;
}

static void __sd_buffered_drain(struct buffer *b, unsigned long most)
{
	while (b->count > most) {
		if (b->stores[0].bytes) {
			__sd_atomic_begin(SD_STEP, 0);
			__sd_buffered_oldest_leaves(b);
			__sd_atomic_end();
		}
		__sd_buffered_oldest_left(b);
	}
}

void __sd_fence(void)
{
	struct buffer *b = __sd_buffered_own();

	if (b && !b->leaving)
		__sd_buffered_drain(b, 0);
}

static void __sd_buffered_append(struct buffer *b, sd_u64 address, sd_u64 value, unsigned long bytes)
{
	__sd_buffered_drain(b, SD_STORES - 1);
	b->stores[b->count] = (struct store){ address, value, bytes };
	b->count = b->count + 1;
	if (bytes)
		__sd_event("store", "the store of {1} to {0:m} waits in the store buffer", address, value, 0);
}

void __sd_buffered_store(sd_u64 address, sd_u64 value, unsigned long bytes)
{
	struct buffer *b = __sd_buffered_own();

	if (b && !b->leaving)
		__sd_buffered_append(b, address, value, bytes);
	else
		__sd_buffered_write(address, value, bytes);
}

/* On x86 spin_unlock() is a store: the lock is held until it leaves the buffer. */
void __sd_store_release(void (*release)(void *), void *lock)
{
	struct buffer *b = __sd_buffered_own();

	if (!b || b->leaving) {
		release(lock);
		return;
	}
	__sd_buffered_append(b, (sd_u64)lock, (sd_u64)release, 0);
	/* It may have left before the thread's next access. */
	if (lock)
		__sd_releasing(lock);
}

/*
 * What a load finds in the buffer: the value, from the newest store that has all of its bytes. A load of which the newest store has some only waits until that
 * has left, and so do loads of more than one store's bytes.
 */
enum found { NOTHING, ALL, SOME };

static enum found __sd_buffered_found(const struct buffer *b, sd_u64 address, unsigned long bytes, sd_u64 *value)
{
	unsigned long i;

	for (i = b->count; i-- > 0; ) {
		const struct store *s = &b->stores[i];

		if (!s->bytes || address + bytes <= s->address || s->address + s->bytes <= address)
			continue;
		if (address < s->address || s->address + s->bytes < address + bytes)
			return SOME;
		*value = s->value >> (8 * (address - s->address));
		if (bytes < 8)
			*value &= (1ULL << (8 * bytes)) - 1;
		return ALL;
	}
	return NOTHING;
}

sd_u64 __sd_buffered_load(sd_u64 address, unsigned long bytes)
{
	struct buffer *b = __sd_buffered_own();
	sd_u64 value = 0;

	if (!b || b->leaving)
		return __sd_buffered_read(address, bytes);
	for (;;) {
		enum found found = __sd_buffered_found(b, address, bytes, &value);
		int leaves;

		__sd_atomic_begin(SD_STEP, 0);
		leaves = b->count ? found == SOME || __sd_choose(2) : 0;
		if (leaves)
			__sd_buffered_oldest_leaves(b);
		else if (found == NOTHING)
			value = __sd_buffered_read(address, bytes);
		__sd_atomic_end();
		if (!leaves)
			return value;
		__sd_buffered_oldest_left(b);
	}
}

/* The life of a local variable ends: what was stored there, others may not look at any longer. */
void __sd_buffered_end(sd_u64 address, unsigned long size)
{
	struct buffer *b = __sd_buffered_own();
	unsigned long i, kept = 0, count;

	if (!b || b->leaving)
		return;
	count = b->count;
	for (i = 0; i < count; i++)
		if (!b->stores[i].bytes || b->stores[i].address - address >= size)
			b->stores[kept++] = b->stores[i];
	for (i = kept; i < count; i++)
		b->stores[i] = (struct store){ 0, 0, 0 };
	if (kept < count)
		b->count = kept;
}

/* In a section: an interrupt is taken only when the stores of that thread have left. */
int __sd_stores_waiting(int thread)
{
	return buffers[thread].count != 0;
}

int __sd_store_buffers(void)
{
	return 1;
}

static void __sd_buffered_run(void *start)
{
	unsigned int n = (unsigned int)(unsigned long)start;

	starts[n].fn(starts[n].arg);
	__sd_fence();
}

int __sd_buffered_thread(const char *name, const char *column, void (*fn)(void *), void *arg, int flags)
{
	unsigned int n = nr_starts;

	starts[n % MAX_THREADS].fn = fn;
	starts[n % MAX_THREADS].arg = arg;
	nr_starts = n + 1;
	__sd_event("bound", "at most " TEXT(SD_STORES) " stores in a CPU's store buffer", 0, 0, 0);
	return __sd_thread(name, column, __sd_buffered_run, (void *)(unsigned long)(n % MAX_THREADS), flags);
}
