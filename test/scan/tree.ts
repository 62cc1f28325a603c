/** A small tree of C of our own, with a header and two kinds of subscribers. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const HEADER = `
struct mmu_notifier_ops {
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	unsigned int flags;
};
struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long cur_seq);
};
struct mmu_notifier { const struct mmu_notifier_ops *ops; };
static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range) { return range->flags & 1; }
`;

const COUNTING = `
/* struct mmu_notifier_ops is spoken of here */
#include <linux/mmu_notifier.h>
#define OBJECT_LOCK(o) mutex_lock(&(o)->lock)

static void drop(struct object *o)
{
	OBJECT_LOCK(o);
	kfree(o->pages);
}

static int start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct object *o = container_of(mn, struct object, mn);

	o->active++;
	drop(o);
	o->hooks->zap(o);
	return 0;
}

static void end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct object *o = container_of(mn, struct object, mn);

	o->sequence++;
	if (range)
		o->active--;
}

#ifdef CONFIG_MMU_NOTIFIER
static const struct mmu_notifier_ops object_ops = {
	.invalidate_range_start = start,
	.invalidate_range_end	= end,
};
#endif

int attach(struct object *o)
{
	o->mn.ops = &object_ops;
	return mmu_notifier_register(&o->mn, o->mm);
}

int fault(struct object *o, unsigned long seq)
{
	return o->active || o->sequence != seq;
}
`;

const INTERVAL = `
static bool invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long seq)
{
	if (!mmu_notifier_range_blockable(range))
		return false;
	guard(mutex)(&driver_lock);
	spin_lock(&other);
	return walk(mni, handle);
}

static void handle(void)
{
	down_read(&later);
}

/* In the order of the type's members. */
const struct mmu_interval_notifier_ops interval_ops = { invalidate };
`;

const HELPER = `
extern const struct mmu_interval_notifier_ops interval_ops;

int helper_fault(struct x *x)
{
	unsigned long seq = mmu_interval_read_begin(&x->mni);

	return mmu_interval_read_retry(&x->mni, seq);
}

int helper_insert(struct x *x, const struct mmu_interval_notifier_ops *ops)
{
	return mmu_interval_notifier_insert(&x->mni, x->mm, 0, 1, ops);
}
`;

const USER = `
int use(struct x *x)
{
	helper_fault(x);
	return helper_insert(x, &interval_ops);
}
`;

const RUN_TIME = `
static struct mmu_notifier_ops late_ops;
static void late_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	spin_lock_init(&x);
	rcu_read_lock();
}
static int __init late_init(void)
{
	late_ops.release = late_release;
	late_ops.flags = 1;
	return register_with(&late_ops);
}
`;

export const FILES: Readonly<Record<string, string>> = {
  Makefile: "VERSION = 6\nPATCHLEVEL = 2\nSUBLEVEL = 0\n",
  "include/linux/mmu_notifier.h": HEADER,
  "drivers/counting/object.c": COUNTING,
  "drivers/interval/ops.c": INTERVAL,
  "drivers/interval/user.c": USER,
  "lib/helper.c": HELPER,
  "drivers/late.c": RUN_TIME,
  "rust/mm.rs": "// mmu_notifier\n",
  "drivers/none.c": "int nothing;\n",
};

/** The path of a new copy. */
export function smallTree(files: Readonly<Record<string, string>> = FILES): string {
  const dir = mkdtempSync(join(tmpdir(), "shootdown-scan-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}
