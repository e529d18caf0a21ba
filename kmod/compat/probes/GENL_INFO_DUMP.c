// SPDX-License-Identifier: GPL-2.0-or-later
/* "genetlink: use attrs from struct genl_info", 6.6. */
#include <net/genetlink.h>

struct nlattr **pk_probe(struct netlink_callback *cb);
struct nlattr **pk_probe(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}
