// SPDX-License-Identifier: Apache-2.0
/*
 * oracle.c - what memory must hold.
 *
 * Contents are not values but tags. Each word of a data frame says which location it holds (a word of a file or of
 * anonymous memory); for each location one word says in which frames its content is current. A store makes its frame the only current one;
 * a copy makes the copy as current as the source. So a store to a page that is current alone changes nothing, and every
 * value that a program could write is covered at once.
 *
 * Reading a word that is not current, or holds another location, is a stale read. A write is lost when it goes to a page whose contents were
 * already moved elsewhere for good, or when the only current copy is freed while its file goes on with another page.
 */
#include <shootdown/machine.h>

static u64 current_in[SD_NR_LOCATIONS];			/* by location: set of frames */
static struct address_space *location_file[SD_NR_LOCATIONS];
static pgoff_t location_index[SD_NR_LOCATIONS];
static unsigned int nr_locations = 1;			/* 0 is "nothing" */
static struct page *last_write[SD_NR_LOCATIONS];	/* for the story alone: where the last store to it went */

#define words_of(page) ((u64 *)page_address(page))
#define GIVEN_UP ~0ULL
#define bit_of(page) (1ULL << ((page) - mem_map))

unsigned int sd_new_location(unsigned int words)
{
	unsigned int first = nr_locations;

	nr_locations += words;
	if (nr_locations > SD_NR_LOCATIONS)
		__sd_fail("model-limit", "the scenario maps more words of user memory than SD_NR_LOCATIONS, which is {0:d}",
			  SD_NR_LOCATIONS, 0, 0);
	return first;
}

void sd_name_location(unsigned int location, struct address_space *mapping, pgoff_t index)
{
	location_file[location] = mapping;
	location_index[location] = index;
}

/* The page, new and zero, becomes the home of these words: what they held before was nothing, or is nowhere. */
void sd_data_bind(struct page *page, unsigned int location)
{
	unsigned int word;

	__sd_atomic_begin(SD_STEP, NULL);
	for (word = 0; word < SD_WORDS; word++) {
		words_of(page)[word] = location + word;
		if (!current_in[location + word])
			current_in[location + word] = bit_of(page);
	}
	__sd_atomic_end();
}

bool sd_data_current(struct page *page, unsigned int location)
{
	return words_of(page)[0] == location && (current_in[location] & bit_of(page));
}

/* For the story: who has these contents now. */
static __always_inline void tell_successor(struct page *page, unsigned int location)
{
	struct address_space *mapping = location_file[location];
	pgoff_t index = location_index[location];

	if (mapping && mapping->sd_pages[index] && mapping->sd_pages[index] != page)
		__sd_event("because", "Page {0:d} of {1:s} is {2:p} now", index, (sd_u64)mapping->sd_name, (sd_u64)mapping->sd_pages[index]);
}

/* For the story: which store it is that is not seen. */
static __always_inline void tell_last_write(unsigned int location)
{
	if (__sd_told() && last_write[location])
		__sd_event("because", "The last write to it was made in {0:w} and went to {1:p}", (sd_u64)&last_write[location],
			   (sd_u64)last_write[location], 0);
}

void sd_data_access(struct page *page, unsigned int word, unsigned int location, bool write, const char *who, unsigned long va)
{
	u64 here = bit_of(page);

	if (write && page->sd_moved) {
		tell_successor(page, location + word);
		__sd_fail("lost-write", page->sd_kind == SD_FRAME_FREE ?
				"the write of {0:s} to {1:x} is lost: it goes to {2:p}, which was moved elsewhere and freed" :
				"the write of {0:s} to {1:x} is lost: it goes to {2:p}, whose contents were already copied elsewhere",
			  (sd_u64)who, va, (sd_u64)page);
	}
	if (page->sd_kind == SD_FRAME_FREE)
		__sd_fail("freed-page-access", write ? "{0:s} writes to {1:x}, and the write goes to {2:p}, a page that was freed" :
				"{0:s} reads {1:x} and sees {2:p}, a page that was freed",
			  (sd_u64)who, va, (sd_u64)page);
	if (page->sd_kind == SD_FRAME_TABLE)
		__sd_fail("freed-page-access", "{0:s} accesses {1:x} and reaches {2:p}, which is a page table now", (sd_u64)who, va,
			  (sd_u64)page);
	if (words_of(page)[word] == GIVEN_UP)
		return;
	if (words_of(page)[word] != location + word)
		__sd_fail("foreign-page-access", "{0:s} accesses {1:x} and reaches {2:p}, which holds somebody else's data",
			  (sd_u64)who, va, (sd_u64)page);
	if (!write) {
		if (!(current_in[location + word] & here)) {
			tell_last_write(location + word);
			__sd_fail("stale-read", "{0:s} reads {1:x} in {2:p} and does not see the last write to it", (sd_u64)who, va,
				  (sd_u64)page);
		}
		__sd_event("access", "{0:s} reads {1:x}: {2:p}", (sd_u64)who, va, (sd_u64)page);
		return;
	}
	if (__sd_told())
		last_write[location + word] = page;
	__sd_event("access", "{0:s} writes to {1:x}: {2:p}", (sd_u64)who, va, (sd_u64)page);
	if (current_in[location + word] != here)
		current_in[location + word] = here;
}

/* Word by word, as the copy goes. */
void sd_data_copy(struct page *to, struct page *from, unsigned int word)
{
	u64 location = words_of(from)[word];

	if (from->sd_kind != SD_FRAME_DATA || to->sd_kind != SD_FRAME_DATA)
		__sd_fail("freed-page-access", "{0:p} is copied to {1:p}, and one of them is free", (sd_u64)from, (sd_u64)to, 0);
	words_of(to)[word] = location;
	if (!location || location == GIVEN_UP)
		return;
	if (current_in[location] & bit_of(from))
		current_in[location] |= bit_of(to);
	else
		current_in[location] &= ~bit_of(to);
}

/*
 * The contents are given up on purpose, as the entry goes (in its section): whoever faults next begins with nothing. Until it is freed the page may
 * still be accessed, through what is about to be flushed.
 */
void sd_data_drop(struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++)
		if (words_of(page)[word] && words_of(page)[word] != GIVEN_UP) {
			current_in[words_of(page)[word]] = 0;
			words_of(page)[word] = GIVEN_UP;
		}
}

/* From now on, until the frame is allocated again, nobody will look for these contents here. */
void sd_data_moved(struct page *from, const char *how)
{
	from->sd_moved = how;
}

void sd_data_freed(struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++) {
		u64 location = words_of(page)[word];
		struct address_space *mapping;

		if (!location || location == GIVEN_UP || !(current_in[location] & bit_of(page)))
			continue;
		current_in[location] &= ~bit_of(page);
		mapping = location_file[location];
		if (!current_in[location] && mapping && mapping->sd_pages[location_index[location]]) {
			tell_last_write((unsigned int)location);
			__sd_fail("lost-write",
				  "{0:p} is freed and has the last write to page {1:d} of {2:s}: the page there now does not have it",
				  (sd_u64)page, location_index[location], (sd_u64)mapping->sd_name);
		}
	}
}

/* When all is quiet every user page that is mapped shows the last write. */
void sd_data_final(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		u64 leaf = sd_walk(up->mm, up->va, true);
		struct page *page;

		if (!leaf)
			continue;
		page = pfn_to_page((leaf & PTE_PFN_MASK) >> PAGE_SHIFT);
		if (page->sd_kind != SD_FRAME_DATA)
			__sd_fail("freed-page-access", "at the end {0:x} in {1:s} is mapped to {2:p}, which is not a data page", up->va,
				  (sd_u64)up->mm->sd_name, (sd_u64)page);
		if (!sd_data_current(page, up->location)) {
			tell_last_write(up->location);
			__sd_fail("lost-write", "at the end {0:x} in {1:s} is {2:p}, which does not have the last write to it", up->va,
				  (sd_u64)up->mm->sd_name, (sd_u64)page);
		}
	}
}
