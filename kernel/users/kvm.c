// SPDX-License-Identifier: Apache-2.0
/*
 * kvm.c - a kvm-like secondary MMU: shadow entries made by the vCPU's faults, removed by the MMU notifier.
 *
 * Shadow entries, count and sequence change under mmu_lock. They hold no reference of the page: a fault takes one only until it
 * has made its entry. A fault that saw the page before an invalidation makes no entry after it: while count is not 0, or when
 * the sequence has moved since the fault began, it starts again.
 * The guest uses shadow entries at any time, without a lock, and may use a removed one until the flush (kvm_flush_remote_tlbs).
 * -DSD_KVM_NO_RETRY leaves the check out.
 */
#include <linux/kvm_host.h>
#include <shootdown/mirror.h>
#include <shootdown/scenario.h>

#ifndef SD_MAX_KVM
#define SD_MAX_KVM 3
#endif

static struct kvm kvms[SD_MAX_KVM];
static int nr_kvms;

/* Kicks every vCPU out of the guest: none uses a removed entry afterwards. */
void __weak kvm_flush_remote_tlbs(struct kvm *kvm)
{
	unsigned long gfn;

	__sd_atomic_begin(SD_STEP, NULL);
	for (gfn = 0; gfn < kvm->npages; gfn++)
		kvm->sd_guest_tlb[gfn] = 0;
	__sd_event("flush", "vCPUs of {0:s} are kicked and flush", (sd_u64)kvm->sd_name, 0, 0);
	__sd_atomic_end();
}

static bool zap(struct kvm *kvm, unsigned long gfn)
{
	bool zapped = false;

	__sd_atomic_begin(SD_STEP, NULL);
	if (kvm->spte[gfn]) {
		kvm->sd_guest_tlb[gfn] = kvm->spte[gfn];
		kvm->spte[gfn] = 0;
		zapped = true;
		__sd_event("zap", "shadow entry of guest page {0:d} of {1:s} removed", gfn, (sd_u64)kvm->sd_name, 0);
	}
	__sd_atomic_end();
	return zapped;
}

static bool kvm_unmap_hva_range(struct kvm *kvm, unsigned long start, unsigned long end)
{
	unsigned long gfn;
	bool flush = false;

	for (gfn = 0; gfn < kvm->npages; gfn++) {
		unsigned long hva = kvm->userspace_addr + (gfn << kvm->page_shift) + kvm->sd_piece;

		if (hva < end && hva + kvm->sd_piece_size > start)
			flush |= zap(kvm, gfn);
		else if (kvm->sd_thp && (hva & HPAGE_MASK) < end && (hva & HPAGE_MASK) + HPAGE_SIZE > start && (READ_ONCE(kvm->spte[gfn]) & _PAGE_PSE))
			flush |= zap(kvm, gfn);
	}
	return flush;
}

static void invalidate_start(struct kvm *kvm, unsigned long start, unsigned long end)
{
	spin_lock(&kvm->mmu_lock);
	kvm->mmu_notifier_count++;
	if (kvm_unmap_hva_range(kvm, start, end))
		kvm_flush_remote_tlbs(kvm);
	spin_unlock(&kvm->mmu_lock);
}

static void invalidate_end(struct kvm *kvm)
{
	spin_lock(&kvm->mmu_lock);
	/* A fault that missed the removal must see the sequence move before the count drops. */
	WRITE_ONCE(kvm->mmu_notifier_seq, (READ_ONCE(kvm->mmu_notifier_seq) + 1) & SD_SEQ_MASK);
	smp_wmb();
	kvm->mmu_notifier_count--;
	BUG_ON(kvm->mmu_notifier_count < 0);
	spin_unlock(&kvm->mmu_lock);
}

#define mn_to_kvm(mn) container_of(mn, struct kvm, mmu_notifier)

static void invalidate_range_start(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	invalidate_start(mn_to_kvm(mn), start, end);
}

static void invalidate_range_end(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	(void)start, (void)end;
	invalidate_end(mn_to_kvm(mn));
}

/* One page only: its callers have no range. The sequence moves, so a fault under way starts again. */
static __maybe_unused void invalidate_now(struct mmu_notifier *mn, unsigned long start, unsigned long end)
{
	struct kvm *kvm = mn_to_kvm(mn);

	spin_lock(&kvm->mmu_lock);
	WRITE_ONCE(kvm->mmu_notifier_seq, (READ_ONCE(kvm->mmu_notifier_seq) + 1) & SD_SEQ_MASK);
	if (kvm_unmap_hva_range(kvm, start, end))
		kvm_flush_remote_tlbs(kvm);
	spin_unlock(&kvm->mmu_lock);
}

SD_ON_PAGE(kvm_mmu_notifier_invalidate_page, invalidate_now)
SD_ON_START(kvm_mmu_notifier_invalidate_range_start, invalidate_range_start)
SD_ON_END(kvm_mmu_notifier_invalidate_range_end, invalidate_range_end)

static const struct mmu_notifier_ops kvm_mmu_notifier_ops = {
	SD_PAGE_OPS(kvm_mmu_notifier_invalidate_page)
	.invalidate_range_start = kvm_mmu_notifier_invalidate_range_start,
	.invalidate_range_end = kvm_mmu_notifier_invalidate_range_end,
};

/* Part of a huge page, and nothing has split it since we looked (transparent_hugepage_adjust): then one entry is for all of it. */
static void install(struct kvm *kvm, unsigned long gfn, struct page *page)
{
	u64 bits = _PAGE_PRESENT | _PAGE_RW;
	unsigned long i;

	if (!kvm->sd_thp || !PageTransCompound(page)) {
		WRITE_ONCE(kvm->spte[gfn], page_to_phys(page) | bits);
		return;
	}
	__sd_atomic_begin(SD_STEP, NULL);
	for (i = 0; i < kvm->npages; i++)
		kvm->spte[i] = page_to_phys(page - gfn + i) | bits | _PAGE_PSE;
	__sd_event("spte", "{0:s} maps the huge page with one shadow entry", (sd_u64)kvm->sd_name, 0, 0);
	__sd_atomic_end();
}

/* The guest touched a page that has no shadow entry. 0 also if the fault has to be taken again. -EHWPOISON: the memory failed, and the vCPU gets SIGBUS. */
int __weak kvm_mmu_page_fault(struct kvm *kvm, unsigned long gfn)
{
	unsigned long mmu_seq = READ_ONCE(kvm->mmu_notifier_seq);
	struct page *page;
	long got;

	smp_rmb();
	got = get_user_pages_unlocked(kvm->userspace_addr + (gfn << kvm->page_shift) + kvm->sd_piece, 1, &page, FOLL_WRITE);
	if (got != 1)
		return (int)got;
	__sd_event("value", "{1:p} (rw)", page_to_phys(page) | _PAGE_PRESENT | _PAGE_RW, (sd_u64)page, 0);
	spin_lock(&kvm->mmu_lock);
#ifndef SD_KVM_NO_RETRY
	if (!mmu_notifier_retry(kvm, mmu_seq))
#endif
		install(kvm, gfn, page);
	spin_unlock(&kvm->mmu_lock);
	put_page(page);
	(void)mmu_seq;
	return 0;
}

/* One access of the guest: through the shadow entry, or through a removed one that it has still cached. */
static void guest_access(struct kvm *kvm, unsigned long first, unsigned int nr, bool write)
{
	for (;;) {
		unsigned long gfn = first;
		struct sd_upage *up;
		u64 entry, cached;
		int failed;

		__sd_atomic_begin(SD_STEP, NULL);
		if (nr > 1)
			gfn += (unsigned long)__sd_choose((int)nr);
		up = &sd_upages[sd_find_upage(kvm->mm, kvm->userspace_addr + (gfn << kvm->page_shift))];
		entry = kvm->spte[gfn];
		cached = kvm->sd_guest_tlb[gfn];
		if (cached && cached != entry && __sd_choose(2)) {
			__sd_event("tlb-use", "{0:s} still has guest page {1:d} cached", (sd_u64)kvm->sd_name, gfn, 0);
			__sd_event("stale", "{0:s} uses the shadow entry of guest page {1:d} that was removed in {2:w}",
				   (sd_u64)kvm->sd_name, gfn, (sd_u64)&kvm->sd_guest_tlb[gfn]);
			__sd_event("missing flush", "The vCPUs of {0:s} have not been kicked since", (sd_u64)kvm->sd_name, 0, 0);
			entry = cached;
		} else {
			__sd_event("stale", "{0:s} uses its shadow entry of guest page {1:d}, made in {2:w}", (sd_u64)kvm->sd_name, gfn,
				   (sd_u64)&kvm->spte[gfn]);
			__sd_event("missing notifier", "No notifier call for {0:x} of {1:s} has removed it since", up->va,
				   (sd_u64)kvm->mm->sd_name, 0);
		}
#ifdef SD_INFLIGHT
		__sd_atomic_end();
		__sd_atomic_begin(SD_STEP, NULL);
#endif
		if (entry)
			sd_data_access(pfn_to_page((entry & PTE_PFN_MASK) >> PAGE_SHIFT), 0, up->location, write, kvm->sd_name, up->va);
		__sd_atomic_end();
		if (entry)
			return;
		sd_enter_kernel();
		failed = kvm_mmu_page_fault(kvm, gfn);
		if (failed && failed != -EHWPOISON)
			__sd_fail("sigbus", "the guest fault of {0:s} at page {1:d} fails", (sd_u64)kvm->sd_name, gfn, 0);
		sd_leave_kernel();
		if (failed)
			return;
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

	if (nr_kvms >= SD_MAX_KVM || nr_pages > SD_KVM_PAGES)
		__sd_fail("model-limit", "the scenario has more guests than SD_MAX_KVM, which is {0:d}, or more pages in one than "
			  "SD_KVM_PAGES, which is {1:d}", SD_MAX_KVM, SD_KVM_PAGES, 0);
	nr_kvms++;
	kvm->sd_name = name;
	__sd_event("name", "{1:s}", (sd_u64)kvm, (sd_u64)name, 0);
	kvm->mm = mm;
	kvm->userspace_addr = va;
	kvm->npages = nr_pages;
	kvm->page_shift = (unsigned int)__builtin_ctzl(sd_upages[sd_find_upage(mm, va)].size);
	kvm->sd_piece_size = 1UL << kvm->page_shift;
	kvm->mmu_notifier.ops = &kvm_mmu_notifier_ops;
	sd_mirror_listen(&kvm->mmu_notifier, mm);
	return kvm;
}

void sd_kvm_final(void)
{
	int i;

	for (i = 0; i < nr_kvms; i++)
		if (kvms[i].mmu_notifier_count)
			__sd_fail("notifier-unpaired", "at the end {0:s} waits for {1:d} range ends: its faults never end",
				  (sd_u64)kvms[i].sd_name, (sd_u64)kvms[i].mmu_notifier_count, 0);
}

/* For sd_show(). */
void sd_show_guests(void)
{
	unsigned long gfn;
	struct kvm *kvm;

	for (kvm = kvms; kvm < kvms + nr_kvms; kvm++) {
		__sd_event("show box devices and guests", "{1:s}, a guest of {2:s}", (sd_u64)kvm, (sd_u64)kvm->sd_name, (sd_u64)kvm->mm->sd_name);
		for (gfn = 0; gfn < kvm->npages; gfn++) {
			unsigned long va = kvm->userspace_addr + (gfn << kvm->page_shift);
			u64 entry = kvm->spte[gfn], cached = kvm->sd_guest_tlb[gfn];

			sd_show_holds(&kvm->spte[gfn], "shadow entry of {1:x}", kvm->mm, va, entry ? pfn_to_page((entry & PTE_PFN_MASK) >> PAGE_SHIFT) : NULL);
			if (!cached)
				continue;
			__sd_event("show part", "removed, not flushed: {1:x}", (sd_u64)&kvm->sd_guest_tlb[gfn], va, 0);
			sd_show_entry(cached, true, true);
		}
	}
}

void sd_vcpu(int cpu, struct kvm *kvm, void (*fn)(void *arg), void *arg)
{
	sd_loop_thread(cpu, kvm->sd_name, kvm->mm, fn, arg);
}

/* As a mirror: page i is guest page i. A huge page held in pieces is one that the guest maps with 4 KiB shadow entries. */
static struct sd_mirror kvm_mirrors[SD_MAX_KVM];

static struct sd_mirror *kvm_attach(const struct sd_mirror *what)
{
	struct sd_mirror *m = &kvm_mirrors[nr_kvms];
	struct kvm *kvm = sd_kvm(what->name, what->mm, what->va[0], what->nr);

	*m = *what;
	m->ops = &sd_kvm_mirror;
	kvm->sd_piece = what->piece;
	kvm->sd_thp = !what->pieces && find_vma(what->mm, what->va[0])->sd_thp;
	kvm->sd_piece_size = what->piece_size;
	return m;
}

static bool kvm_access(struct sd_mirror *m, unsigned int gfn)
{
	struct kvm *kvm = &kvms[m - kvm_mirrors];
	u64 entry = kvm->spte[gfn], cached = kvm->sd_guest_tlb[gfn];

	if (cached && cached != entry && __sd_choose(2))
		entry = cached;
	if (entry)
		sd_mirror_write(m, gfn, pfn_to_page((entry & PTE_PFN_MASK) >> PAGE_SHIFT));
	return entry != 0;
}

static void kvm_fault(struct sd_mirror *m, unsigned int gfn)
{
	int failed;

	current->mm = m->mm;
	sd_direct_reclaim();	/* page-table caches are filled before mmu_lock is taken */
	failed = kvm_mmu_page_fault(&kvms[m - kvm_mirrors], gfn);
	if (failed && failed != -EHWPOISON)
		__sd_fail("sigbus", "the guest fault of {0:s} at page {1:d} fails", (sd_u64)m->name, gfn, 0);
}

const struct sd_mirror_ops sd_kvm_mirror = { .name = "kvm", .attach = kvm_attach, .access = kvm_access, .fault = kvm_fault };
