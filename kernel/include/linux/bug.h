/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BUG and WARN are violations: a path that reaches one ends there with a report.
 * WARN_ON keeps its value, so that code may test it; -DSD_WARN_OK makes it silent.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/compiler.h>
#include <shootdown.h>

#define BUG() __sd_fail("bug-on", "BUG() reached", 0, 0, 0)
#define BUG_ON(cond) do { if (unlikely(cond)) __sd_fail("bug-on", "BUG_ON({0:s})", (sd_u64)(#cond), 0, 0); } while (0)
#define VM_BUG_ON(cond) BUG_ON(cond)
#define VM_BUG_ON_PAGE(cond, page) \
	do { if (unlikely(cond)) __sd_fail("bug-on", "VM_BUG_ON_PAGE({0:s}) for {1:p}", (sd_u64)(#cond), (sd_u64)(page), 0); } while (0)
#define VM_BUG_ON_VMA(cond, vma) BUG_ON(cond)

#ifdef SD_WARN_OK
#define __SD_WARN(text) ((void)0)
#else
#define __SD_WARN(text) __sd_fail("warn-on", "WARN_ON({0:s})", (sd_u64)(text), 0, 0)
#endif

#define WARN_ON(cond) ({ bool __warned = !!(cond); if (unlikely(__warned)) __SD_WARN(#cond); unlikely(__warned); })
#define WARN_ON_ONCE(cond) WARN_ON(cond)
#define WARN(cond, ...) WARN_ON(cond)
#define WARN_ONCE(cond, ...) WARN_ON(cond)
#define VM_WARN_ON(cond) ((void)WARN_ON(cond))
#define VM_WARN_ON_ONCE(cond) WARN_ON(cond)

#endif
