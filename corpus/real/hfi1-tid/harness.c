// SPDX-License-Identifier: Apache-2.0
/*
 * harness.c - hfi1's expected receives (TIDs), its own user_exp_rcv.c and exp_rcv.c, on the kernel's own mm/mmu_notifier.c.
 *
 * One thread of a process sets up a TID for a buffer of one page (the ioctl HFI1_IOCTL_TID_UPDATE), another one unmaps the buffer and maps
 * a new page there. -DCHECK says what must hold:
 *   LOST      when the ioctl has succeeded and munmap() has returned, the hardware has for the buffer what the process has there, or nothing
 *   LEAKED    when the ioctl has failed, the hardware has nothing of it
 *   UNPINNED  the hardware never has a page that the driver does not hold
 * -DOLDER=1: there is a TID already, for the page below, and both pages are unmapped by one call.
 * -DAFTER_PIN=1: munmap() is called when the driver has pinned the buffer, and not before. -DREAPER=1: instead of munmap(), the OOM reaper.
 * -DKERNEL_POINTERS=1: as if copy_from_user() took addresses of the kernel, and the process had asked for one TID.
 */
#include <shootdown/harness.h>
#include "hfi.h"
#include "exp_rcv.h"
#include "user_exp_rcv.h"

#ifndef OLDER
#define OLDER 0
#endif
#ifndef AFTER_PIN
#define AFTER_PIN 0
#endif
#ifndef REAPER
#define REAPER 0
#endif
enum { LOST = 1, LEAKED = 2, UNPINNED = 4, ALL = 7 };
#ifndef CHECK
#define CHECK ALL
#endif
#ifndef KERNEL_POINTERS
#define KERNEL_POINTERS 0
#endif

#define BUFFER 0x100000UL
#define PAGES (1 + OLDER)
#define START (BUFFER - OLDER * PAGE_SIZE)
#define TIDS 8
#define FIRST_PFN 0x200UL
#define PFN(i) (FIRST_PFN + 2 * (i))	/* no two are neighbours: a TID each */
#define NEW_PFN(i) (FIRST_PFN + 2 * (i) + 16)

struct mm_struct mm;
unsigned long pte[PAGES];		/* what the process has there, by its pfn; 0: nothing */
unsigned long rcvarray[TIDS];		/* the hardware's: a pfn, or 0 */
static unsigned int user_tidlist[TIDS];	/* memory of the process */
static long result = 1;			/* of the ioctl */
static bool asked;			/* the driver has looked for the buffer's page */
unsigned long pins[32];			/* of each pfn, by the driver */

static struct hfi1_devdata dd;
static struct hfi1_ctxtdata uctxt;
static struct hfi1_filedata fd;
static struct pci_dev pcidev;
static unsigned long events[HFI1_MAX_SHARED_CTXTS];

/* ---- what the driver calls ---- */

/* As get_user_pages() and munmap() order themselves: by the lock of the page table, or by interrupts that are off. */
int hfi1_acquire_user_pages(struct mm_struct *of, unsigned long va, size_t n, bool writable, struct page **pages)
{
	unsigned long pfn;

	__sd_atomic_begin(SD_STEP, pte);
	pfn = pte[(va - START) / PAGE_SIZE];
	if (AFTER_PIN && va == BUFFER)
		asked = true;
	if (pfn)
		pins[pfn - FIRST_PFN]++;
	__sd_event("pin", pfn ? "pins pfn {0:x} at {1:x}" : "finds no page at {1:x}", pfn, va, 0);
	__sd_atomic_end();
	if (!pfn)
		return -EFAULT;
	pages[0] = pfn_to_page(pfn);
	return 1;
}

static void check_pins(void)
{
	int i;

	for (i = 0; (CHECK & UNPINNED) && i < TIDS; i++)
		if (rcvarray[i] && !pins[rcvarray[i] - FIRST_PFN])
			__sd_fail("unpinned-tid", "TID {0:d} is pfn {1:x} in the hardware, and the driver has let that page go", i, rcvarray[i], 0);
}

void hfi1_release_user_pages(struct mm_struct *of, struct page **pages, size_t n, bool dirty)
{
	for (; n; n--, pages++) {
		__sd_atomic_begin(SD_STEP, pte);
		pins[page_to_pfn(*pages) - FIRST_PFN]--;
		__sd_event("pin", "pfn {0:x} is not pinned any longer", page_to_pfn(*pages), 0, 0);
		check_pins();
		__sd_atomic_end();
	}
}

bool hfi1_can_pin_pages(struct hfi1_devdata *of, struct mm_struct *in, u32 locked, u32 n)
{
	return true;
}

void hfi1_put_tid(struct hfi1_devdata *of, u32 index, u32 type, unsigned long pa, u16 order)
{
	__sd_atomic_begin(SD_STEP, pte);
	rcvarray[index] = type == PT_EXPECTED ? pa >> PAGE_SHIFT : 0;
	__sd_event("hardware", rcvarray[index] ? "TID {0:d} is pfn {1:x}" : "TID {0:d} is off", index, rcvarray[index], 0);
	check_pins();
	__sd_atomic_end();
}

void __hfi1_trace_TID(const char *func, char *fmt, ...)
{
}

/* ---- the process ---- */

static long set_up(unsigned long va)
{
	struct hfi1_tid_info tinfo = { .vaddr = va, .length = PAGE_SIZE, .tidlist = (unsigned long)user_tidlist, .tidcnt = KERNEL_POINTERS };

	return hfi1_user_exp_rcv_setup(&fd, &tinfo);
}

static void tid_update(void *unused)
{
	result = set_up(BUFFER);
	__sd_event("return", "the ioctl returns {0:d}", (sd_u64)result, 0, 0);
}

static void unmap(void)
{
	int i;

	for (i = 0; i < PAGES; i++)
		WRITE_ONCE(pte[i], 0);
}

/* munmap() of all pages, and mmap() of others: the locks and the order are those of mm/mmap.c and mm/vma.c. */
static void remap(void *unused)
{
	struct mmu_notifier_range range;
	int i;

	if (AFTER_PIN) {
		__sd_atomic_begin(SD_STEP, &asked);
		if (!asked)
			__sd_block();
		__sd_atomic_end();
	}
	sd_range_init(&range, MMU_NOTIFY_UNMAP, &mm, START, START + PAGES * PAGE_SIZE);
	mmap_write_lock(&mm);
	mmap_write_downgrade(&mm);
	mmu_notifier_invalidate_range_start(&range);
	unmap();
	mmu_notifier_invalidate_range_end(&range);
	mmap_read_unlock(&mm);
	__sd_event("return", "munmap() returns", 0, 0, 0);
	mmap_write_lock(&mm);
	for (i = 0; i < PAGES; i++)
		WRITE_ONCE(pte[i], NEW_PFN(i));
	mmap_write_unlock(&mm);
}

/* mm/oom_kill.c, for one VMA. */
static void reap(void *unused)
{
	struct mmu_notifier_range range;
	int busy;

	sd_range_init(&range, MMU_NOTIFY_UNMAP, &mm, START, START + PAGES * PAGE_SIZE);
	mmap_read_lock(&mm);
	sd_non_block_start();
	busy = mmu_notifier_invalidate_range_start_nonblock(&range);
	sd_non_block_end();
	if (!busy) {
		unmap();
		mmu_notifier_invalidate_range_end(&range);
	}
	mmap_read_unlock(&mm);
}

static bool process_has(unsigned long pfn)
{
	int i;

	for (i = 0; i < PAGES; i++)
		if (pte[i] == pfn)
			return true;
	return false;
}

void sd_final(void)
{
	int i;

	for (i = 0; i < TIDS; i++) {
		if (!rcvarray[i])
			continue;
		if ((CHECK & LOST) && !result && !process_has(rcvarray[i]))
			__sd_fail("stale-tid", "the ioctl has succeeded, and TID {0:d} is pfn {1:x}, which the process has unmapped", i, rcvarray[i], 0);
		if ((CHECK & LEAKED) && result)
			__sd_fail("leaked-tid", "the ioctl has failed with {0:d}, and TID {1:d} is still pfn {2:x} in the hardware", (sd_u64)result, i,
				  rcvarray[i]);
	}
}

void scenario(void)
{
	int i;

	sd_mm_init(&mm);
	if (KERNEL_POINTERS)
		sd_user_memory(NULL, -1UL);
	else
		sd_user_memory(user_tidlist, sizeof(user_tidlist));
	for (i = 0; i < PAGES; i++)
		pte[i] = PFN(i);
	dd.rcv_entries.group_size = TIDS;
	dd.pcidev = &pcidev;
	dd.events = events;
	uctxt.dd = &dd;
	uctxt.expected_count = TIDS;
	mutex_init(&uctxt.exp_mutex);
	hfi1_exp_tid_group_init(&uctxt);
	if (hfi1_alloc_ctxt_rcv_groups(&uctxt))
		__sd_fail("setup", "hfi1_alloc_ctxt_rcv_groups() fails", 0, 0, 0);
	fd.dd = &dd;
	fd.uctxt = &uctxt;
	spin_lock_init(&fd.tid_lock);
	spin_lock_init(&fd.invalid_lock);
	if (hfi1_user_exp_rcv_init(&fd, &uctxt))
		__sd_fail("setup", "hfi1_user_exp_rcv_init() fails", 0, 0, 0);
	sd_task_structs[0].mm = &mm;
	if (OLDER && set_up(START))
		__sd_fail("setup", "the older TID cannot be set up", 0, 0, 0);
	sd_run("ioctl", &mm, tid_update, NULL);
	if (REAPER)
		sd_run("OOM reaper", NULL, reap, NULL);
	else
		sd_run("munmap", &mm, remap, NULL);
}
