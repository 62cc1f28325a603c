/* SPDX-License-Identifier: Apache-2.0 */
/* A context of an hfi1 adapter, opened by a process for expected receive, and the hardware's array of TIDs. -DCHECK & UNPINNED: what it has is pinned. */
#include "hfi.h"
#include "exp_rcv.h"
#include "user_exp_rcv.h"

#define TIDS 8
enum { LOST = 1, LEAKED = 2, UNPINNED = 4, ALL = 7 };

unsigned long rcvarray[TIDS];		/* the hardware's: a pfn, or 0 */
static unsigned int user_tidlist[TIDS];	/* memory of the process */
static struct mm_struct *mm;
static unsigned long va;
static struct page *page;

static struct hfi1_devdata dd;
static struct hfi1_ctxtdata uctxt;
static struct hfi1_filedata fd;
static struct pci_dev pcidev;
static unsigned long events[HFI1_MAX_SHARED_CTXTS];
static struct hfi1_tid_info tinfo = { .length = PAGE_SIZE, .tidlist = (unsigned long)user_tidlist };

static void check_pin(int i)
{
	if ((CHECK & UNPINNED) && rcvarray[i] && page_ref_count(pfn_to_page(rcvarray[i])) < GUP_PIN_COUNTING_BIAS)
		__sd_fail("unpinned-tid", "TID {0:d} is pfn {1:x} in the hardware, and the driver has let that page go", i, rcvarray[i], 0);
}

void hfi1_put_tid(struct hfi1_devdata *of, u32 index, u32 type, unsigned long pa, u16 order)
{
	__sd_atomic_begin(SD_STEP, rcvarray);
	check_pin((int)index);
	rcvarray[index] = type == PT_EXPECTED ? pa >> PAGE_SHIFT : 0;
	__sd_event("hardware", rcvarray[index] ? "TID {0:d} is pfn {1:x}" : "TID {0:d} is off", index, rcvarray[index], 0);
	check_pin((int)index);
	__sd_atomic_end();
}

void __hfi1_trace_TID(const char *func, char *fmt, ...)
{
}

static void open_context(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_user_memory(user_tidlist, sizeof(user_tidlist));
	dd.rcv_entries.group_size = TIDS;
	dd.pcidev = &pcidev;
	dd.events = events;
	uctxt.dd = &dd;
	uctxt.flags = NOTIFIED ? 0 : HFI1_CAP_TID_UNMAP << HFI1_CAP_USER_SHIFT;
	uctxt.expected_count = TIDS;
	mutex_init(&uctxt.exp_mutex);
	hfi1_exp_tid_group_init(&uctxt);
	if (hfi1_alloc_ctxt_rcv_groups(&uctxt))
		__sd_fail("scenario", "hfi1_alloc_ctxt_rcv_groups() fails", 0, 0, 0);
	fd.dd = &dd;
	fd.uctxt = &uctxt;
	spin_lock_init(&fd.tid_lock);
	spin_lock_init(&fd.invalid_lock);
	if (hfi1_user_exp_rcv_init(&fd, &uctxt))
		__sd_fail("scenario", "hfi1_user_exp_rcv_init() fails", 0, 0, 0);
	page = pfn_to_page(pte_pfn(*pte_offset_kernel(mm_find_pmd(mm, va), va)));
	tinfo.vaddr = va;
}
