/* SPDX-License-Identifier: Apache-2.0 */
/* Doubly linked lists and hash lists; the _rcu forms publish with one marked store. */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H

#include <linux/kernel.h>

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	struct list_head *after = head->next;

	entry->prev = head;
	entry->next = after;
	after->prev = entry;
	head->next = entry;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_add(entry, head->prev);
}

static inline void list_unlink(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

/* A removed entry reads as zero, so that it never tells two states apart. */
static inline void list_del(struct list_head *entry)
{
	list_unlink(entry);
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	list_unlink(entry);
	list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_for_each_entry(pos, head, member)						\
	for (pos = list_first_entry(head, __typeof__(*pos), member);			\
	     &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member)					\
	for (pos = list_first_entry(head, __typeof__(*pos), member),			\
	     n = list_next_entry(pos, member);						\
	     &pos->member != (head); pos = n, n = list_next_entry(n, member))

#define HLIST_HEAD_INIT { NULL }
#define INIT_HLIST_HEAD(h) ((h)->first = NULL)
#define INIT_HLIST_NODE(n) ((n)->next = NULL, (n)->pprev = NULL)

static inline bool hlist_empty(const struct hlist_head *h)
{
	return !READ_ONCE(h->first);
}

static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !n->pprev;
}

static inline void hlist_add_head_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	WRITE_ONCE(h->first, n);
	if (first)
		first->pprev = &n->next;
}

#define hlist_add_head(n, h) hlist_add_head_rcu(n, h)

static inline void __hlist_del(struct hlist_node *n)
{
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
}

/* Readers may still stand on the entry: its next stays. */
static inline void hlist_del_rcu(struct hlist_node *n)
{
	__hlist_del(n);
	n->pprev = NULL;
}

static inline void hlist_del_init_rcu(struct hlist_node *n)
{
	if (n->pprev)
		hlist_del_rcu(n);
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member)						\
	({ __typeof__(ptr) __p = (ptr); __p ? hlist_entry(__p, type, member) : NULL; })
#define hlist_for_each_entry_rcu(pos, head, member, ...)				\
	for (pos = hlist_entry_safe(READ_ONCE((head)->first), __typeof__(*(pos)), member); \
	     pos; pos = hlist_entry_safe(READ_ONCE((pos)->member.next), __typeof__(*(pos)), member))
#define hlist_for_each_entry(pos, head, member)						\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member);		\
	     pos; pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))

#endif
