// SPDX-License-Identifier: Apache-2.0
/*
 * slab.c - caches of objects, and kmalloc.
 *
 * Each thread has an arena of its own and an address is used once, so that any access to a freed object is seen, and addresses do not depend on what others
 * allocate. Objects of a cache that is SLAB_TYPESAFE_BY_RCU stay memory after they are freed, as they may be looked at then, and are not used again.
 */
#include <linux/slab.h>

#include "own.h"

#define ARENA (24 * 1024)
#define OBJECTS 40
#define GAP 16

static unsigned long arenas[SD_MAX_TASKS][ARENA / 8] __aligned(256) __sd_arena;
static unsigned long used[SD_MAX_TASKS];
static struct object {
	unsigned long address, size;
	unsigned long cache;
} objects[SD_MAX_TASKS][OBJECTS];
static unsigned long nr_objects[SD_MAX_TASKS];

struct kmem_cache {
	const char *name;
	unsigned int size, align;
	slab_flags_t flags;
	void (*ctor)(void *);
};
static struct kmem_cache caches[24];
static int nr_caches;

static void *allocate(const struct kmem_cache *cache, size_t size, size_t align, gfp_t flags)
{
	int me = sd_me();
	struct object *object;
	unsigned long at;

	if (flags & __GFP_DIRECT_RECLAIM)
		sd_might_sleep();
	if (sd_allocation_fails(flags))
		return NULL;
	__sd_atomic_begin(SD_STEP, NULL);
	at = ALIGN(used[me] + GAP, align);
	if (nr_objects[me] == OBJECTS || at + size > ARENA)
		__sd_fail("model-limit", "the arena of this thread is full after {0:d} objects", nr_objects[me], 0, 0);
	object = &objects[me][nr_objects[me]++];
	object->address = (unsigned long)arenas[me] + at;
	object->size = size;
	object->cache = cache ? (unsigned int)(cache - caches) + 1 : 0;
	used[me] = at + size;
	__sd_live((void *)object->address, size, "slab object");
	if (cache)
		__sd_event("name", "{1:s}", object->address, (sd_u64)cache->name, 0);
	if (!(flags & __GFP_ZERO))
		__sd_uninit((void *)object->address, size);
	__sd_atomic_end();
	if (cache && cache->ctor)
		cache->ctor((void *)object->address);
	return (void *)object->address;
}

static void release(const void *p)
{
	unsigned long t = ((unsigned long)p - (unsigned long)arenas) / sizeof(arenas[0]);
	unsigned long i;

	if (ZERO_OR_NULL_PTR(p))
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; t < SD_MAX_TASKS && i < nr_objects[t] && objects[t][i].address != (unsigned long)p; i++)
		;
	if (t >= SD_MAX_TASKS || i == nr_objects[t])
		__sd_fail("double-free", "{0:p} is freed and was not allocated", (sd_u64)p, 0, 0);
	if (!objects[t][i].size)
		__sd_fail("double-free", "{0:p} is freed twice", (sd_u64)p, 0, 0);
	if (!objects[t][i].cache || !(caches[objects[t][i].cache - 1].flags & SLAB_TYPESAFE_BY_RCU))
		__sd_dead((void *)p, objects[t][i].size);
	objects[t][i].size = 0;
	__sd_atomic_end();
}

static struct kmem_cache *create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *cache = &caches[nr_caches];

	if (nr_caches == ARRAY_SIZE(caches))
		__sd_fail("model-limit", "more than {0:d} caches", ARRAY_SIZE(caches), 0, 0);
	nr_caches++;
	*cache = (struct kmem_cache){ name, size, align < 8 ? 8 : align, flags, ctor };
	return cache;
}

#ifdef SD_HAS_CACHE_ARGS
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args, slab_flags_t flags)
{
	return create(name, size, args->align, flags, args->ctor);
}
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags, void (*ctor)(void *))
{
	return create(name, size, align, flags, ctor);
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
					      unsigned int offset, unsigned int length, void (*ctor)(void *))
{
	return create(name, size, align, flags, ctor);
}
#endif

#ifdef SD_HAS_NOPROF
#define NAME(name) name##_noprof
#else
#define NAME(name) name
#endif

void *NAME(kmem_cache_alloc)(struct kmem_cache *cache, gfp_t flags)
{
	return allocate(cache, cache->size, cache->align, flags);
}

void *NAME(kmem_cache_alloc_lru)(struct kmem_cache *cache, struct list_lru *lru, gfp_t flags)
{
	return allocate(cache, cache->size, cache->align, flags);
}

int NAME(kmem_cache_alloc_bulk)(struct kmem_cache *cache, gfp_t flags, size_t n, void **p)
{
	size_t i;

	for (i = 0; i < n; i++) {
		p[i] = allocate(cache, cache->size, cache->align, flags);
		if (p[i])
			continue;
		while (i)
			release(p[--i]);
		return 0;
	}
	return (int)n;
}

void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	release(p);
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t n, void **p)
{
	size_t i;

	for (i = 0; i < n; i++)
		release(p[i]);
}

static void *sd_kmalloc(size_t size, gfp_t flags)
{
	return size ? allocate(NULL, size, 8, flags) : ZERO_SIZE_PTR;
}

#include "../real/kmalloc-names.h"

void kfree(const void *p)
{
	release(p);
}

void kvfree(const void *p)
{
	release(p);
}
