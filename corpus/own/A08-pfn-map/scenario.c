// SPDX-License-Identifier: Apache-2.0
/* A driver has mapped a page of its own into a process (VM_PFNMAP: the mapping holds no reference). The process unmaps it, while the driver takes it back and frees it. */
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static struct file *file;
static struct page *buffer;
static unsigned long va;

static int map_buffer(struct file *unused, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(buffer), PAGE_SIZE, vma->vm_page_prot);
}

static void user(void *unused)
{
	sd_user_read_mapped(va);
}

static void unmap(void *unused)
{
	sd_munmap(mm, va, 1);
}

static void take_back(void *unused)
{
	unmap_mapping_range(file->f_mapping, 0, PAGE_SIZE, 1);
	__free_page(buffer);
}

void scenario(void)
{
	mm = sd_mm("A");
	buffer = alloc_page(GFP_KERNEL | __GFP_ZERO);
	file = sd_driver_file("device", 1, map_buffer);
	va = sd_mmap(mm, file, 1);
	sd_cpu_run(0, mm, "user", user, NULL);
	sd_cpu_run(1, mm, "munmap", unmap, NULL);
	sd_cpu_run(2, NULL, "driver", take_back, NULL);
}
