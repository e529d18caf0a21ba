// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "genetlink: hold RCU in genlmsg_mcast()", 6.12, took the allocation flags
 * away; went into most stable series.
 */
#include <net/genetlink.h>

int pk_probe(const struct genl_family *family, struct sk_buff *skb);
int pk_probe(const struct genl_family *family, struct sk_buff *skb)
{
	return genlmsg_multicast_allns(family, skb, 0, 0, GFP_KERNEL);
}
