// SPDX-License-Identifier: Apache-2.0
/*
 * oracle.c - what memory must hold.
 *
 * Contents are not values but tags. Each word of a data frame says which location it holds (a word of a file or of
 * anonymous memory); for each location one word says in which frames its content is current, and whether it is on disk. A store makes its
 * frame the only current one; a copy makes the copy as current as the source. So a store to a page that is current alone changes nothing, and
 * every value that a program could write is covered at once.
 *
 * Reading a word that is not current, or holds another location, is a stale read. A write is lost when it goes to a page whose contents were
 * already moved elsewhere for good, or when the only current copy is freed and another page takes its place: in the
 * file, or because a later fault made an empty one that is then read.
 *
 * Anonymous memory may be dropped on purpose (MADV_DONTNEED, munmap): the next fault begins with an empty page. The kernel does not declare it;
 * the oracle recognises it by how it is done. A drop clears the entry without the page lock, as zap_pte_range() does; it leaves nothing in the
 * entry, and has removed the page from the rmap when the table lock is released. Code that moves a page or writes it out (migration,
 * reclaim) holds the page lock. So an entry cleared in the first way is a drop, from the moment the table lock is released. A page that is freed
 * before that, or after its entry was removed in another way, takes the last write with it. Contents of files are dropped by delete_from_page_cache (truncation).
 *
 * A page whose memory failed takes the last write with it too, and this is nobody's mistake; but it must be told: whoever had it mapped gets SIGBUS. So
 * reaching the page once it is contained (memory_failure() has returned), and reaching anything else in its place without an error, are violations.
 */
#include <shootdown/machine.h>

static u64 current_in[SD_NR_LOCATIONS];			/* by location: set of frames, and DISK */
static struct address_space *location_file[SD_NR_LOCATIONS];
static pgoff_t location_index[SD_NR_LOCATIONS];
static struct page *lost_with[SD_NR_LOCATIONS];		/* which page took the last write with it when it was freed */
static unsigned int nr_locations = 1;			/* 0 is "nothing" */
static struct page *last_write[SD_NR_LOCATIONS];	/* for the story alone: where the last store to it went */

#define words_of(page) ((u64 *)page_address(page))
#define GIVEN_UP ~0ULL
#define bit_of(page) (1ULL << ((page) - mem_map))
#define DISK (1ULL << 63)

u64 sd_locked_pages[SD_MAX_TASKS];

unsigned int sd_new_location(unsigned int words)
{
	unsigned int first = nr_locations;

	nr_locations += words;
	if (nr_locations > SD_NR_LOCATIONS)
		__sd_fail("model-limit", "the scenario maps more words of user memory than SD_NR_LOCATIONS, which is {0:d}",
			  SD_NR_LOCATIONS, 0, 0);
	return first;
}

void sd_name_location(unsigned int location, struct address_space *mapping, pgoff_t index, bool on_disk)
{
	location_file[location] = mapping;
	location_index[location] = index;
	current_in[location] = on_disk ? DISK : 0;
}

static struct sd_upage *upage_of(u64 location)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++)
		if (location - sd_upages[i].location < SD_WORDS)
			return &sd_upages[i];
	return NULL;
}

/* Each frame of a set. */
#define for_each_frame(page, left, set)							\
	for (left = (set) & ~DISK; left && (page = mem_map + __builtin_ctzll(left), true); left &= left - 1)

/* All pages that have this word of anonymous memory were dropped: their contents are given up, and a fault begins with a new page. */
static void give_up_dropped(unsigned int location)
{
	struct page *page;
	u64 left;

	for_each_frame(page, left, current_in[location])
		if (!page->sd_dropped || page->_mapcount.counter != -1)
			return;
	for_each_frame(page, left, current_in[location])
		sd_data_drop(page);
}

/*
 * The page, new, becomes the home of these words: zero, or read from disk if they are there. What they held before was nothing, or is nowhere; if
 * it is in memory still and was not dropped, the page does not have it.
 */
void sd_data_bind(struct page *page, unsigned int location)
{
	unsigned int word;

	__sd_atomic_begin(SD_STEP, NULL);
	for (word = 0; word < SD_WORDS; word++) {
		u64 *where = &current_in[location + word];

		if (*where && !(*where & DISK) && !location_file[location + word])
			give_up_dropped(location + word);
		words_of(page)[word] = location + word;
		if ((!*where && !lost_with[location + word]) || (*where & DISK))
			*where |= bit_of(page);
	}
	__sd_atomic_end();
}

/* Setting up: what a write fault brought is written. */
void sd_data_populated(struct page *page, unsigned int location)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++)
		if (words_of(page)[word] == location + word)
			current_in[location + word] = bit_of(page);
}

#define NOT_MODELLED ": sharing or moving such pages (fork, KSM, mremap) is not modelled"

/*
 * An entry is about to become @new, of this user page or (NULL) of an address that the scenario did not map. A page of anonymous memory belongs to
 * one address: what fork, KSM or mremap() do with it is not modelled, and nothing is said about it.
 */
void sd_data_install(const struct sd_upage *up, u64 new)
{
	struct page *page;
	u64 location;

	if (!pte_present(__pte(new)) || !pfn_valid(pte_pfn(__pte(new))))
		return;
	page = pte_page(__pte(new));
	if (page->sd_kind != SD_FRAME_DATA)
		return;
	location = words_of(page)[0];
	if (!location || location == GIVEN_UP || location_file[location] || (up && up->location == location))
		return;
	if (!up)
		__sd_fail("scenario", "{0:p}, anonymous memory, is installed at an address that the scenario did not map" NOT_MODELLED,
			  (sd_u64)page, 0, 0);
	__sd_fail("scenario", "{0:p}, anonymous memory of another address, is installed at {1:x} in {2:s}" NOT_MODELLED, (sd_u64)page, up->va,
		  (sd_u64)up->mm->sd_name);
}

/* The entry of an ordinary user page is about to change. Of anonymous memory, it shows here whether it is dropped: see above. */
void sd_data_entry(int upage, u64 old, u64 new)
{
	const struct sd_upage *up = &sd_upages[upage];
	bool none = pte_none(__pte(new));
	struct page *page;
	unsigned int word;
	u64 left, set = 0;

	sd_data_install(up, new);
	if (up->mapping || (none && pte_none(__pte(old))))
		return;
	for (word = 0; word < SD_WORDS; word++) {
		set |= current_in[up->location + word];
		if (none && lost_with[up->location + word])
			lost_with[up->location + word] = NULL;
	}
	for_each_frame(page, left, set) {
		bool dropped = none && !sd_page_locked_by_me(page);

		if (page->sd_dropped != dropped)
			page->sd_dropped = dropped;
	}
}

bool sd_data_current(struct page *page, unsigned int location)
{
	return words_of(page)[0] == location && (current_in[location] & bit_of(page));
}

/* For the story: which page has these contents now. */
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

	if (page->sd_contained)
		__sd_fail("poisoned-page-access", "{0:s} accesses {1:x} and reaches {2:p}, whose memory failed and which was taken out of use",
			  (sd_u64)who, va, (sd_u64)page);
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
		__sd_fail("foreign-page-access", "{0:s} accesses {1:x} and reaches {2:p}, which now holds other data",
			  (sd_u64)who, va, (sd_u64)page);
	if (lost_with[location + word] && lost_with[location + word]->sd_contained)
		__sd_fail("lost-write", "{0:s} accesses {1:x} and gets no error: its contents were lost with {2:p}, whose memory failed",
			  (sd_u64)who, va, (sd_u64)lost_with[location + word]);
	if (!write) {
		if (!(current_in[location + word] & here) && lost_with[location + word])
			__sd_fail("lost-write", "{0:s} reads {1:x} and does not see the last write to it: {2:p} was freed and had the only copy",
				  (sd_u64)who, va, (sd_u64)lost_with[location + word]);
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
	if (lost_with[location + word])
		lost_with[location + word] = NULL;
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
	if (to->sd_dropped != from->sd_dropped)
		to->sd_dropped = from->sd_dropped;
	if (current_in[location] & bit_of(from))
		current_in[location] |= bit_of(to);
	else
		current_in[location] &= ~bit_of(to);
}

/*
 * The contents are dropped on purpose: the next fault begins with an empty page. Until it is freed the page may still be accessed, through a
 * translation that is about to be flushed, or through a reference. A scenario that drops pages in another way than zap_pte_range() calls this in
 * the section that removes the entry.
 */
void sd_data_drop(struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++)
		if (words_of(page)[word] && words_of(page)[word] != GIVEN_UP) {
			current_in[words_of(page)[word]] = 0;
			lost_with[words_of(page)[word]] = NULL;
			words_of(page)[word] = GIVEN_UP;
		}
}

/* The page keeps this word, but the oracle no longer counts it as a copy. True if no other copy has the last write to it. */
static bool last_copy_goes(struct page *page, u64 location)
{
	if (!location || location == GIVEN_UP || !(current_in[location] & bit_of(page)))
		return false;
	current_in[location] &= ~bit_of(page);
	return !current_in[location];
}

/* The memory of the page failed, and what the kernel does about it is done. */
void sd_data_contained(struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++)
		if (last_copy_goes(page, words_of(page)[word]))
			lost_with[words_of(page)[word]] = page;
	page->sd_contained = 1;
}

/* Was this word of memory in a page that failed? Then SIGBUS is what an access has to get. */
bool sd_data_failed(unsigned int location)
{
	struct page *page;

	for (page = mem_map; page < mem_map + SD_NR_FRAMES; page++)
		if (page->sd_hwpoison && words_of(page)[0] == location)
			return true;
	return false;
}

/* From now on, until the frame is allocated again, these contents are not expected here. */
void sd_data_moved(struct page *from, const char *how)
{
	from->sd_moved = how;
}

/* Under the table lock no other thread has seen that the entry is gone: that is no drop yet. */
static bool table_locked_by_me(struct sd_upage *up)
{
	u64 *slot;

	if (!current->preempt_count || !up || !up->mm)
		return false;
	slot = sd_leaf_slot(up->mm, up->va, up->size);
	return slot && virt_to_page(slot)->ptl.owner == sd_me();
}

void sd_data_freed(struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++) {
		u64 location = words_of(page)[word];
		struct address_space *mapping;

		if (!last_copy_goes(page, location))
			continue;
		mapping = location_file[location];
		/* Freeing a page while it is mapped is reported right after this, as what it is. */
		if (!mapping && (page->sd_dropped ? !table_locked_by_me(upage_of(location)) : page->_mapcount.counter != -1))
			continue;
		if (mapping && mapping->sd_pages[location_index[location]]) {
			tell_last_write((unsigned int)location);
			__sd_fail("lost-write",
				  "{0:p} is freed and has the last write to page {1:d} of {2:s}: the page there now does not have it",
				  (sd_u64)page, location_index[location], (sd_u64)mapping->sd_name);
		}
		lost_with[location] = page;
	}
}

/* To disk: what is there now is as current as the page. */
void sd_data_written(struct page *page)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++) {
		u64 location = words_of(page)[word];

		if (!location || location == GIVEN_UP)
			continue;
		if (current_in[location] & bit_of(page))
			current_in[location] |= DISK;
		else
			current_in[location] &= ~DISK;
	}
}

/* Its place on disk is free again: the contents are in memory alone. */
void sd_data_forget_disk(unsigned int location)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++)
		current_in[location + word] &= ~DISK;
}

/* Reclaim takes the page for clean: from now on its contents are what is on disk. */
void sd_data_gone(struct page *page, const char *how)
{
	unsigned int word;

	for (word = 0; word < SD_WORDS; word++) {
		u64 location = words_of(page)[word];
		struct address_space *mapping;

		if (!last_copy_goes(page, location))
			continue;
		mapping = location_file[location];
		if (mapping)
			__sd_fail("lost-write", "{0:p} is reclaimed as clean and has the last write to page {1:d} of {2:s}, which is not on disk",
				  (sd_u64)page, location_index[location], (sd_u64)mapping->sd_name);
		__sd_fail("lost-write", "{0:p} is reclaimed as clean and has the last write to {1:x}, which is not on disk", (sd_u64)page,
			  upage_of(location) ? upage_of(location)->va : 0, 0);
	}
	sd_data_moved(page, how);
}

/* For sd_show(): what the page has, and whether it is the last that was written there. */
void sd_show_contents(struct page *page)
{
	u64 location = words_of(page)[0];
	struct sd_upage *up;

	__sd_event("show part", "contents", (sd_u64)words_of(page), 0, 0);
	if (!location || location == GIVEN_UP || location >= nr_locations) {
		__sd_event("show value", location ? "given up" : "nothing yet", 0, 0, 0);
		return;
	}
	up = upage_of(location);
	if (current_in[location] & bit_of(page))
		__sd_event("show value", "the last write", 0, 0, 0);
	else
		__sd_event(current_in[location] ? "show stale" : "show value", current_in[location] ? "older than the last write" : "not written", 0, 0, 0);
	if (location_file[location])
		__sd_event("+", " to page {0:d} of {1:s}", location_index[location], (sd_u64)location_file[location]->sd_name, 0);
	else if (up && up->mm)
		__sd_event("+", " to {0:x} of {1:s}", up->va, (sd_u64)up->mm->sd_name, 0);
}

/* When all is quiet every user page that is mapped shows the last write. */
void sd_data_final(void)
{
	int i;

	for (i = 0; i < sd_nr_upages; i++) {
		struct sd_upage *up = &sd_upages[i];
		struct page *page;
		u64 leaf, *slot;

		if (!up->mm)
			continue;
		leaf = sd_walk(up->mm, up->va, true);
		/* An entry without any permission (PROT_NONE, NUMA hinting) is present all the same: a fault will make it accessible. */
		slot = leaf ? NULL : sd_leaf_slot(up->mm, up->va, up->size);
		if (slot && (*slot & _PAGE_PROTNONE))
			leaf = *slot;
		if (!leaf)
			continue;
		page = pfn_to_page((leaf & PTE_PFN_MASK) >> PAGE_SHIFT);
		if (page->sd_kind != SD_FRAME_DATA)
			__sd_fail("freed-page-access", "at the end {0:x} in {1:s} is mapped to {2:p}, which is not a data page", up->va,
				  (sd_u64)up->mm->sd_name, (sd_u64)page);
		if (page->sd_contained)
			__sd_fail("poisoned-page-access", "at the end {0:x} in {1:s} is mapped to {2:p}, whose memory failed and which was taken out of use",
				  up->va, (sd_u64)up->mm->sd_name, (sd_u64)page);
		if (!sd_data_current(page, up->location)) {
			tell_last_write(up->location);
			__sd_fail("lost-write", "at the end {0:x} in {1:s} is {2:p}, which does not have the last write to it", up->va,
				  (sd_u64)up->mm->sd_name, (sd_u64)page);
		}
	}
}
