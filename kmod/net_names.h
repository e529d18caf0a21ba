/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of peers: a table of fixed size in which each name has a number. Names are only
 * added, by compare and exchange, and found by a hash of 64 bits; so a probe may do it and
 * readers need no lock. The same file compiles in the unit tests.
 */
#ifndef PK_NET_NAMES_H
#define PK_NET_NAMES_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

#define PK_NET_NAMES		1024	/* a power of two */
#define PK_NET_NAME_PROBES	16	/* slots that are tried for a name */

/* @ready: the rest is there, read with acquire. */
struct pk_net_name {
	atomic64_t hash;	/* 0: free */
	u32 ready;
	u32 bytes;
	u8 text[PKPROF_NET_NAME_ROOM(PKPROF_NET_MAX_NAME)];	/* the rest is 0 */
};

struct pk_net_names {
	struct pk_net_name name[PK_NET_NAMES];
};

/* The number of a name, from 1 on, added if it is new; 0: no room, or no name. Context: any. */
unsigned int pk_net_name_of(struct pk_net_names *n, const void *text, size_t bytes);

/* The name of a number, NULL: none. */
const struct pk_net_name *pk_net_name_at(const struct pk_net_names *n, unsigned int nr);

#endif
