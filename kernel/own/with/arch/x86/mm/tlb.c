// SPDX-License-Identifier: Apache-2.0
/*
 * Compiled as one with the tree's arch/x86/mm/tlb.c: what the CPU has is asked there by code that is patched at boot. With -DSD_PCID it has PCIDs; nothing else of
 * what is asked there.
 */
#include <asm/cpufeature.h>

#ifdef SD_PCID
#undef static_cpu_has
#define static_cpu_has(bit) ((bit) == X86_FEATURE_PCID)
#endif

#include SD_FILE
