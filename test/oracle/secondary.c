// SPDX-License-Identifier: Apache-2.0
/*
 * A page is dropped, with its CPU translations flushed, but who else maps it is not told unless -DGOOD: a device that walks the
 * tables (-DDEVICE), or a guest.
 */
// shootdown: --kernel 4.19
#include <linux/kernel.h>
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static struct sd_device *device;
static struct kvm *kvm;
static unsigned long va;

static void dma(void *arg)
{
	sd_device_read(device, va);
}

static void guest(void *arg)
{
	sd_guest_read(kvm, 0);
}

static void drop(void *arg)
{
	struct vm_area_struct *vma = find_vma(mm, va);
	pte_t *ptep = sd_pte_alloc(mm, va), pte;
	spinlock_t *ptl = &virt_to_page(ptep)->ptl;

#ifdef GOOD
	mmu_notifier_invalidate_range_start(mm, va, va + PAGE_SIZE);
#endif
	spin_lock(ptl);
	__sd_atomic_begin(SD_STEP, NULL);
	pte = ptep_get_and_clear(mm, va, ptep);
	if (pte_present(pte))
		sd_data_drop(pte_page(pte));
	__sd_atomic_end();
	if (pte_present(pte))
		atomic_dec(&pte_page(pte)->_mapcount);
	flush_tlb_page(vma, va);
	spin_unlock(ptl);
#ifdef GOOD
	mmu_notifier_invalidate_range_end(mm, va, va + PAGE_SIZE);
#endif
	if (pte_present(pte))
		put_page(pte_page(pte));
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(1, NULL, "drop", drop, NULL);
#ifdef DEVICE
	device = sd_device("gpu", mm);
	sd_device_run(device, dma, NULL);
#else
	kvm = sd_kvm("guest", mm, va, 1);
	sd_vcpu(2, kvm, guest, NULL);
#endif
}
