/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums that descriptors watch where no session has them: a session of its own that
 * nobody records, with the sources whose sums come by dumps.
 *
 * A source has one session at a time. Where somebody's session wants it, this one gives
 * it up, and takes it again when that has stopped; sums then begin anew, and a dump says
 * since when they count (struct pkprof_sums).
 */
#ifndef PK_WATCH_H
#define PK_WATCH_H

#include <linux/bits.h>
#include <linux/types.h>
#include "uapi/pkprof.h"

struct netlink_ext_ack;
struct pk_session;

/* Sources that may be watched. */
#define PK_WATCH_SOURCES                                                                     \
	(BIT(PKPROF_SRC_BLOCK) | BIT(PKPROF_SRC_TCP) | BIT(PKPROF_SRC_VFS) |                 \
	 BIT(PKPROF_SRC_UNIX))

/**
 * pk_watch_settle - keep just these sources attached
 * @sources:	mask, of PK_WATCH_SOURCES; 0: none
 * @extack:	gets the reason in words, may be NULL
 *
 * If they are others than before, the sums of all of them begin anew. After an error
 * none is attached. Context: control mutex, may sleep. Return: 0, or what
 * pk_session_start() says.
 */
int pk_watch_settle(u32 sources, struct netlink_ext_ack *extack);

/* What is attached now, without a reference; NULL: nothing. Context: control mutex. */
struct pk_session *pk_watch_session(void);

#endif
