/* SPDX-License-Identifier: Apache-2.0 */
/* Moving pages: where the new page comes from, and the entry points. */
#ifndef _LINUX_MIGRATE_H
#define _LINUX_MIGRATE_H

#include <linux/mm.h>

typedef void free_page_t(struct page *page, unsigned long private);
typedef struct page *new_page_t(struct page *page, unsigned long private);

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };
enum migrate_reason { MR_COMPACTION, MR_MEMORY_FAILURE, MR_MEMORY_HOTPLUG, MR_SYSCALL };

#define MIGRATEPAGE_SUCCESS 0

/* How often a page that could not be moved is tried again; each try multiplies the states. The kernel's own bound is 10. */
#ifndef SD_MIGRATE_PASSES
#define SD_MIGRATE_PASSES 1		/* bound: tries of a migration */
#endif

int migrate_pages(struct list_head *from, new_page_t *get_new_page, free_page_t *put_new_page,
		  unsigned long private, enum migrate_mode mode, int reason);
void remove_migration_ptes(struct page *old, struct page *new, bool locked);
int migrate_huge_page_move_mapping(struct address_space *mapping, struct page *newpage, struct page *page);
int migrate_page_move_mapping(struct address_space *mapping, struct page *newpage, struct page *page);

/* Soft offline (an error-correcting memory controller complained): the contents of the page move to another. */
int soft_offline_page(struct page *page, int flags);
int soft_offline_huge_page(struct page *page, int flags);

#endif
