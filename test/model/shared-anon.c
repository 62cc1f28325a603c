// SPDX-License-Identifier: Apache-2.0
/* A page of anonymous memory is installed in another place as well, as fork does. MAPPED=0: where the scenario mapped nothing. */
// shootdown: -DMAPPED=1
#include <shootdown/scenario.h>

static struct mm_struct *parent, *child;
static unsigned long from, to;

static void fork(void *unused)
{
	spinlock_t *ptl;
	pte_t *dst = sd_pte_alloc(child, to), *src = pte_offset_map_lock(parent, mm_find_pmd(parent, from), from, &ptl), pte;

	pte = ptep_get(src);
	get_page(pte_page(pte));
	page_dup_rmap(pte_page(pte), false);
	ptep_set_wrprotect(parent, from, src);
	set_pte_at(child, to, dst, pte_wrprotect(pte));
	flush_tlb_mm(parent);
	pte_unmap_unlock(src, ptl);
}

static void user(void *unused)
{
	sd_user_write(from);
}

void scenario(void)
{
	parent = sd_mm("parent");
	child = sd_mm("child");
	from = sd_mmap(parent, NULL, 1);
	sd_populate(parent, from);
	to = sd_mmap(child, NULL, 1);
	if (!MAPPED)
		to += PMD_SIZE;
	sd_cpu_run(0, parent, "fork", fork, NULL);
	sd_cpu_run(1, parent, "user", user, NULL);
}
