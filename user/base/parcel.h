/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole messages of a fixed size between processes that trust each other, over a pair of sockets
 * that keep messages apart, with a descriptor beside each or without.
 */
#ifndef PK_PARCEL_H
#define PK_PARCEL_H

#include <stddef.h>

/* @fd -1: none; stays the caller's. @flags: of sendmsg(2). 0 or -errno. */
int pk_parcel_send(int to, const void *data, size_t bytes, int fd, int flags);
/* *fd_ret: -1 if none came. 0 or -errno; -EPIPE: the other side is gone. */
int pk_parcel_receive(int from, void *data, size_t bytes, int *fd_ret, int flags);

#endif
