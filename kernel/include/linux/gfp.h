/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation flags: only "may it sleep" means something here. */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#define __GFP_DIRECT_RECLAIM 0x1u
#define __GFP_ZERO 0x2u
#define __GFP_NOWARN 0x4u
#define __GFP_ACCOUNT 0x8u
#define GFP_KERNEL __GFP_DIRECT_RECLAIM
#define GFP_USER GFP_KERNEL
#define GFP_HIGHUSER_MOVABLE GFP_KERNEL
#define GFP_ATOMIC 0u
#define GFP_NOWAIT 0u

#endif
