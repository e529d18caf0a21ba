/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of a scope: pieces put together by what is to be told apart, as far as the
 * filter leaves them. A piece that the filter's time cuts counts in proportion. What is
 * of no known process is left out where the filter asks for one.
 */
#ifndef PK_NET_GROUPS_H
#define PK_NET_GROUPS_H

#include "analysis/group_list.h"
#include "analysis/scope.h"
#include "model/distribution.h"

/* What is told apart, besides the role. */
#define PK_NET_BY_PROCESS	(1u << 0)
#define PK_NET_BY_PEER		(1u << 1)	/* address and port */
#define PK_NET_BY_PORT		(1u << 2)	/* of a Unix socket: the name */

/* What is not told apart is 0. */
struct pk_net_group {
	uint32_t tgid, owner;	/* process index, PK_NO_OWNER: not known */
	uint8_t role, family;
	bool local_only;	/* Unix sockets, which are never in one group with others */
	uint16_t port;
	uint32_t remote, local;	/* string ids of the profile */
	double counts[PKPROF_NR_NET_COUNTS];
	struct pk_dist dists[PKPROF_NR_NET_DISTS];
};

struct pk_net_groups {
	pk_group_list all;	/* of struct pk_net_group; by role, process, port, address */
};

/* 0 or -ENOMEM; to be deinitialised in any case. @by: mask of PK_NET_BY_*. */
int pk_net_groups_init(const struct pk_scope *s, unsigned int by, struct pk_net_groups *ret);
void pk_net_groups_deinit(struct pk_net_groups *g);

#endif
