/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family's commands about the ledger, WATCH and the LEDGER dump, for the table of
 * operations in netlink.c.
 */
#ifndef PK_NETLINK_LEDGER_H
#define PK_NETLINK_LEDGER_H

#include <net/genetlink.h>
#include "uapi/pkprof.h"

extern struct genl_family pk_family;	/* netlink.c */

extern const struct nla_policy pk_watch_policy[PKPROF_A_MAX + 1];
int pk_netlink_watch(struct sk_buff *request, struct genl_info *info);

extern const struct nla_policy pk_ledger_policy[PKPROF_A_MAX + 1];
int pk_netlink_ledger_start(struct netlink_callback *cb);
int pk_netlink_ledger_dump(struct sk_buff *skb, struct netlink_callback *cb);
int pk_netlink_ledger_done(struct netlink_callback *cb);

#endif
