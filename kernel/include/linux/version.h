/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernel's interfaces the headers offer: -DSD_KERNEL=404, 414, 419, 504, 510, 515, 601, 606 or 612 (the default).
 * Real files test LINUX_VERSION_CODE as ever.
 */
#ifndef _LINUX_VERSION_H
#define _LINUX_VERSION_H

#ifndef SD_KERNEL
#define SD_KERNEL 612
#endif

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE KERNEL_VERSION(SD_KERNEL / 100, SD_KERNEL % 100, 0)

#endif
