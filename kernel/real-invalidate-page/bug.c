// SPDX-License-Identifier: Apache-2.0
/* bug.c - BUG, WARN and printk, for files of a 4.4 tree. Either of the first two is a violation. */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>

#include "../real/real.h"

void __noreturn __sd_bug(const char *file, int line)
{
	__sd_fail("bug-on", "BUG at {0:s}:{1:d}", (sd_u64)file, line, 0);
}

void __sd_warn(const char *file, int line)
{
	__sd_fail("warn-on", "WARN at {0:s}:{1:d}", (sd_u64)file, line, 0);
}

void warn_slowpath_null(const char *file, const int line)
{
	__sd_warn(file, line);
}

void warn_slowpath_fmt(const char *file, const int line, const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
	__sd_warn(file, line);
}

int printk(const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
	return 0;
}

void dump_page(struct page *page, const char *reason)
{
}

void dump_page_badflags(struct page *page, const char *reason, unsigned long badflags)
{
}

void dump_mm(const struct mm_struct *mm)
{
}

void dump_vma(const struct vm_area_struct *vma)
{
}

/* A function of the tree that the model does not stand in for was reached. */
void sd_not_modelled(const char *function)
{
	__sd_fail("model-limit", "{0:s}() was called, which the runtime for 4.4 does not model", (sd_u64)function, 0, 0);
}
