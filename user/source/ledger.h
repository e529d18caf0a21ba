/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the ledger of a running kernel: what a dump tells, piece by piece.
 * Structures are those of the contract, checked: sizes and enums are in range,
 * lines sum up. They are valid during the call only.
 */
#ifndef PK_SOURCE_LEDGER_H
#define PK_SOURCE_LEDGER_H

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
};

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
/* @what: mask of PKPROF_LEDGER_*; @epoch_ns: 0, or now_ns of an earlier info. */
int pk_live_read(struct pk_live *l, uint64_t epoch_ns, uint32_t what,
		 const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err);
/* The session that runs, if any: its owner, in the initial pid namespace; false: none. */
struct pk_nl_status;
int pk_live_status(struct pk_live *l, struct pk_nl_status *ret, struct pk_err *err);
void pk_live_close(struct pk_live *l);	/* NULL is fine */

#endif
