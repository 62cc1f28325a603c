// SPDX-License-Identifier: Apache-2.0
/*
 * The small pages of 2 MiB are collapsed into a transparent huge page. WHO is at the one that is there meanwhile: 0 another thread of
 * the process writes, 1 a guest writes through its shadow entry, 2 another thread looks it up without locks (GUP-fast) and a device
 * writes to what it got, 3 another thread writes and reads, and faults if it has to. With ZAP the huge page is dropped after that
 * (MADV_DONTNEED), and with it the table that was deposited. With LOOK the thread that has collapsed them reads what is there then.
 */
#include <shootdown/scenario.h>

#ifndef WHO
#define WHO 0
#endif
#ifndef LOOK
#define LOOK 0
#endif
#ifndef ZAP
#define ZAP 0
#endif

static struct mm_struct *mm;
static struct kvm *kvm;
static unsigned long va;

static void user(void *unused)
{
	sd_user_write_mapped(va);
}

static void faulting(void *unused)
{
	sd_user_write(va);
	sd_user_read(va);
}

static void guest(void *unused)
{
	sd_guest_write(kvm, 0);
}

static void look_up(void *unused)
{
	struct page *page = sd_gup_fast(va, true, true);

	if (!page)
		return;
	if (!ZAP)
		sd_entry_write("device", page, mm, va);
	sd_gup_put(page, true);
}

static void collapse(void *unused)
{
	if (!sd_collapse(mm, va) && ZAP)
		sd_madvise(mm, va, HPAGE_PMD_NR, MADV_DONTNEED);
	if (LOOK)
		sd_user_read(va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap_collapsible(mm);
	sd_populate(mm, va);
	switch (WHO) {
	case 0:
		sd_cpu_run(0, mm, "user", user, NULL);
		break;
	case 1:
		kvm = sd_kvm("guest", mm, va, 1);
		sd_cpu_run(0, mm, "vCPU", guest, NULL);
		break;
	case 3:
		sd_cpu_run(0, mm, "user", faulting, NULL);
		break;
	case 2:
		sd_cpu_run(0, mm, "look up", look_up, NULL);
		break;
	}
	sd_cpu_run(1, mm, "collapse", collapse, NULL);
}
