// SPDX-License-Identifier: Apache-2.0
/*
 * oracle.c - what user memory must hold, for files of a 4.4 tree.
 *
 * The word of a frame names the location that it holds (a page of a file, or an anonymous page); for each location one word
 * says in which frames the last write is. So all values that programs could write are covered at once.
 */
#include <linux/radix-tree.h>

#include "machine.h"

#define SD_LOCATIONS 4

static unsigned long current_in[SD_LOCATIONS + 1];
static struct address_space *location_mapping[SD_LOCATIONS + 1];
static unsigned long location_index[SD_LOCATIONS + 1];
static unsigned int locations;

unsigned int sd_new_location(struct address_space *mapping, unsigned long index)
{
	if (locations == SD_LOCATIONS)
		__sd_fail("model-limit", "more than SD_LOCATIONS user pages", 0, 0, 0);
	locations++;
	location_mapping[locations] = mapping;
	location_index[locations] = index;
	return locations;
}

unsigned int sd_location_of(struct address_space *mapping, unsigned long index)
{
	unsigned int i;

	for (i = locations; i && (location_mapping[i] != mapping || location_index[i] != index); i--)
		;
	return i;
}

void sd_data_bind(struct page *page, unsigned int location)
{
	int frame = sd_frame_of(page_to_pfn(page));

	*sd_frame_words(frame) = location;
	current_in[location] = 1UL << frame;
}

void sd_data_access(int frame, unsigned int location, bool write, const char *who, unsigned long va)
{
	struct page *page;

	if (frame < 0)
		__sd_fail("freed-page-access", "{0:s} accesses {1:x}, and that address leads to no page", (sd_u64)who, va, 0);
	page = sd_frame_page(frame);
	if (write && sd_frames[frame].moved)
		__sd_fail("lost-write", "the write of {0:s} to {1:x} is lost: it goes to {2:p}, whose contents were copied elsewhere",
			  (sd_u64)who, va, (sd_u64)page);
	if (sd_frames[frame].kind != SD_DATA)
		__sd_fail("freed-page-access", "{0:s} accesses {1:x} and reaches {2:p}, which is no user page any more", (sd_u64)who, va,
			  (sd_u64)page);
	if (*sd_frame_words(frame) != location)
		__sd_fail("foreign-page-access", "{0:s} accesses {1:x} and reaches {2:p}, which now holds other data", (sd_u64)who,
			  va, (sd_u64)page);
	if (write)
		current_in[location] = 1UL << frame;
	else if (!(current_in[location] >> frame & 1))
		__sd_fail("stale-read", "{0:s} reads {1:x} in {2:p} and does not see the last write", (sd_u64)who, va, (sd_u64)page);
}

/* The word was copied. The source's contents have moved: until it is allocated again, no write to it is read. */
void sd_data_copied(int to, int from)
{
	unsigned long location = *sd_frame_words(from);

	if (current_in[location] >> from & 1)
		current_in[location] |= 1UL << to;
	else
		current_in[location] &= ~(1UL << to);
	sd_frames[from].moved = 1;
}

void sd_data_freed(int frame)
{
	unsigned long location = *sd_frame_words(frame);

	current_in[location] &= ~(1UL << frame);
	if (location && !current_in[location])
		__sd_fail("lost-write", "{0:p} is freed and had the last write to its file", (sd_u64)sd_frame_page(frame), 0, 0);
}

/* When all is quiet, every page that is mapped shows the last write. */
void sd_data_final(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		unsigned long leaf = sd_walk(sd_upages[i].mm, sd_upages[i].va);
		int frame = sd_frame_of((leaf & PTE_PFN_MASK) >> PAGE_SHIFT);

		if (leaf && (frame < 0 || sd_frames[frame].kind != SD_DATA || !(current_in[sd_upages[i].location] >> frame & 1)))
			__sd_fail("lost-write", "at the end {0:x} leads to a page without the last write to it", sd_upages[i].va, 0, 0);
	}
}
