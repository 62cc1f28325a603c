/* TLB program 7 of seed 21, made smaller. sets of translations lost-write, naive none */
#include <linux/highmem.h>
#include <shootdown/scenario.h>
unsigned long va;
static void user0(void *unused)
{
	sd_user_write(va);
}
static void change(void *arg)
{
	struct mm_struct *mm = arg;
	unsigned long addr = va;
	struct vm_area_struct *vma = find_vma(mm, addr);
	pmd_t *pmd = mm_find_pmd(mm, addr);
	spinlock_t *ptl = pte_lockptr(mm, pmd);
	pte_t *ptep = pte_offset_map(pmd, addr), entry = ptep_get(ptep);
	struct page *old = pte_page(entry);
	spin_lock(ptl);
	entry = ptep_get_and_clear(mm, addr, ptep);
	spin_unlock(ptl);
	flush_tlb_page(vma, addr);
	page_remove_rmap(old, false); put_page(old);
}
void scenario(void)
{
	struct mm_struct *mm = sd_mm("A");
	struct file *file = NULL;

	va = sd_mmap(mm, file, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "user0", user0, NULL);
	sd_cpu_run(1, mm, "change", change, mm);
}
