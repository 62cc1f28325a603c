// SPDX-License-Identifier: Apache-2.0
/*
 * KVM's APIC page: an address in the VMCS that no shadow entry stands for, and that has to be loaded anew when the page moves.
 *
 * The processor compares what the guest accesses with the APIC-access address of its VMCS. That names a page of an ordinary shared mapping, which may
 * migrate, and KVM holds no reference of it. When the page goes, a notifier requests each vCPU to reload the address and makes it leave the guest; the
 * vCPU looks the page up before it enters again. A vCPU that runs with the address of a page that is free does not see its APIC there,
 * and may see one where somebody else's memory is: each entry of the guest counts as a read of the page that the VMCS names.
 *
 *   HOOK	what requests the reload:
 *		1 invalidate_page	4.4
 *		2 nothing		4.14.0 to 4.14.5, which lost it with invalidate_page
 *		3 range start		b1394e745b94: a vCPU may reload before the entry goes, and gets the old page again
 *		4 invalidate_range	e649b3f0188f: after the entry went. (So is range end, which calls it; KVM has this in no other place.)
 *   DESIGN	as in invalidate.c; kernels after 4.12 have what convert_all says
 *   SEED	1: no notifier is called
 */
// shootdown: --kernel 4.4
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

SD_PARAM(int, HOOK, 1);
SD_PARAM(int, DESIGN, 1);
SD_PARAM(int, SEED, 0);

static struct mm_struct *mm;
static struct file *file;
static unsigned long va;

static struct vcpu {
	struct mmu_notifier mn;
	struct page *apic_access_addr;	/* in the VMCS */
	unsigned long reload;		/* KVM_REQ_APIC_PAGE_RELOAD */
} vcpu;

/* kvm_make_all_cpus_request(): it returns when no vCPU is in the guest that has not seen the request. */
static void request_reload(int hook, unsigned long start, unsigned long end)
{
	if (hook != HOOK || va < start || va >= end)
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	vcpu.reload = 1;
	__sd_event("kick", "the vCPU is to reload the APIC page, and leaves the guest", 0, 0, 0);
	__sd_atomic_end();
}

static __maybe_unused void on_page(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	(void)mn;
	request_reload(1, start, end);
}

static void on_start(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	(void)mn;
	request_reload(3, start, end);
}

static void on_range(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	(void)mn;
	request_reload(4, start, end);
}

SD_ON_PAGE(kvm_mmu_notifier_invalidate_page, on_page)
SD_ON_START(kvm_mmu_notifier_invalidate_range_start, on_start)
SD_ON_RANGE(kvm_mmu_notifier_invalidate_range, on_range)

static const struct mmu_notifier_ops ops = {
	SD_PAGE_OPS(kvm_mmu_notifier_invalidate_page)
	.invalidate_range_start = kvm_mmu_notifier_invalidate_range_start,
	SD_RANGE_OPS(kvm_mmu_notifier_invalidate_range)
};

static void reload_apic_access_page(void)
{
	struct page *page;

	if (get_user_pages_unlocked(va, 1, &page, FOLL_WRITE) != 1)
		return;
	WRITE_ONCE(vcpu.apic_access_addr, page);
	put_page(page);
}

/* Into the guest, unless there is a request; it is taken back before it is served, so one that comes meanwhile is another. */
static void run_vcpu(void *unused)
{
	unsigned long reload;

	(void)unused;
	__sd_atomic_begin(SD_STEP, NULL);
	reload = vcpu.reload;
	if (reload)
		vcpu.reload = 0;
	else
		sd_entry_read("the vCPU", vcpu.apic_access_addr, mm, va);
	__sd_atomic_end();
	if (!reload)
		return;
	sd_enter_kernel();
	reload_apic_access_page();
	sd_leave_kernel();
}

void sd_show_more(void)
{
	__sd_event("show box devices and guests", "vCPU of {1:s}", (sd_u64)&vcpu, (sd_u64)mm->sd_name, 0);
	sd_show_holds(&vcpu.apic_access_addr, "APIC page {1:x}", mm, va, vcpu.apic_access_addr);
}

static void migrate(void *unused)
{
	(void)unused;
	soft_offline_page(sd_page_of(file, 0), 0);
}

void scenario(void)
{
	sd_design = DESIGN;
	mm = sd_mm("A");
	file = sd_file("file", 1);
	va = sd_mmap(mm, file, 1);
	sd_populate(mm, va);
	vcpu.mn.ops = &ops;
	if (!SEED)
		mmu_notifier_register(&vcpu.mn, mm);
	current->mm = mm;
	reload_apic_access_page();
	current->mm = NULL;
	sd_cpu_run(0, NULL, "migrate", migrate, NULL);
	sd_loop_thread(1, "vCPU", mm, run_vcpu, NULL);
}
