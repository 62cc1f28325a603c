// SPDX-License-Identifier: Apache-2.0
/*
 * device.c - what drivers lean on beside locks and memory: DMA addresses, messages about a device, and copies from and to the process.
 *
 * A DMA address is the physical one: there is no IOMMU, and mapping never fails. Messages are events of the story. Memory of the process is what
 * the harness has declared to be so (sd_user_memory); any other address is the kernel's, and refused, as access_ok() does.
 * All of it is weak, so that a harness, or a file of the tree that is linked, may have its own.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "real.h"

#ifdef SD_HAS_DMA_MAP_PAGE_ATTRS

__weak dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size, enum dma_data_direction dir,
				     unsigned long attrs)
{
	return page_to_phys(page) + offset;
}

__weak void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir, unsigned long attrs)
{
}

__weak const char *dev_driver_string(const struct device *dev)
{
	return "device";
}

__weak void _dev_err(const struct device *dev, const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
}

__weak void _dev_warn(const struct device *dev, const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
}

__weak void _dev_info(const struct device *dev, const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
}

/* Nothing here comes from vmalloc(). */
__weak bool is_vmalloc_addr(const void *p)
{
	return false;
}

/* ---- the process's memory ---- */

static unsigned long user_start, user_end;

void sd_user_memory(void *p, unsigned long size)
{
	user_start = (unsigned long)p;
	user_end = user_start + size;
}

static bool is_users(const void __user *p, unsigned long n)
{
	return (unsigned long)p >= user_start && (unsigned long)p <= user_end && n <= user_end - (unsigned long)p;
}

/* CONFIG_HARDENED_USERCOPY asks it. The engine sees what runs off an object. */
__weak void __check_object_size(const void *p, unsigned long n, bool to_user)
{
}

__weak unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (!is_users(to, n))
		return n;
	memcpy((void __force *)to, from, n);
	return 0;
}

__weak unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (!is_users(from, n))
		return n;
	memcpy(to, (const void __force *)from, n);
	return 0;
}

__weak void *memdup_user(const void __user *from, size_t n)
{
	void *to = kmalloc(n, GFP_USER);

	if (!to)
		return ERR_PTR(-ENOMEM);
	if (n && _copy_from_user(to, from, n)) {
		kfree(to);
		return ERR_PTR(-EFAULT);
	}
	return to;
}

#endif
