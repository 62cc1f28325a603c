// SPDX-License-Identifier: Apache-2.0
/* A call names memory PAGES pages behind what it might: of one page, or of 2 MiB. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;
static void user(void *unused) { sd_user_write(va); }
static void other(void *unused) { sd_madvise(mm, va + PAGES * PAGE_SIZE, 1, MADV_DONTNEED); }
void scenario(void) { mm = sd_mm("A"); va = THP ? sd_mmap_thp(mm) : sd_mmap(mm, NULL, 1); sd_populate(mm, va); sd_user(0, mm, user, NULL); sd_cpu_run(1, mm, "other", other, NULL); }
