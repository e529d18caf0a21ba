/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Layout of the contract, asserted at compile time. Included by one file of
 * the module and one of the tool, before anything else of the contract, so that both
 * compilers agree on it and find no hole in it.
 */
#ifndef _UAPI_PKPROF_CHECK_H
#define _UAPI_PKPROF_CHECK_H

/* A hole would be told as it is in memory: uninitialised. The compiler names it. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#endif
#include "pkprof.h"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#define PKPROF_ASSERT_SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type " changed its size")

PKPROF_ASSERT_SIZE(pkprof_counters, 96);
PKPROF_ASSERT_SIZE(pkprof_hello, 16);
PKPROF_ASSERT_SIZE(pkprof_ring_reader, 8);
PKPROF_ASSERT_SIZE(pkprof_ring_info, 32);
PKPROF_ASSERT_SIZE(pkprof_rec, 16);
PKPROF_ASSERT_SIZE(pkprof_rec_sample, 32);
PKPROF_ASSERT_SIZE(pkprof_rec_stack, 24);
PKPROF_ASSERT_SIZE(pkprof_rec_fork, 64);
PKPROF_ASSERT_SIZE(pkprof_rec_exec, 40);
PKPROF_ASSERT_SIZE(pkprof_rec_comm, 40);
PKPROF_ASSERT_SIZE(pkprof_rec_exit, 24);
PKPROF_ASSERT_SIZE(pkprof_rec_task_info, 32);
PKPROF_ASSERT_SIZE(pkprof_rec_cgroup, 32);
PKPROF_ASSERT_SIZE(pkprof_rec_map, 64);
PKPROF_ASSERT_SIZE(pkprof_rec_file, 64);
PKPROF_ASSERT_SIZE(pkprof_rec_mark, 24);
PKPROF_ASSERT_SIZE(pkprof_rec_cpu_state, 24);
PKPROF_ASSERT_SIZE(pkprof_ledger_line, 16);
PKPROF_ASSERT_SIZE(pkprof_ledger_thread, 96);
PKPROF_ASSERT_SIZE(pkprof_ledger_process, 56);
PKPROF_ASSERT_SIZE(pkprof_ledger_cpu, 88);
PKPROF_ASSERT_SIZE(pkprof_ledger_info, 72);
PKPROF_ASSERT_SIZE(pkprof_sums, 16);
PKPROF_ASSERT_SIZE(pkprof_hist_bucket, 8);
PKPROF_ASSERT_SIZE(pkprof_hist, 40);
PKPROF_ASSERT_SIZE(pkprof_rec_op, 168);
PKPROF_ASSERT_SIZE(pkprof_rec_op_file, 40);
PKPROF_ASSERT_SIZE(pkprof_rec_ledger, 112);
PKPROF_ASSERT_SIZE(pkprof_rec_hist, 56);
PKPROF_ASSERT_SIZE(pkprof_rec_latency, 72);
PKPROF_ASSERT_SIZE(pkprof_rec_wait, 64);
PKPROF_ASSERT_SIZE(pkprof_rec_wake, 64);
PKPROF_ASSERT_SIZE(pkprof_rec_io, 56);
PKPROF_ASSERT_SIZE(pkprof_rec_io_end, 48);
PKPROF_ASSERT_SIZE(pkprof_rec_code, 48);
PKPROF_ASSERT_SIZE(pkprof_python, 80);
PKPROF_ASSERT_SIZE(pkprof_rec_step, 40);
PKPROF_ASSERT_SIZE(pkprof_governor, 32);
PKPROF_ASSERT_SIZE(pkprof_net_bucket, 8);
PKPROF_ASSERT_SIZE(pkprof_net_conns, 280);
PKPROF_ASSERT_SIZE(pkprof_vfs_fs, 80);
PKPROF_ASSERT_SIZE(pkprof_vfs_ops, 96);
PKPROF_ASSERT_SIZE(pkprof_wait_on, 72);

#endif
