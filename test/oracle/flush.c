// SPDX-License-Identifier: Apache-2.0
/*
 * A page of anonymous memory is taken away from its user, and the TLB flush is left out unless -DGOOD.
 * -DMOVE: its contents go to another page, else they are dropped. -DREAD: the user reads only; -DKEEP: once, before the page is freed.
 * -DREUSE: the page is given to a file.
 */
#include <linux/completion.h>
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static struct file *file;
static unsigned long va;
static DECLARE_COMPLETION(done);

static void once(void *arg)
{
	sd_user_read(va);
	complete(&done);
}

static void user(void *arg)
{
#ifdef READ
	sd_user_read(va);
#else
	sd_user_write(va);
#endif
}

static void take(void *arg)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	pte_t *ptep = sd_pte_alloc(mm, va), pte;
	spinlock_t *ptl = &virt_to_page(ptep)->ptl;
	struct page *page, *new = NULL;
#ifdef MOVE
	unsigned int word;

	new = alloc_page(GFP_KERNEL);
#endif
	spin_lock(ptl);
	__sd_atomic_begin(SD_STEP, NULL);
	pte = ptep_get_and_clear(mm, va, ptep);
#ifndef MOVE
	sd_data_drop(pte_page(pte));
#endif
	__sd_atomic_end();
#ifdef GOOD
	flush_tlb_page(vma, va);
#endif
	page = pte_page(pte);
	atomic_dec(&page->_mapcount);
#ifdef MOVE
	new->mapping = page->mapping;
	new->index = page->index;
	for (word = 0; word < SD_WORDS; word++) {
		__sd_atomic_begin(SD_STEP, NULL);
		sd_data_copy(new, page, word);
#ifndef READ
		if (word == SD_WORDS - 1)
			sd_data_moved(page, "move");
#endif
		__sd_atomic_end();
	}
#ifdef READ
	/* What is written from now on is in the new page alone. */
	__sd_atomic_begin(SD_STEP, NULL);
	sd_data_access(new, 0, sd_upages[0].location, true, "the kernel", va);
	__sd_atomic_end();
#endif
	atomic_inc(&new->_mapcount);
	set_pte_at(mm, va, ptep, pte_mkdirty(pte_mkyoung(mk_pte(new, vma->vm_page_prot))));
#endif
	spin_unlock(ptl);
#ifdef REUSE
	page->mapping = NULL;
	BUG_ON(add_to_page_cache(page, file->f_mapping, 0));
	unlock_page(page);
#endif
#ifdef KEEP
	/* Not before the user is done with it. */
	wait_for_completion(&done);
#endif
	put_page(page);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	file = sd_file("file", 1);
	sd_populate(mm, va);
#ifdef KEEP
	sd_cpu_run(0, mm, "once", once, NULL);
#else
	sd_user(0, mm, user, NULL);
#endif
	sd_cpu_run(1, NULL, "take", take, NULL);
}
