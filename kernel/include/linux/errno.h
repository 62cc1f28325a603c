/* SPDX-License-Identifier: Apache-2.0 */
/* The error numbers that kernel code under check returns. */
#ifndef _LINUX_ERRNO_H
#define _LINUX_ERRNO_H

#define E2BIG 7
#define EACCES 13
#define EAGAIN 11
#define EBUSY 16
#define EEXIST 17
#define EFAULT 14
#define EHWPOISON 133
#define EINTR 4
#define EINVAL 22
#define EIO 5
#define ENODEV 19
#define ENOENT 2
#define ENOMEM 12
#define ENOSPC 28
#define ENOSYS 38
#define EOPNOTSUPP 95
#define EOVERFLOW 75
#define EPERM 1
#define ERANGE 34
#define ETIMEDOUT 110

#endif
