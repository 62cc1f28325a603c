// SPDX-License-Identifier: Apache-2.0
/*
 * oracle.c - what memory must hold.
 *
 * Contents are not values but a relation: for each location (what a user page must show) the set of frames that hold its last write, or zeroes if it was
 * never written. A write through a frame makes that frame the only one for its location, and takes it from all others; a copy belongs wherever its
 * source does; a cleared page, as long as nobody writes to it, wherever zeroes do, also where they come to be later (a fault may have cleared its page before). So copy-on-write, fork, migration and moving need no rule of their own. Reading a frame
 * that is not in the set is a violation, and so is to find one at the end.
 *
 * What a system call takes away (madvise, munmap) may show anything while the call runs. When it returns, frames that could be reached when
 * it began may not be reached any more, by nobody: that is its promise, whoever else is under way.
 *
 * Contents of a file are not the mapping's: while a call unmaps it, its other threads may read what was there, and what they write may be in the file or
 * not. They may still not reach memory that is free.
 */
#include "own.h"

u64 sd_current_in[SD_UPAGES + 1];
unsigned long sd_unsettled[SD_UPAGES + 1];	/* calls that are taking it away */
u64 sd_forbidden[SD_UPAGES];			/* frames that a call has taken away */
unsigned long sd_readonly[SD_UPAGES];		/* a call has made it read-only and returned */
unsigned long sd_gone[SD_UPAGES];		/* a call has unmapped it and returned */
unsigned long sd_exiting[SD_UPAGES];	/* its address space ends, at this or a later time: nothing need be there any more, and all may be until it is freed */
unsigned long sd_on_disk[SD_UPAGES + 1];
unsigned long sd_leaving[SD_UPAGES];		/* of a file, and a call is unmapping it */
u64 sd_captured[SD_MAX_TASKS][SD_UPAGES];	/* what could be reached when the thread's call began, and has not been freed since */
static u64 sd_in_slots[SD_UPAGES + 1], zero_slots;	/* of swap: which have the last write to it, or zeroes */
static u64 zeroed = 1ULL << SD_ZERO_FRAME;	/* frames that are all zeroes */
static unsigned int nr_locations = 1;
static int last_write[SD_UPAGES + 1];		/* for the story alone */

#define bit_of(frame) (1ULL << (frame))

unsigned int sd_new_location(void)
{
	sd_current_in[nr_locations] = SD_ZEROES;
	return nr_locations++;
}

bool sd_holds(unsigned int l, int frame)
{
	return (sd_current_in[l] & bit_of(frame)) || ((sd_current_in[l] & SD_ZEROES) && (zeroed & bit_of(frame)));
}

static void forget_contents(int frame)
{
	unsigned int l;

	for (l = 1; l < nr_locations; l++)
		if (sd_current_in[l] & bit_of(frame))
			sd_current_in[l] &= ~bit_of(frame);
	if (frame != SD_ZERO_FRAME && (zeroed & bit_of(frame)))
		zeroed &= ~bit_of(frame);
}

void sd_contents_zero(int frame)
{
	forget_contents(frame);
	if (!(zeroed & bit_of(frame)))
		zeroed |= bit_of(frame);
}

void sd_contents_copy(int to, int from)
{
	unsigned int l;

	if (to < 0 || from < 0 || sd_kind[to] != SD_DATA || sd_kind[from] != SD_DATA)
		__sd_fail("freed-page-access", "a page is copied, and it or its copy is no page of data", 0, 0, 0);
	forget_contents(to);
	for (l = 1; l < nr_locations; l++)
		if (sd_current_in[l] & bit_of(from))
			sd_current_in[l] |= bit_of(to);
	if (zeroed & bit_of(from))
		zeroed |= bit_of(to);
	__sd_event("copy", "{0:p} is copied to {1:p}", (sd_u64)sd_mem[from], (sd_u64)sd_mem[to], 0);
}

void sd_contents_to_slot(int slot, int frame)
{
	unsigned int l;

	for (l = 1; l < nr_locations; l++)
		sd_in_slots[l] = (sd_in_slots[l] & ~bit_of(slot)) | (sd_current_in[l] & bit_of(frame) ? bit_of(slot) : 0);
	zero_slots = (zero_slots & ~bit_of(slot)) | (zeroed & bit_of(frame) ? bit_of(slot) : 0);
}

void sd_contents_from_slot(int frame, int slot)
{
	unsigned int l;

	forget_contents(frame);
	for (l = 1; l < nr_locations; l++)
		if (sd_in_slots[l] & bit_of(slot))
			sd_current_in[l] |= bit_of(frame);
	if (zero_slots & bit_of(slot))
		zeroed |= bit_of(frame);
}

bool sd_slot_holds(unsigned int l, int slot)
{
	return (sd_in_slots[l] & bit_of(slot)) || ((sd_current_in[l] & SD_ZEROES) && (zero_slots & bit_of(slot)));
}

void sd_contents_to_disk(unsigned int l, int frame)
{
	sd_on_disk[l] = sd_holds(l, frame);
}

void sd_contents_gone(int frame)
{
	int i, t;

	forget_contents(frame);
	for (i = 0; i < sd_nr_upages; i++) {
		if (sd_forbidden[i] & bit_of(frame))
			sd_forbidden[i] &= ~bit_of(frame);
		for (t = 0; t < SD_MAX_TASKS; t++)
			if (sd_captured[t][i] & bit_of(frame))
				sd_captured[t][i] &= ~bit_of(frame);
	}
}

void sd_tell_last_write(unsigned int l)
{
	if (__sd_told() && last_write[l])
		__sd_event("because", "The last write to it was made in {0:w} and went to {1:p}", (sd_u64)&last_write[l],
			   (sd_u64)sd_mem[last_write[l] - 1], 0);
}

/* Whoever writes: these are not the mapping's own. */
static void forbid_foreign(const char *who, const struct sd_upage *up, int frame)
{
	if (up->backing && sd_is_cached(frame))
		__sd_fail("foreign-page-access", "{0:s} writes to {1:x}, a private mapping, and the write goes to the page of the file", (sd_u64)who,
			  up->va, 0);
	if (frame == SD_ZERO_FRAME)
		__sd_fail("foreign-page-access", "{0:s} writes to {1:x}, and the write goes to the zero page", (sd_u64)who, up->va, 0);
}

/* @forced: a debugger, who may write what the process itself may only read. */
static void access(const char *who, int upage, int frame, bool write, bool forced)
{
	struct sd_upage *up = &sd_upages[upage];
	unsigned int l = up->location, other;
	u64 here = bit_of(frame);

	if (frame < 0 || sd_kind[frame] != SD_DATA)
		__sd_fail("freed-page-access", frame >= 0 && sd_kind[frame] == SD_TABLE ?
			  "{0:s} accesses {1:x} and reaches {2:p}, which is a page table" :
			  "{0:s} accesses {1:x} and reaches {2:p}, a page that was freed", (sd_u64)who, up->va, (sd_u64)sd_mem[frame]);
	if (sd_gone[upage])
		__sd_fail("freed-page-access", "{0:s} accesses {1:x} and reaches {2:p}, though it was unmapped and the call has returned",
			  (sd_u64)who, up->va, (sd_u64)sd_mem[frame]);
	if (!sd_leaving[upage] && (sd_forbidden[upage] & here))
		__sd_fail(write ? "lost-write" : "stale-read", write ?
			  "the write of {0:s} to {1:x} is lost: it goes to {2:p}, which a call that has returned had taken away" :
			  "{0:s} reads {1:x} and sees {2:p}, which a call that has returned had taken away", (sd_u64)who, up->va,
			  (sd_u64)sd_mem[frame]);
	if (write && !forced && sd_readonly[upage])
		__sd_fail("stale-permission", "{0:s} writes to {1:x} in {2:p}, though a call that has returned made it read-only", (sd_u64)who,
			  up->va, (sd_u64)sd_mem[frame]);
	if (!write) {
		if (!sd_unsettled[l] && !sd_leaving[upage] && !sd_holds(l, frame)) {
			sd_tell_last_write(l);
			__sd_fail(sd_current_in[l] ? "stale-read" : "lost-write", "{0:s} reads {1:x} in {2:p} and does not see the last write to it",
				  (sd_u64)who, up->va, (sd_u64)sd_mem[frame]);
		}
		__sd_event("access", "{0:s} reads {1:x}: {2:p}", (sd_u64)who, up->va, (sd_u64)sd_mem[frame]);
		return;
	}
	forbid_foreign(who, up, frame);
	__sd_event("access", "{0:s} writes to {1:x}: {2:p}", (sd_u64)who, up->va, (sd_u64)sd_mem[frame]);
	if (__sd_told())
		last_write[l] = frame + 1;
	if (zeroed & here)
		zeroed &= ~here;
	if (sd_on_disk[l])
		sd_on_disk[l] = 0;
	for (other = 1; other < nr_locations; other++)
		if (other != l && (sd_current_in[other] & here))
			sd_current_in[other] &= ~here;
	if (sd_unsettled[l] || sd_leaving[upage]) {
		if (!(sd_current_in[l] & here))
			sd_current_in[l] |= here;
	} else {
		if (sd_current_in[l] != here)
			sd_current_in[l] = here;
		if (sd_in_slots[l])
			sd_in_slots[l] = 0;
	}
}

/* @who accesses @frame as the user page, one way or another. */
void sd_contents_access(const char *who, int upage, int frame, bool write)
{
	access(who, upage, frame, write, false);
}

static void entry_access(const char *who, struct page *page, struct mm_struct *mm, unsigned long va, bool write)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_contents_access(who, sd_upage_at(mm, va), sd_frame(page), write);
	__sd_atomic_end();
}

void sd_entry_write(const char *who, struct page *page, struct mm_struct *mm, unsigned long va)
{
	entry_access(who, page, mm, va, true);
}

void sd_entry_read(const char *who, struct page *page, struct mm_struct *mm, unsigned long va)
{
	entry_access(who, page, mm, va, false);
}

/* Of one who holds the page and does not ask whether it is still there: if it has been taken away, nobody sees the write. */
void sd_forced_write(const char *who, struct page *page, struct mm_struct *mm, unsigned long va)
{
	int upage, frame = sd_frame(page);

	__sd_atomic_begin(SD_STEP, NULL);
	upage = sd_upage_at(mm, va);
	if (frame >= 0 && (sd_gone[upage] || (sd_forbidden[upage] & bit_of(frame)))) {
		forbid_foreign(who, &sd_upages[upage], frame);
		__sd_event("access", "{0:s} writes to {1:p}, which has been taken away", (sd_u64)who, (sd_u64)sd_mem[frame], 0);
	} else {
		access(who, upage, frame, true, true);
	}
	__sd_atomic_end();
}

/* A call begins that takes this page away. */
void sd_take_away(int upage)
{
	unsigned int l = sd_upages[upage].location;

	sd_unsettled[l]++;
	if (sd_upages[upage].backing)
		sd_current_in[l] |= sd_current_in[sd_upages[upage].backing];
	else if (!(sd_current_in[l] & SD_ZEROES))
		sd_current_in[l] |= SD_ZEROES;
	sd_captured[sd_me()][upage] = sd_reachable(upage);
}

/* Where the location is now: mremap() may have moved it away from the user page that a call is about. */
static unsigned long mapped_at(unsigned int l)
{
	unsigned long leaf = 0;
	int i;

	for (i = 0; i < sd_nr_upages && !leaf; i++)
		if (sd_upages[i].location == l)
			leaf = sd_walk(&sd_upages[i], false);
	return leaf;
}

static u64 slots_of(unsigned int l)
{
	u64 slots = 0;
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		if (sd_upages[i].location == l && sd_swap_slot(&sd_upages[i]) >= 0)
			slots |= bit_of(sd_swap_slot(&sd_upages[i]));
	return slots;
}

/* Frames that no entry maps: a copy that a fault or a migration has made, and is about to map. */
static u64 on_their_way(void)
{
	u64 frames = 0;
	int frame;

	for (frame = SD_ZERO_FRAME + 1; frame < SD_SMALL_FRAMES; frame++)
		if (sd_kind[frame] == SD_DATA && !sd_is_mapped(frame))
			frames |= bit_of(frame);
	return frames;
}

/* It has returned; @done: and has done what it says. */
void sd_took_away(int upage, bool done)
{
	unsigned int l = sd_upages[upage].location;
	unsigned long leaf;

	sd_unsettled[l]--;
	if (done)
		sd_forbidden[upage] |= sd_captured[sd_me()][upage] & ~bit_of(SD_ZERO_FRAME) & ~sd_current_in[sd_upages[upage].backing];
	sd_captured[sd_me()][upage] = 0;
	/* What was written meanwhile may be anywhere, if nothing was taken away. */
	if (sd_unsettled[l] || !done)
		return;
	if (sd_in_slots[l])
		sd_in_slots[l] &= slots_of(l);
	leaf = mapped_at(l);
	if (leaf && sd_leaf_frame(leaf) >= 0)
		sd_current_in[l] = (zeroed & bit_of(sd_leaf_frame(leaf)) ? SD_ZEROES : bit_of(sd_leaf_frame(leaf))) |
				   (sd_current_in[l] & on_their_way() & ~sd_forbidden[upage]);
	else
		sd_current_in[l] &= ~sd_forbidden[upage];
}

void sd_unreachable(struct mm_struct *mm, unsigned long va)
{
	__sd_atomic_begin(SD_STEP, NULL);
	sd_forbidden[sd_upage_at(mm, va)] |= sd_reachable(sd_upage_at(mm, va)) & ~bit_of(SD_ZERO_FRAME);
	__sd_atomic_end();
}

void sd_final_contents(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		unsigned long leaf;
		int frame;

		if (sd_gone[i] || sd_exiting[i] || sd_unsettled[up->location])
			continue;
		leaf = sd_walk(up, false);
		if (!leaf)
			continue;
		frame = sd_leaf_frame(leaf);
		if (frame < 0 || sd_kind[frame] != SD_DATA)
			__sd_fail("freed-page-access", "at the end {0:x} of {1:p} is mapped to {2:p}, which is no page of data", up->va,
				  (sd_u64)up->mm, (sd_u64)sd_mem[frame]);
		if (!sd_holds(up->location, frame)) {
			sd_tell_last_write(up->location);
			__sd_fail("lost-write", "at the end {0:x} of {1:p} is {2:p}, which does not have the last write to it", up->va,
				  (sd_u64)up->mm, (sd_u64)sd_mem[frame]);
		}
	}
}

bool sd_has_contents(int frame)
{
	unsigned int l;

	for (l = 1; l < nr_locations; l++)
		if (sd_current_in[l] & bit_of(frame))
			return true;
	return false;
}

void sd_show_contents(int frame)
{
	int i, told = 0;

	__sd_event("show part", "contents", (sd_u64)&sd_mem[frame], 0, 0);
	__sd_event("show value", zeroed & bit_of(frame) ? "zeroes" : "", 0, 0, 0);
	for (i = 0; i < sd_nr_upages; i++)
		if (sd_holds(sd_upages[i].location, frame) && !(zeroed & bit_of(frame)))
			__sd_event("+", told++ ? ", {0:x} of {1:p}" : "the last write to {0:x} of {1:p}", sd_upages[i].va, (sd_u64)sd_upages[i].mm, 0);
	if (!told && !(zeroed & bit_of(frame)))
		__sd_event("show stale", "no last write", 0, 0, 0);
}
