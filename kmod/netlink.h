/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control over generic netlink; grammar in uapi/pkprof.h section 2.
 */
#ifndef PK_NETLINK_H
#define PK_NETLINK_H

struct pk_status;

int pk_netlink_init(void);
void pk_netlink_deinit(void);

/* Tell the multicast group that a session started or stopped. Context: may sleep. */
void pk_netlink_notify(const struct pk_status *status);

#endif
