/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes of vfs_async.c, for the tables of source vfs.
 */
#ifndef PK_VFS_ASYNC_PROBE_H
#define PK_VFS_ASYNC_PROBE_H

#include "compat/ftrace.h"
#include "compat/uring.h"

PK_FTRACE_DECLARE(pk_on_aio_read);
PK_FTRACE_DECLARE(pk_on_aio_write);
PK_FTRACE_DECLARE(pk_on_aio_complete);
PK_FTRACE_DECLARE(pk_on_uring_read);
PK_FTRACE_DECLARE(pk_on_uring_write);

/* The request at that address has its result, bytes or negative. Context: any. */
void pk_async_ends(void *data, void *request, long ret);

#endif
