/* Tables of operations, callbacks with a cookie, container_of and intrusive lists, as drivers have them. */
#include "meaning.h"
#define offsetof(t, m) __builtin_offsetof(t, m)
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
struct list_head { struct list_head *next, *prev; };
static void list_add_tail(struct list_head *n, struct list_head *h) { n->prev = h->prev; n->next = h; h->prev->next = n; h->prev = n; }
static void list_del(struct list_head *n) { n->next->prev = n->prev; n->prev->next = n->next; n->next = n->prev = 0; }
#define list_for_each(p, h) for (p = (h)->next; p != (h); p = p->next)
struct notifier;
struct notifier_ops {
	int (*start)(struct notifier *, unsigned long, unsigned long);
	void (*end)(struct notifier *, unsigned long);
	const char *name;
};
struct notifier { const struct notifier_ops *ops; struct list_head link; int priority; };
struct device { char pad[3]; uint16_t id; struct notifier n; uint64_t sum; };
static int a_start(struct notifier *n, unsigned long s, unsigned long e)
{
	struct device *d = container_of(n, struct device, n);
	d->sum += (e - s) * d->id;
	return d->id % 3;
}
static int b_start(struct notifier *n, unsigned long s, unsigned long e) { return container_of(n, struct device, n)->id + (int)(s ^ e); }
static void a_end(struct notifier *n, unsigned long e) { container_of(n, struct device, n)->sum ^= e; }
static const struct notifier_ops a_ops = { a_start, a_end, "alpha" }, b_ops = { .start = b_start, .name = "beta" };
static struct list_head chain = { &chain, &chain };
static struct device devices[5];
static void each(struct list_head *h, void (*fn)(struct notifier *, void *), void *cookie)
{
	struct list_head *p;
	list_for_each(p, h)
		fn(container_of(p, struct notifier, link), cookie);
}
static void count(struct notifier *n, void *cookie) { *(int *)cookie += n->priority; }
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void sort(int *v, int n, int (*cmp)(const void *, const void *))
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && cmp(&v[j - 1], &v[j]) > 0; j--) { int t = v[j]; v[j] = v[j - 1]; v[j - 1] = t; }
}
PROGRAM
{
	for (int i = 0; i < 5; i++) {
		devices[i] = (struct device){ .id = i * 1000 + 7, .n = { .ops = i & 1 ? &b_ops : &a_ops, .priority = 10 - i } };
		list_add_tail(&devices[i].n.link, &chain);
	}
	list_del(&devices[2].n.link);
	for (int round = 0; round < 4; round++) {
		struct list_head *p;
		list_for_each(p, &chain) {
			struct notifier *n = container_of(p, struct notifier, link);
			mix(n->ops->start(n, round * 4096UL, round * 8192UL + 64));
			if (n->ops->end)
				n->ops->end(n, round);
			for (const char *c = n->ops->name; *c; c++)
				mix(*c);
		}
	}
	int total = 0;
	each(&chain, count, &total);
	mix(total);
	for (int i = 0; i < 5; i++)
		mix(devices[i].sum);
	int v[12];
	for (int i = 0; i < 12; i++)
		v[i] = (i * 7919) % 31 - 15;
	sort(v, 12, compare);
	for (int i = 0; i < 12; i++)
		mix(v[i]);
}
