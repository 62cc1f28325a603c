// SPDX-License-Identifier: Apache-2.0
/*
 * Shared virtual addressing of AMD's IOMMU in Linux 6.1, drivers/iommu/amd/iommu_v2.c: a device walks the page tables of a process by its PASID, the driver's
 * notifier makes it drop what it has cached, and lets it go when the process ends. The IOMMU is ours: the driver's calls of iommu.c are done at once.
 * -DTAKE: what a CPU does with the page; BOTH: with that and its neighbour; EXIT: the process ends, and the device is let go; UNBIND: the device is let go.
 * -DPPR=1: the device's faults are the driver's (page requests), and the page is not there at first; 0: they are served beside it. -DSTOP=1: before its PASID
 * goes the device is told to ask for no more pages, and waits for answers.
 */
// shootdown: -DTAKE=DROP -DPPR=0 -DSTOP=0
#include <shootdown/scenario.h>
#include SD_DRIVER

enum { UNMAP, DROP, BOTH, MIGRATE, PROTECT, EXIT, UNBIND };
enum { PASID = 1, TAG = 7 };

static struct mm_struct *the_mm;
static unsigned long va;
static struct sd_device *hardware;
static struct pci_sysdata sysdata;
static struct pci_bus bus = { .sysdata = &sysdata };
static struct pci_dev pdev = { .bus = &bus };
static struct iommu_domain domain;
static struct pasid_state *states[512];
static struct device_state dev_state = { .pdev = &pdev, .states = states, .domain = &domain, .max_pasids = 2, .count = ATOMIC_INIT(1) };
static unsigned long asking, answer, stopped;

bool amd_iommu_v2_supported(void)
{
	return true;
}

bool amd_iommu_is_attach_deferred(struct device *dev)
{
	return false;
}

struct pci_dev *pci_get_domain_bus_and_slot(int segment, unsigned int number, unsigned int devfn)
{
	return &pdev;
}

void pci_dev_put(struct pci_dev *dev)
{
}

int amd_iommu_domain_set_gcr3(struct iommu_domain *dom, u32 pasid, unsigned long cr3)
{
	hardware = sd_device_alone("device", the_mm);
	return 0;
}

int amd_iommu_domain_clear_gcr3(struct iommu_domain *dom, u32 pasid)
{
	if (dom == &domain)
		sd_device_detach(hardware);
	return 0;
}

int amd_iommu_flush_page(struct iommu_domain *dom, u32 pasid, u64 address)
{
	sd_device_flush(hardware, address, address + PAGE_SIZE);
	return 0;
}

int amd_iommu_flush_tlb(struct iommu_domain *dom, u32 pasid)
{
	sd_device_flush(hardware, 0, ~0UL);
	return 0;
}

int amd_iommu_complete_ppr(struct pci_dev *dev, u32 pasid, int status, int tag)
{
	__sd_atomic_begin(SD_STEP, NULL);
	if (!asking || answer || tag != TAG || (TAKE == DROP && status != PPR_SUCCESS))
		__sd_fail("bad-answer", "nobody waits for an answer to {0:d}, or it has to be another than {1:d}", tag, status, 0);
	answer = status == PPR_SUCCESS ? 1 : 2;
	__sd_atomic_end();
	return 0;
}

static void stop(struct pci_dev *dev, u32 pasid)
{
	WRITE_ONCE(stopped, 1);
	__sd_atomic_begin(SD_STEP, NULL);
	if (asking)
		__sd_block();
	__sd_atomic_end();
}

/* It asks for the page as the IOMMU's interrupt thread does, with the last request of a group. Who has been refused once asks no more. */
static void use(void *unused)
{
	struct amd_iommu_fault request = { .address = va, .pasid = PASID, .tag = 1 << 9 | TAG, .flags = PPR_FAULT_WRITE | PPR_FAULT_USER };

	if (!PPR)
		sd_device_write(hardware, va);
	if (!PPR || sd_device_write_mapped(hardware, va))
		return;
	__sd_atomic_begin(SD_STEP, NULL);
	if (stopped)
		__sd_block();
	asking = 1;
	__sd_atomic_end();
	sd_enter_kernel();
	rcu_read_lock();
	ppr_nb.notifier_call(&ppr_nb, 0, &request);
	rcu_read_unlock();
	__sd_atomic_begin(SD_STEP, NULL);
	if (!answer)
		__sd_block();
	stopped |= answer != 1;
	asking = answer = 0;
	__sd_atomic_end();
	sd_leave_kernel();
}

static void take(void *unused)
{
	switch (TAKE) {
	case UNMAP: sd_munmap(the_mm, va, 1); break;
	case DROP: sd_madvise(the_mm, va, 1, MADV_DONTNEED); break;
	case BOTH: sd_madvise(the_mm, va - PAGE_SIZE, 2, MADV_DONTNEED); break;
	case MIGRATE: sd_migrate(the_mm, va); break;
	case PROTECT: sd_mprotect(the_mm, va, 1, false); break;
	case EXIT:
		sd_switch_mm(&init_mm);
		sd_exit(the_mm);
		amd_iommu_unbind_pasid(&pdev, PASID);
		break;
	case UNBIND:
		amd_iommu_unbind_pasid(&pdev, PASID);
		sd_madvise(the_mm, va, 1, MADV_DONTNEED);
		break;
	}
}

/* What is bound has a state, and holds the device's; a request that is under way does so, too. */
void sd_at_end(void)
{
	int bound = TAKE != EXIT && TAKE != UNBIND;

	if (__sd_busy_any())
		return;
	if (atomic_read(&dev_state.count) != 1 + bound || !states[PASID] == bound)
		__sd_fail("bad-count", "{0:d} users of the device's state are left, and {1:d} PASID is bound", atomic_read(&dev_state.count), bound, 0);
	if (TAKE == EXIT && sd_pages_in_use())
		__sd_fail("leak", "the process has ended, and {0:d} of its pages are not free", sd_pages_in_use(), 0, 0);
}

void scenario(void)
{
	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 2) + PAGE_SIZE;
	sd_populate(the_mm, va - PAGE_SIZE);
	if (!PPR)
		sd_populate(the_mm, va);
	spin_lock_init(&dev_state.lock);
	init_waitqueue_head(&dev_state.wq);
	dev_state.inv_ctx_cb = STOP ? stop : NULL;
	list_add(&dev_state.list, &state_list);
	if (amd_iommu_bind_pasid(&pdev, PASID, current))
		__sd_fail("scenario", "the device cannot be bound", 0, 0, 0);
	sd_device_run(hardware, use, NULL);
	sd_cpu_run(0, the_mm, "take", take, NULL);
	if (PPR)
		sd_kworker(2);
}
