/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NL_SET_ERR_MSG_FMT for kernels before 6.2, whose extended ack holds only a
 * pointer to a text that outlives the request; genlmsg_multicast_allns() without
 * allocation flags; and the attributes of a request for a dump.
 */
#ifndef PK_COMPAT_NETLINK_H
#define PK_COMPAT_NETLINK_H

#include <linux/netlink.h>
#include <net/genetlink.h>
#include "compat/config.h"

#if !HAVE_NL_SET_ERR_MSG_FMT
__printf(2, 3) void pk_extack_format(struct netlink_ext_ack *extack, const char *format, ...);
#define NL_SET_ERR_MSG_FMT(extack, format, args...) pk_extack_format((extack), (format), ##args)
#endif

static inline int pk_genlmsg_multicast_allns(const struct genl_family *family, struct sk_buff *skb,
					     u32 portid, unsigned int group)
{
#if HAVE_GENL_ALLNS_GFP
	return genlmsg_multicast_allns(family, skb, portid, group, GFP_KERNEL);
#else
	return genlmsg_multicast_allns(family, skb, portid, group);
#endif
}

/* Of the request, by PKPROF_A_*; NULL if the operation has no policy. */
static inline struct nlattr **pk_genl_dump_attrs(struct netlink_callback *cb)
{
#if HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif
