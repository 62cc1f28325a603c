// SPDX-License-Identifier: Apache-2.0
/* Compiled as one with the tree's kernel/fork.c: address spaces are made and copied by functions that are static there. */
#include <shootdown/has.h>
#include SD_FILE

struct mm_struct *sd_dup_mm(struct mm_struct *mm)
{
	return dup_mm(current, mm);
}

void sd_fork_init(void)
{
#ifdef SD_HAS_MM_CACHE_INIT
	mm_cache_init();
#endif
	proc_caches_init();
}
