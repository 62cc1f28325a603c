// SPDX-License-Identifier: Apache-2.0
/*
 * Compiled as one with the tree's mm/swapfile.c: a swap device as swapon() leaves it. Its slots are looked for one after the other (no clusters, which
 * are for disks that seek); nothing is cached for a CPU.
 */
#include <shootdown/has.h>
#include SD_FILE

static DEFINE_PER_CPU(unsigned long, sd_swap_users);
static struct plist_head sd_heads[1];

struct address_space *sd_swap_cache(void)
{
	return swap_address_space(swp_entry(0, 1));
}

void sd_swap_init(unsigned int nr_slots)
{
	struct swap_info_struct *si = kvzalloc(struct_size(si, avail_lists, 1), GFP_KERNEL);

	swap_avail_heads = sd_heads;
	plist_head_init(&sd_heads[0]);
	si->users.percpu_count_ptr = (unsigned long)&sd_swap_users;
	si->flags = SWP_USED | SWP_WRITEOK | SWP_SYNCHRONOUS_IO;
	si->prio = -2;
	si->max = nr_slots + 1;
	si->swap_map = kvzalloc(si->max, GFP_KERNEL);
	si->swap_map[0] = SWAP_MAP_BAD;		/* the header */
#ifdef SD_HAS_SWAP_ZEROMAP
	si->zeromap = kvzalloc(sizeof(long), GFP_KERNEL);
#endif
	si->lowest_bit = si->cluster_next = 1;
	si->highest_bit = si->pages = nr_slots;
	spin_lock_init(&si->lock);
	spin_lock_init(&si->cont_lock);
	plist_node_init(&si->list, -si->prio);
	plist_node_init(&si->avail_lists[0], -si->prio);
	init_swap_address_space(0, si->max);
	/* A slot that nobody uses has left a shadow, so that the node of the cache's tree stays where it is. */
	xa_store(&sd_swap_cache()->i_pages, si->max, xa_mk_value(0), GFP_KERNEL);
	swap_info[0] = si;
	nr_swapfiles = 1;
	atomic_long_add(nr_slots, &nr_swap_pages);
	total_swap_pages += nr_slots;
	plist_add(&si->avail_lists[0], &sd_heads[0]);
}
