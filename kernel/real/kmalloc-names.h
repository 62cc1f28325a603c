/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kmalloc-names.h - the functions to which kmalloc() and its like come in the tree's headers, each one call of sd_kmalloc(size, flags). An allocator of
 * ours includes this behind its own.
 */
#ifdef SD_HAS_KMALLOC_TRACE
void *kmalloc_trace(struct kmem_cache *cache, gfp_t flags, size_t size)
{
	return sd_kmalloc(size, flags);
}
#endif

#ifdef SD_HAS_KMALLOC_CACHE_NOPROF
void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t size)
{
	return sd_kmalloc(size, flags);
}
#endif

#ifdef SD_HAS_KMALLOC_NOPROF
void *__kmalloc_noprof(size_t size, gfp_t flags)
{
	return sd_kmalloc(size, flags);
}

void *__kmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t flags, int node)
{
	return sd_kmalloc(size, flags);
}

void *__kvmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t flags, int node)
{
	return sd_kmalloc(size, flags);
}

void *__kmalloc_node_track_caller_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t flags, int node, unsigned long caller)
{
	return sd_kmalloc(size, flags);
}
#else
void *__kmalloc(size_t size, gfp_t flags)
{
	return sd_kmalloc(size, flags);
}

void *__kmalloc_node(size_t size, gfp_t flags, int node)
{
	return sd_kmalloc(size, flags);
}

void *kvmalloc_node(size_t size, gfp_t flags, int node)
{
	return sd_kmalloc(size, flags);
}

void *__kmalloc_node_track_caller(size_t size, gfp_t flags, int node, unsigned long caller)
{
	return sd_kmalloc(size, flags);
}
#endif
