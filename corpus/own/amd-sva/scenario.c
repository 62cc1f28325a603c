// SPDX-License-Identifier: Apache-2.0
/*
 * Shared virtual addressing of AMD's IOMMU, drivers/iommu/amd/pasid.c: a device walks the page tables of a process, and the driver's notifier makes it drop what it has
 * cached, and lets it go when the process ends. The IOMMU is ours: the driver's calls of iommu.c, which queue commands for the hardware and wait for them, are
 * done at once.
 * -DTAKE: what a CPU does with the page; EXIT: the process ends; UNBIND: the device is let go. -DSECOND=1: meanwhile another device is bound, and let go.
 */
// shootdown: -DTAKE=DROP -DSECOND=0
#include <shootdown/scenario.h>
#include SD_DRIVER

enum { UNMAP, DROP, PROTECT, EXIT, UNBIND };
#define PASID 1

static struct mm_struct *the_mm;
static unsigned long va;
static struct sd_device *hardware;
static struct protection_domain domain;
static u64 tables[1];
static struct iommu_dev_data dev_data = { .pasid_enabled = 1, .max_pasids = 2, .gcr3_info.gcr3_tbl = tables };
static struct dev_iommu dev_iommu = { .priv = &dev_data };
static struct device device = { .iommu = &dev_iommu };
static struct iommu_dev_data second_data = { .pasid_enabled = 1, .max_pasids = 2, .gcr3_info.gcr3_tbl = tables };
static struct dev_iommu second_iommu = { .priv = &second_data };
static struct device second = { .iommu = &second_iommu };
static struct iommu_domain *sva;

struct protection_domain *protection_domain_alloc(unsigned int type, int nid)
{
	spin_lock_init(&domain.lock);
	INIT_LIST_HEAD(&domain.dev_list);
	INIT_LIST_HEAD(&domain.dev_data_list);
	domain.domain.type = type;
	return &domain;
}

int amd_iommu_set_gcr3(struct iommu_dev_data *data, ioasid_t pasid, unsigned long gcr3)
{
	if (data == &dev_data)
		hardware = sd_device_alone("device", the_mm);
	return 0;
}

int amd_iommu_clear_gcr3(struct iommu_dev_data *data, ioasid_t pasid)
{
	if (data == &dev_data && pasid == PASID)
		sd_device_detach(hardware);
	return 0;
}

void amd_iommu_dev_flush_pasid_pages(struct iommu_dev_data *data, ioasid_t pasid, u64 address, size_t size)
{
	if (data == &dev_data && pasid == PASID)
		sd_device_flush(hardware, address, address + size);
}

static void use(void *unused)
{
	sd_device_write(hardware, va);
}

static void take(void *unused)
{
	switch (TAKE) {
	case UNMAP: sd_munmap(the_mm, va, 1); break;
	case DROP: sd_madvise(the_mm, va, 1, MADV_DONTNEED); break;
	case PROTECT: sd_mprotect(the_mm, va, 1, false); break;
	case EXIT:
		sd_switch_mm(&init_mm);
		sd_exit(the_mm);
		break;
	case UNBIND:
		amd_iommu_remove_dev_pasid(&device, PASID, &domain.domain);
		sd_madvise(the_mm, va, 1, MADV_DONTNEED);
		break;
	}
}

static void bind_second(void *unused)
{
	if (sva->ops->set_dev_pasid(sva, &second, PASID, NULL))
		__sd_fail("scenario", "the second device cannot be bound", 0, 0, 0);
	amd_iommu_remove_dev_pasid(&second, PASID, sva);
}

/* Who is still bound is in the list; nobody is when the process has ended. */
void sd_at_end(void)
{
	int bound = TAKE != EXIT && TAKE != UNBIND;

	if (list_count_nodes(&domain.dev_data_list) != bound)
		__sd_fail("bad-list", "{0:d} devices are bound, and {1:d} should be", list_count_nodes(&domain.dev_data_list), bound, 0);
}

void scenario(void)
{
	the_mm = sd_mm("A");
	va = sd_mmap(the_mm, NULL, 1);
	sd_populate(the_mm, va);
	sva = amd_iommu_domain_alloc_sva(&device, the_mm);
	sva->mm = the_mm;
	if (sva->ops->set_dev_pasid(sva, &device, PASID, NULL))
		__sd_fail("scenario", "the device cannot be bound", 0, 0, 0);
	sd_device_run(hardware, use, NULL);
	sd_cpu_run(0, the_mm, "take", take, NULL);
	if (SECOND)
		sd_cpu_run(1, NULL, "second device", bind_second, NULL);
}
