/* SPDX-License-Identifier: Apache-2.0 */
static inline void step_never(struct vm_area_struct *vma)
{
	vma->vm_end = 0;
}

static inline void step_flush(struct vm_area_struct *vma, unsigned long va)
{
	int times = 0;

	if (va > 1)
		times++;
	if (va == 1)
		step_never(vma);
	flush_tlb_page(vma, va);
	flush_tlb_page(vma, va);
}
