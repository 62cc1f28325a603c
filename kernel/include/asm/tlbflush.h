/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLB flushes of an address space. When one returns, every CPU in the mm's cpumask has dropped its entries in
 * the range (machine/tlb.c): the local one directly, others by IPI.
 */
#ifndef _ASM_TLBFLUSH_H
#define _ASM_TLBFLUSH_H

#include <linux/mm_types.h>

void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end);

#define TLB_FLUSH_ALL (~0UL)
#define flush_tlb_mm(mm) flush_tlb_mm_range(mm, 0, TLB_FLUSH_ALL)
#define flush_tlb_range(vma, start, end) flush_tlb_mm_range((vma)->vm_mm, start, end)
#define flush_tlb_page(vma, addr) flush_tlb_mm_range((vma)->vm_mm, addr, (addr) + PAGE_SIZE)

#endif
