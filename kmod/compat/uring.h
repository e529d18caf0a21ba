/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoint io_uring_complete: a request's result is in the ring that the process reads.
 * Before 5.19 it told not which request's, so there is no row for it.
 */
#ifndef PK_COMPAT_URING_H
#define PK_COMPAT_URING_H

#include "compat/tracepoint.h"
#include "config.h"

#if HAVE_URING_COMPLETE_CQE || HAVE_URING_COMPLETE_REQ
#include <trace/events/io_uring.h>
#include <linux/io_uring_types.h>
#define PK_URING_COMPLETE_ROW(fn) { .name = "io_uring_complete", .probe = fn, .optional = true },
#else
#define PK_URING_COMPLETE_ROW(fn)
#endif

struct file;

/* The file that a request (struct io_kiocb) is on: its first member in all kernels. */
static inline const struct file *pk_uring_file(const void *request)
{
	return *(const struct file *const *)request;
}

/* The tracepoint will tell when it ended. */
static inline bool pk_uring_tells_end(const void *request)
{
#if HAVE_URING_COMPLETE_CQE || HAVE_URING_COMPLETE_REQ
	return !(((const struct io_kiocb *)request)->flags & REQ_F_CQE_SKIP);
#else
	return false;
#endif
}

/* fn(void *data, void *request, long ret): @request may be NULL, a result without one. */
#if HAVE_URING_COMPLETE_CQE
#define PK_PROBE_URING_COMPLETE(name, fn)                                                    \
	static void name(void *data, struct io_ring_ctx *ring, void *request,                \
			 struct io_uring_cqe *result)                                        \
	{                                                                                    \
		fn(data, request, result->res);                                              \
	}                                                                                    \
	PK_PROBE_CHECK(io_uring_complete, name)
#elif HAVE_URING_COMPLETE_REQ
#define PK_PROBE_URING_COMPLETE(name, fn)                                                    \
	static void name(void *data, void *ring, void *request, u64 user_data, int ret,      \
			 unsigned int flags, u64 extra1, u64 extra2)                         \
	{                                                                                    \
		fn(data, request, ret);                                                      \
	}                                                                                    \
	PK_PROBE_CHECK(io_uring_complete, name)
#else
#define PK_PROBE_URING_COMPLETE(name, fn)
#endif

#endif
