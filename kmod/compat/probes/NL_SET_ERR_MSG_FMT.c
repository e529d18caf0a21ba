// SPDX-License-Identifier: GPL-2.0-or-later
/* "netlink: add support for formatted extack messages", 6.2. */
#include <linux/netlink.h>

void pk_probe(struct netlink_ext_ack *extack, int value);
void pk_probe(struct netlink_ext_ack *extack, int value)
{
	NL_SET_ERR_MSG_FMT(extack, "value %d", value);
}
