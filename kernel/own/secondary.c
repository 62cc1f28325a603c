// SPDX-License-Identifier: Apache-2.0
/*
 * secondary.c - what has translations of its own, kept right by MMU notifiers only: a virtual machine, and a device
 * that walks the CPU's page tables.
 *
 * A virtual machine has shadow entries, made by its vCPUs' faults from get_user_pages() and removed by
 * invalidate_range_start, under one lock, with a count of invalidations under way and a sequence, as KVM has them. An
 * entry holds no reference to its page. The guest uses shadow entries at any time, and removed ones until the flush,
 * which is one operation.
 *
 * A device (SVA) translates as a CPU does, with a TLB of its own (tlb.c), which only its notifier flushes: the callback
 * for secondary TLBs. Its faults are served by a kernel thread.
 */
#include "own.h"

#define GUEST_PAGES SD_UPAGES
#define SPTE_PRESENT 0x100UL
#define SPTE_WRITABLE 0x200UL
#define SPTE_FRAME 0xffUL

struct kvm {
	struct mmu_notifier mn;
	struct mm_struct *mm;
	const char *name;
	unsigned long va;		/* of guest page 0 */
	unsigned long nr;
	spinlock_t mmu_lock;
	long in_progress;
	unsigned long seq;
	unsigned long spte[GUEST_PAGES];	/* frame and permission, or 0 */
	unsigned long cached[GUEST_PAGES];	/* removed, and not flushed yet */
};

static struct kvm kvms[2];
static int nr_kvms;

static void kick_and_flush(struct kvm *kvm)
{
	unsigned long gfn;

	__sd_atomic_begin(SD_STEP, NULL);
	for (gfn = 0; gfn < kvm->nr; gfn++)
		kvm->cached[gfn] = 0;
	__sd_event("flush", "vCPUs of {0:s} are kicked and flush", (sd_u64)kvm->name, 0, 0);
	__sd_atomic_end();
}

static bool zap(struct kvm *kvm, unsigned long start, unsigned long end)
{
	bool flush = false;
	unsigned long gfn;

	for (gfn = 0; gfn < kvm->nr; gfn++) {
		unsigned long hva = kvm->va + gfn * PAGE_SIZE;

		if (hva + PAGE_SIZE <= start || hva >= end)
			continue;
		__sd_atomic_begin(SD_STEP, NULL);
		if (kvm->spte[gfn]) {
			kvm->cached[gfn] = kvm->spte[gfn];
			kvm->spte[gfn] = 0;
			flush = true;
			__sd_event("zap", "shadow entry of guest page {0:d} of {1:s} removed", gfn, (sd_u64)kvm->name, 0);
		}
		__sd_atomic_end();
	}
	return flush;
}

static int kvm_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct kvm *kvm = container_of(mn, struct kvm, mn);

	spin_lock(&kvm->mmu_lock);
	kvm->in_progress++;
	if (zap(kvm, range->start, range->end))
		kick_and_flush(kvm);
	spin_unlock(&kvm->mmu_lock);
	return 0;
}

static void kvm_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct kvm *kvm = container_of(mn, struct kvm, mn);

	spin_lock(&kvm->mmu_lock);
	WRITE_ONCE(kvm->seq, kvm->seq + 1);
	if (--kvm->in_progress < 0)
		__sd_fail("bug-on", "an invalidation of {0:s} ends that has not begun", (sd_u64)kvm->name, 0, 0);
	spin_unlock(&kvm->mmu_lock);
}

static void kvm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct kvm *kvm = container_of(mn, struct kvm, mn);

	spin_lock(&kvm->mmu_lock);
	if (zap(kvm, 0, ~0UL))
		kick_and_flush(kvm);
	spin_unlock(&kvm->mmu_lock);
}

static const struct mmu_notifier_ops kvm_ops = {
	.release = kvm_release,
	.invalidate_range_start = kvm_start,
	.invalidate_range_end = kvm_end,
};

/* A read is served with what is there, also if that may not be written to. */
static bool guest_fault(struct kvm *kvm, unsigned long gfn, bool write)
{
	unsigned long seq = READ_ONCE(kvm->seq);
	struct page *page;
	long n;

	smp_rmb();
	n = get_user_pages_unlocked(kvm->va + gfn * PAGE_SIZE, 1, &page, write ? FOLL_WRITE : 0);
	if (SD_FAILURES && n == -ENOMEM)
		return true;	/* user space is told, and runs the vCPU again */
	if (n != 1)
		return false;
	spin_lock(&kvm->mmu_lock);
	if (!kvm->in_progress && seq == kvm->seq) {
		__sd_atomic_begin(SD_STEP, NULL);
		kvm->spte[gfn] = (unsigned long)sd_frame(page) | SPTE_PRESENT | (write ? SPTE_WRITABLE : 0);
		__sd_event("spte", write ? "shadow entry of guest page {0:d} of {1:s}: {2:p}" : "shadow entry of guest page {0:d} of {1:s}: {2:p} (read-only)",
			   gfn, (sd_u64)kvm->name, (sd_u64)sd_mem[sd_frame(page)]);
		__sd_atomic_end();
	}
	spin_unlock(&kvm->mmu_lock);
	put_page(page);
	return true;
}

static void guest_access(struct kvm *kvm, unsigned long first, unsigned int nr, bool write)
{
	for (;;) {
		unsigned long gfn = first, entry, cached;
		bool served, allowed;

		__sd_atomic_begin(SD_STEP, NULL);
		if (nr > 1)
			gfn += (unsigned long)__sd_choose((int)nr);
		if (gfn >= kvm->nr)
			__sd_fail("scenario", "{0:s} has no guest page {1:d}", (sd_u64)kvm->name, gfn, 0);
		entry = kvm->spte[gfn];
		cached = kvm->cached[gfn];
		if (cached && cached != entry && __sd_choose(2)) {
			entry = cached;
			__sd_event("stale", "{0:s} uses the shadow entry of guest page {1:d} that was removed in {2:w}", (sd_u64)kvm->name, gfn,
				   (sd_u64)&kvm->cached[gfn]);
			__sd_event("missing flush", "The vCPUs of {0:s} have not been kicked since", (sd_u64)kvm->name, 0, 0);
		} else {
			__sd_event("stale", "{0:s} uses its shadow entry of guest page {1:d}, made in {2:w}", (sd_u64)kvm->name, gfn,
				   (sd_u64)&kvm->spte[gfn]);
			__sd_event("missing notifier", "No notifier call for {0:x} has removed it since", kvm->va + gfn * PAGE_SIZE, 0, 0);
		}
		allowed = entry && (!write || (entry & SPTE_WRITABLE));
		if (allowed)
			sd_contents_access(kvm->name, sd_upage_at(kvm->mm, kvm->va + gfn * PAGE_SIZE), (int)(entry & SPTE_FRAME), write);
		__sd_atomic_end();
		if (allowed)
			return;
		__sd_busy(1);
		served = guest_fault(kvm, gfn, write);
		__sd_busy(0);
		if (!served)
			sd_wait_for_ever();	/* as after KVM_EXIT_MMIO: nothing is there any more */
	}
}

void sd_guest_write(struct kvm *kvm, unsigned long gfn)
{
	guest_access(kvm, gfn, 1, true);
}

void sd_guest_read(struct kvm *kvm, unsigned long gfn)
{
	guest_access(kvm, gfn, 1, false);
}

void sd_guest_write_any(struct kvm *kvm, unsigned long gfn, unsigned int nr)
{
	guest_access(kvm, gfn, nr, true);
}

struct kvm *sd_kvm(const char *name, struct mm_struct *mm, unsigned long va, unsigned int nr_pages)
{
	struct kvm *kvm = &kvms[nr_kvms];

	if (nr_kvms == ARRAY_SIZE(kvms) || nr_pages > GUEST_PAGES)
		__sd_fail("model-limit", "more than {0:d} virtual machines, or more than {1:d} guest pages", ARRAY_SIZE(kvms), GUEST_PAGES, 0);
	nr_kvms++;
	*kvm = (struct kvm){ .mm = mm, .name = name, .va = va, .nr = nr_pages };
	spin_lock_init(&kvm->mmu_lock);
	kvm->mn.ops = &kvm_ops;
	__sd_event("name", "{1:s}", (sd_u64)kvm, (sd_u64)name, 0);
	if (mmu_notifier_register(&kvm->mn, mm))
		__sd_fail("scenario", "mmu_notifier_register() fails", 0, 0, 0);
	return kvm;
}

/* For sd_show(). A shadow entry is stale if the tables lead elsewhere. */
static void show_shadow(const unsigned long *where, const char *what, struct mm_struct *mm, unsigned long va)
{
	int i, frame = (int)(*where & SPTE_FRAME);
	unsigned long leaf = 0;

	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].mm == mm && sd_upages[i].va == va)
			leaf = sd_walk(&sd_upages[i], false);
	__sd_event("show part", what, (sd_u64)where, va, 0);
	if (!*where)
		__sd_event("show value", "none", 0, 0, 0);
	else
		__sd_event(leaf && sd_leaf_frame(leaf) == frame ? "show value" : "show stale", *where & SPTE_WRITABLE ? "{0:p} (rw)" : "{0:p} (read-only)",
			   (sd_u64)sd_mem[frame], 0, 0);
}

void sd_show_guests(void)
{
	struct kvm *kvm;
	unsigned long gfn;

	for (kvm = kvms; kvm < kvms + nr_kvms; kvm++) {
		__sd_event("show box devices and guests", "{1:s}, a guest of {2:p}", (sd_u64)kvm, (sd_u64)kvm->name, (sd_u64)kvm->mm);
		for (gfn = 0; gfn < kvm->nr; gfn++) {
			show_shadow(&kvm->spte[gfn], "shadow entry of {1:x}", kvm->mm, kvm->va + gfn * PAGE_SIZE);
			if (kvm->cached[gfn])
				show_shadow(&kvm->cached[gfn], "removed, not flushed: {1:x}", kvm->mm, kvm->va + gfn * PAGE_SIZE);
		}
	}
}

void sd_vcpu(int cpu, struct kvm *kvm, void (*fn)(void *arg), void *arg)
{
	sd_user(cpu, kvm->mm, fn, arg);
}

/* --- a device that walks the CPU's page tables --- */

struct sd_device {
	struct mmu_notifier mn;
	struct mm_struct *mm;
	int walker;
};

static struct sd_device devices[SD_DEVICES];
static int nr_devices;

void sd_device_flush(struct sd_device *dev, unsigned long start, unsigned long end)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_tlb_drop(dev->walker, start, end);
	__sd_event("flush", "{0:s} drops its translations of {1:x}-{2:x}", (sd_u64)sd_walker_names[dev->walker], start, end);
	__sd_atomic_end();
}

static void device_flush(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start, unsigned long end)
{
	sd_device_flush(container_of(mn, struct sd_device, mn), start, end);
}

void sd_device_detach(struct sd_device *dev)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_tlb_drop(dev->walker, 0, ~0UL);
	sd_cr3[dev->walker] = 0;
	__sd_atomic_end();
}

static void device_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sd_device_detach(container_of(mn, struct sd_device, mn));
}

static const struct mmu_notifier_ops device_ops = {
	.release = device_release,
#ifdef SD_HAS_SECONDARY_TLBS
	.arch_invalidate_secondary_tlbs = device_flush,
#else
	.invalidate_range = device_flush,
#endif
};

struct sd_device *sd_device_alone(const char *name, struct mm_struct *mm)
{
	struct sd_device *dev = &devices[nr_devices];

	if (nr_devices == SD_DEVICES)
		__sd_fail("model-limit", "the scenario has more devices than SD_DEVICES, which is {0:d}", SD_DEVICES, 0, 0);
	dev->walker = SD_CPUS + nr_devices++;
	dev->mm = mm;
	dev->mn.ops = &device_ops;
	sd_walker_names[dev->walker] = name;
	sd_cr3[dev->walker] = (unsigned long)sd_frame_at(__pa(mm->pgd) >> PAGE_SHIFT);
	return dev;
}

struct sd_device *sd_device(const char *name, struct mm_struct *mm)
{
	struct sd_device *dev = sd_device_alone(name, mm);

	if (mmu_notifier_register(&dev->mn, mm))
		__sd_fail("scenario", "mmu_notifier_register() fails", 0, 0, 0);
	return dev;
}

/* The thread is what the device does, and the kernel thread that serves its faults. */
void sd_device_run(struct sd_device *dev, void (*fn)(void *arg), void *arg)
{
	sd_daemon(SD_CPUS - 1 - (dev->walker - SD_CPUS), NULL, sd_walker_names[dev->walker], fn, arg);
}

static void device_access(struct sd_device *dev, unsigned long va, unsigned int nr, bool write)
{
	for (;;) {
		unsigned long leaf = 0;
		bool served;
		int upage;

		__sd_atomic_begin(SD_STEP, NULL);
		upage = sd_upage_at(dev->mm, va);
		if (nr > 1)
			upage += __sd_choose((int)nr);
		if (!sd_cr3[dev->walker])
			__sd_block();	/* the address space is gone, and it was told so */
		leaf = sd_translate(dev->walker, upage, write);
		if (leaf)
			sd_contents_access(sd_walker_names[dev->walker], upage, sd_leaf_frame(leaf), write);
		__sd_atomic_end();
		if (leaf)
			return;
		__sd_busy(1);
		served = mmget_not_zero(dev->mm);
		if (served) {
			served = sd_fault(&sd_upages[upage], write);
			mmput(dev->mm);
		}
		__sd_busy(0);
		if (!served)
			sd_wait_for_ever();
	}
}

bool sd_device_write_mapped(struct sd_device *dev, unsigned long va)
{
	unsigned long leaf = 0;
	int upage;

	__sd_atomic_begin(SD_STEP, NULL);
	upage = sd_upage_at(dev->mm, va);
	if (sd_cr3[dev->walker])
		leaf = sd_translate(dev->walker, upage, true);
	if (leaf)
		sd_contents_access(sd_walker_names[dev->walker], upage, sd_leaf_frame(leaf), true);
	__sd_atomic_end();
	return leaf;
}

void sd_device_write(struct sd_device *dev, unsigned long va)
{
	device_access(dev, va, 1, true);
}

void sd_device_read(struct sd_device *dev, unsigned long va)
{
	device_access(dev, va, 1, false);
}

void sd_device_write_any(struct sd_device *dev, unsigned long va, unsigned int nr)
{
	device_access(dev, va, nr, true);
}
