// SPDX-License-Identifier: Apache-2.0
/*
 * A guest writes to a page through its shadow entry while the host's CPU takes the page away. CALL: 0 MADV_DONTNEED,
 * 1 munmap(), 2 mremap(), 3 migrate_pages(), 4 mprotect().
 */
#include <shootdown/scenario.h>

#ifndef CALL
#define CALL 0
#endif

static struct mm_struct *mm;
static struct kvm *kvm;
static unsigned long va;

static void guest(void *unused)
{
	sd_guest_write(kvm, 0);
}

static void host(void *unused)
{
	switch (CALL) {
	case 0: sd_madvise(mm, va, 1, MADV_DONTNEED); break;
	case 1: sd_munmap(mm, va, 1); break;
	case 2: sd_mremap(mm, va, 1); break;
	case 3: sd_migrate(mm, va); break;
	case 4: sd_mprotect(mm, va, 1, false); break;
	}
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	kvm = sd_kvm("guest", mm, va, 1);
	sd_vcpu(0, kvm, guest, NULL);
	sd_cpu_run(1, mm, "host", host, NULL);
}
