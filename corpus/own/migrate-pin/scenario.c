// SPDX-License-Identifier: Apache-2.0
/* A page that a device writes to is migrated. -DPIN=1: the device's driver holds it with FOLL_PIN, else with an ordinary reference. */
// shootdown: -DPIN=0
#include <shootdown/scenario.h>

static struct mm_struct *mm;
static unsigned long va;

static void device(void *unused)
{
	struct page *page = sd_gup_fast(va, true, PIN);

	if (!page)
		return;
	sd_entry_write("the device", page, mm, va);
	sd_gup_put(page, PIN);
}

static void migrate(void *unused)
{
	sd_migrate(mm, va);
}

void scenario(void)
{
	mm = sd_mm("A");
	va = sd_mmap(mm, NULL, 1);
	sd_populate(mm, va);
	sd_cpu_run(0, mm, "device", device, NULL);
	sd_cpu_run(1, mm, "migrate", migrate, NULL);
}
