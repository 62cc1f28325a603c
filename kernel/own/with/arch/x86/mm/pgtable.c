// SPDX-License-Identifier: Apache-2.0
/* Compiled as one with the tree's arch/x86/mm/pgtable.c: which way a table is freed is static there, and asks for PARAVIRT. */
#include <shootdown/has.h>
#include <linux/mm.h>
#include <asm/tlb.h>

#ifdef SD_FLUSH_WITHOUT_INTERRUPTS
#define tlb_remove_page(tlb, table) tlb_remove_table(tlb, table)
#endif

#include SD_FILE
