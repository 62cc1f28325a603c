// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's test driver for HMM, lib/test_hmm.c, with hmm_range_fault(): a device mirrors the page table of a process, and writes, while
 * another thread takes the page away. The device reaches its page as the driver's own ioctl does, under the driver's mutex.
 * -DTAKE: DROP (MADV_DONTNEED), UNMAP, MIGRATE or NOTHING. -DFAULT=NO_RETRY: the driver does not ask whether an invalidation came between; NO_SET_SEQ: its
 * callback does not say so; NO_UPDATE: its callback leaves the entry.
 */
// shootdown: -DTAKE=DROP -DFAULT=NONE
#include <shootdown/scenario.h>

enum { DROP, UNMAP, MIGRATE, NOTHING };
enum { NONE, NO_RETRY, NO_SET_SEQ, NO_UPDATE };

static inline bool real_retry(struct mmu_interval_notifier *mni, unsigned long seq)
{
	return mmu_interval_read_retry(mni, seq);
}

static inline void real_set_seq(struct mmu_interval_notifier *mni, unsigned long seq)
{
	mmu_interval_set_seq(mni, seq);
}

#define mmu_interval_read_retry(mni, seq) (FAULT != NO_RETRY && real_retry(mni, seq))
#define mmu_interval_set_seq(mni, seq) do { if (FAULT != NO_SET_SEQ) real_set_seq(mni, seq); } while (0)
#define xa_erase(xa, index) (FAULT == NO_UPDATE ? NULL : (xa_erase)(xa, index))
#include "test_hmm.c"

extern struct kmem_cache *radix_tree_node_cachep;

static struct mm_struct *mm;
static unsigned long va;
static struct inode inode = { .i_cdev = &dmirror_devices[0].cdevice };
static struct file file;

/* lib/radix-tree.c has it static. */
static void node_ctor(void *p)
{
	struct xa_node *node = p;

	memset(node, 0, sizeof(*node));
	INIT_LIST_HEAD(&node->private_list);
}

/* What the device reaches at va: the driver's entry, which says whether it may write. */
static bool access(void)
{
	struct dmirror *dmirror = file.private_data;
	void *entry;

	mutex_lock(&dmirror->mutex);
	entry = xa_load(&dmirror->pt, va >> PAGE_SHIFT);
	if (xa_pointer_tag(entry) == DPT_XA_TAG_WRITE)
		sd_entry_write("the device", xa_untag_pointer(entry), mm, va);
	else if (entry)
		sd_entry_read("the device", xa_untag_pointer(entry), mm, va);
	mutex_unlock(&dmirror->mutex);
	return entry && xa_pointer_tag(entry) == DPT_XA_TAG_WRITE;
}

/* Alone: of two pages the second is there to be written to, and only to be read when the process may do no more. */
static void alone(void)
{
	if (dmirror_fault(file.private_data, va - PAGE_SIZE, va + PAGE_SIZE, true) || !access())
		__sd_fail("no-entry", "nothing is taken away, and the device may not write", 0, 0, 0);
	sd_mprotect(mm, va, 1, false);
	if (dmirror_fault(file.private_data, va, va + PAGE_SIZE, false) || access())
		__sd_fail("bad-entry", "the process may only read, and the device has no entry, or may write", 0, 0, 0);
}

static void device(void *unused)
{
	if (TAKE == NOTHING)
		alone();
	else if (!dmirror_fault(file.private_data, va, va + PAGE_SIZE, true))
		access();
}

static void take(void *unused)
{
	switch (TAKE) {
	case DROP:
		sd_madvise(mm, va - PAGE_SIZE, 2, MADV_DONTNEED);
		break;
	case UNMAP:
		sd_munmap(mm, va, 1);
		break;
	case MIGRATE:
		sd_migrate(mm, va);
		break;
	}
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 2) + PAGE_SIZE;
	sd_populate(mm, va);
	radix_tree_node_cachep = kmem_cache_create("radix_tree_node", sizeof(struct xa_node), 0, 0, node_ctor);
	if (dmirror_fops_open(&inode, &file))
		__sd_fail("scenario", "dmirror_fops_open() fails", 0, 0, 0);
	sd_cpu_run(0, mm, "device", device, NULL);
	sd_cpu_run(1, mm, "take", take, NULL);
}
