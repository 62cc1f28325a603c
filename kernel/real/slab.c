// SPDX-License-Identifier: Apache-2.0
/*
 * slab.c - kmalloc and kfree of the real runtime.
 *
 * Objects come from one arena, each at a new address that is never used again: an access to a freed object is always seen,
 * and so is one that runs off the end, as no two objects touch. Memory that is not requested as zero is uninitialised until it is written.
 * Allocation succeeds: failing is a choice for scenarios that ask for it (sd_kmalloc_may_fail).
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "real.h"

#define SD_HEAP_BYTES (64 * 1024)
#define SD_HEAP_OBJECTS 32
#define SD_REDZONE 16

static unsigned long sd_heap[SD_HEAP_BYTES / sizeof(unsigned long)] __sd_arena;
static unsigned long sd_heap_used = SD_REDZONE;
static unsigned long sd_heap_objects;
static struct {
	unsigned long address, size;
} sd_heap_object[SD_HEAP_OBJECTS];

int sd_kmalloc_may_fail;

#ifdef SD_HAS_KMALLOC_CACHES_BY_TYPE
struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1];
#endif

static void *sd_kmalloc(size_t size, gfp_t flags)
{
	void *object;

	if (flags & __GFP_DIRECT_RECLAIM)
		sd_might_sleep();
	if (!size)
		return ZERO_SIZE_PTR;
	if (sd_allocation_fails(flags) || (sd_kmalloc_may_fail && __sd_choose(2)))
		return NULL;
	__sd_atomic_begin(SD_STEP, sd_heap);
	if (sd_heap_objects == SD_HEAP_OBJECTS || sd_heap_used + size + SD_REDZONE > sizeof(sd_heap))
		__sd_fail("model-limit", "the real runtime's heap is full after {0:d} objects", sd_heap_objects, 0, 0);
	object = (char *)sd_heap + sd_heap_used;
	sd_heap_object[sd_heap_objects].address = (unsigned long)object;
	sd_heap_object[sd_heap_objects].size = size;
	sd_heap_objects++;
	sd_heap_used += ALIGN(size + SD_REDZONE, SD_REDZONE);
	__sd_live(object, size, "kmalloc object");
	if (!(flags & __GFP_ZERO))
		__sd_uninit(object, size);
	__sd_atomic_end();
	return object;
}

void kfree(const void *object)
{
	unsigned long i;

	if (ZERO_OR_NULL_PTR(object))
		return;
	__sd_atomic_begin(SD_STEP, sd_heap);
	for (i = 0; i < sd_heap_objects; i++)
		if (sd_heap_object[i].address == (unsigned long)object)
			break;
	if (i == sd_heap_objects)
		__sd_fail("bad-free", "{0:p} is freed but was not allocated", (sd_u64)object, 0, 0);
	if (!sd_heap_object[i].size)
		__sd_fail("double-free", "{0:p} is freed twice", (sd_u64)object, 0, 0);
	__sd_dead((void *)object, sd_heap_object[i].size);
	sd_heap_object[i].size = 0;
	__sd_atomic_end();
}

void kvfree(const void *object)
{
	kfree(object);
}

#include "kmalloc-names.h"
