/** A small tree with a driver of our own, as text: two kinds of operations, a work item, a path of faults. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const HEADER = `
struct mmu_notifier_ops {
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *range);
	struct mmu_notifier *(*alloc_notifier)(struct mm_struct *mm);
};
struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long cur_seq);
};
`;

const DRIVER = `
#include <linux/mmu_notifier.h>

static const struct mirror_hooks hooks = { .zap = zap_all };

static bool mirror_invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range, unsigned long seq)
{
	struct mirror *m = container_of(mni, struct mirror, notifier);

	mutex_lock(&m->lock);
	mmu_interval_set_seq(mni, seq);
	m->ctx->hooks->zap(m, m->first);
	queue_work(m->ctx->queue, &m->ctx->work);
	mutex_unlock(&m->lock);
	return true;
}

static struct mmu_interval_notifier_ops mirror_ops;
static const struct mmu_notifier_ops space_ops = {
	.invalidate_range_start = space_start,
	.alloc_notifier = space_alloc,
};

static struct mmu_notifier *space_alloc(struct mm_struct *mm)
{
	return &container_of_nothing;
}

static int space_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct space *s = container_of(mn, struct space, mn);

	return count(s);
}

static void set_up(struct ctx *ctx)
{
	mirror_ops.invalidate = mirror_invalidate;
	INIT_WORK(&ctx->work, do_work);
}

static int take(struct mirror *m, struct batch *batch)
{
	return pin_user_pages_fast(batch->start, 1, 0, batch->pages);
}

int mirror_fault(struct mirror *m, unsigned long start, unsigned long end, bool write)
{
	struct batch batch = { .start = start };

	return take(m, &batch);
}
`;

const REGISTERS = `
int user_get(struct user_object *object, const struct mmu_interval_notifier_ops *ops)
{
	return mmu_interval_notifier_insert(&object->umem.notifier, current->mm, object->start, 4096, ops);
}
`;

export function driverTree(): string {
  const tree = mkdtempSync(join(tmpdir(), "shootdown-init-"));
  const files: Readonly<Record<string, string>> = {
    Makefile: "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n",
    "include/linux/mmu_notifier.h": HEADER,
    "drivers/mirror/mirror.c": DRIVER,
    "drivers/mirror/user.c": REGISTERS,
    "drivers/mirror/other.c": "int unrelated(void)\n{\n\treturn 0;\n}\n",
    "drivers/mirror/include/mirror.h": "",
    "drivers/mirror/Makefile":
      "ccflags-y += -I $(src)/include -I$(src)/absent\nmirrors-y := \\\n\tmirror.o\nmirrors-$(CONFIG_MIRROR_USER) += user.o\nobj-$(CONFIG_MIRROR) += mirrors.o\n",
    "drivers/Makefile": "obj-$(CONFIG_MIRRORS) += mirror/\n",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  return tree;
}
