// SPDX-License-Identifier: Apache-2.0
/*
 * bug.c - BUG, WARN and printk of the real runtime, and what tracing leaves behind when it is off.
 *
 * BUG_ON and WARN_ON are a ud2 instruction and a table entry in the kernel; the engine turns these into calls of
 * __sd_bug and __sd_warn. Either is a violation.
 */
#include <linux/mmap_lock.h>
#include <linux/printk.h>
#include <linux/tracepoint-defs.h>

#include "real.h"

void __noreturn __sd_bug(const char *file, int line)
{
	__sd_fail("bug-on", "BUG at {0:s}:{1:d}", (sd_u64)file, line, 0);
}

void __sd_warn(const char *file, int line)
{
	__sd_fail("warn-on", "WARN at {0:s}:{1:d}", (sd_u64)file, line, 0);
}

int _printk(const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
	return 0;
}

void __warn_printk(const char *fmt, ...)
{
	__sd_event("printk", "{0:s}", (sd_u64)fmt, 0, 0);
}

#ifdef CONFIG_TRACING
struct tracepoint __tracepoint_mmap_lock_start_locking;
struct tracepoint __tracepoint_mmap_lock_acquire_returned;
struct tracepoint __tracepoint_mmap_lock_released;

void __mmap_lock_do_trace_start_locking(struct mm_struct *mm, bool write)
{
}

void __mmap_lock_do_trace_acquire_returned(struct mm_struct *mm, bool write, bool success)
{
}

void __mmap_lock_do_trace_released(struct mm_struct *mm, bool write)
{
}
#endif
