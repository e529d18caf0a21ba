/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the ledger of a running kernel: what a dump tells, piece by piece.
 * Structures are those of the contract, checked: sizes and enums are in range,
 * lines sum up. They are valid during the call only.
 */
#ifndef PK_SOURCE_LEDGER_H
#define PK_SOURCE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "uapi/pkprof.h"

/* Each may be NULL: not wanted. Return 0 to go on, -errno to stop. */
struct pk_ledger_visitor {
	int (*info)(void *ctx, const struct pkprof_ledger_info *i);	/* first */
	int (*cpu)(void *ctx, const struct pkprof_ledger_cpu *c);
	int (*process)(void *ctx, const struct pkprof_ledger_process *p);
	int (*thread)(void *ctx, const struct pkprof_ledger_thread *t);
	int (*hist)(void *ctx, const struct pkprof_hist *h);
	/* ids of threads' accounts that there are; only if asked for, in several calls */
	int (*alive)(void *ctx, const uint64_t *ids, size_t nr);
	/* whose the sums of a source are that follow */
	int (*sums)(void *ctx, const struct pkprof_sums *s);
	/* a device comes before what was done on it */
	int (*block_device)(void *ctx, const struct pkprof_block_device *d);
	int (*block_ops)(void *ctx, const struct pkprof_block_ops *o);
	int (*net_conns)(void *ctx, const struct pkprof_net_conns *c);
	/* a file system comes before what was done on it */
	int (*vfs_fs)(void *ctx, const struct pkprof_vfs_fs *f);
	int (*vfs_ops)(void *ctx, const struct pkprof_vfs_ops *o);
	/* the device of a wait comes before */
	int (*wait_on)(void *ctx, const struct pkprof_wait_on *w);
};

#define PK_LEDGER_MAX_PIECE 65536 /* bytes, more than any piece takes */

/*
 * Check one piece of a dump and hand it to @v. @kind: PKPROF_A_LEDGER_*, _BLOCK_*, _NET_*, _VFS_* or _WAIT_ON, others
 * are skipped; @piece: aligned to 8. -EBADMSG: it makes no sense, @err says why; else what
 * the visitor said.
 */
int pk_ledger_tell(unsigned int kind, const void *piece, size_t bytes,
		   const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err);

/* Why a structure of @bytes is not one of the contract; NULL: it is. */
const char *pk_ledger_thread_fault(const struct pkprof_ledger_thread *t, size_t bytes);
const char *pk_ledger_process_fault(const struct pkprof_ledger_process *p, size_t bytes);
const char *pk_ledger_cpu_fault(const struct pkprof_ledger_cpu *c, size_t bytes);
const char *pk_ledger_hist_fault(const struct pkprof_hist *h, size_t bytes);
const char *pk_ledger_sums_fault(const struct pkprof_sums *s, size_t bytes);
const char *pk_block_device_fault(const struct pkprof_block_device *d, size_t bytes);
const char *pk_block_ops_fault(const struct pkprof_block_ops *o, size_t bytes);
const char *pk_net_conns_fault(const struct pkprof_net_conns *c, size_t bytes);
const char *pk_vfs_fs_fault(const struct pkprof_vfs_fs *f, size_t bytes);
const char *pk_vfs_ops_fault(const struct pkprof_vfs_ops *o, size_t bytes);
const char *pk_wait_on_fault(const struct pkprof_wait_on *w, size_t bytes);

/* Bytes of a piece that was told; PKPROF_A_LEDGER_ALIVE has no size of its own: 0. */
size_t pk_ledger_piece_bytes(unsigned int kind, const void *piece);

/*
 * Live view of the ledger without a recording: keeps the module's ledger attached
 * from open to close.
 */
struct pk_live;

/*
 * Errors: PK_EXIT_NO_RIGHTS, PK_EXIT_NO_MODULE, PK_EXIT_VERSION; as the engine
 * kmod's. @module: file to load if none is loaded, NULL: the installed one.
 */
int pk_live_open(const char *module, struct pk_live **ret, struct pk_err *err);
/*
 * Keep the sums of these sources attached as well, and of no others; @sources: mask of
 * 1 << enum pkprof_source. Those that do not work here, or that the module does not let
 * watch, are left out; *ret: the others. Takes up to seconds where they were not attached.
 */
int pk_live_watch(struct pk_live *l, uint32_t sources, uint32_t *ret, struct pk_err *err);
/* @what: mask of PKPROF_LEDGER_*; @epoch_ns: 0, or now_ns of an earlier info. */
int pk_live_read(struct pk_live *l, uint64_t epoch_ns, uint32_t what,
		 const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err);
/* The session that runs, if any: its owner, in the initial pid namespace; false: none. */
struct pk_nl_status;
int pk_live_status(struct pk_live *l, struct pk_nl_status *ret, struct pk_err *err);
/* As the initial pid namespace, and so the ledger, numbers them, in place; 0: gone. */
int pk_live_global_pids(struct pk_live *l, uint32_t *pids, unsigned int nr, struct pk_err *err);
void pk_live_close(struct pk_live *l);	/* NULL is fine */

#endif
