/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control of the kernel module over generic netlink; the contract's section 2
 * has the grammar. The only user of libnl.
 *
 * Where the kernel refuses, err->code is its -errno and err->msg its own
 * sentence (extended ack) or the errno's text; the caller puts the object and
 * the remedy around it.
 */
#ifndef PK_NL_H
#define PK_NL_H

#include <stdint.h>

#include "base/err.h"
#include "source/source.h"

struct pk_nl;

#define PK_NL_VERSION_LEN 32	/* bytes kept of a version, with the NUL */

struct pk_nl_info {
	uint32_t abi, abi_compat;
	char version[PK_NL_VERSION_LEN];
	uint32_t sources;	/* mask of what works on this kernel */
	uint32_t nr_cpus;	/* possible CPUs */
};

struct pk_nl_started {
	uint64_t session, t0_ns, period_ns;
	uint32_t sources, nr_cpus;
	uint32_t ring_bytes, ring_stride;
	uint32_t kernel_depth;	/* UINT32_MAX: the module did not say */
	uint64_t wait_period_ns;	/* 0: the module did not say */
};

struct pk_nl_status {
	uint32_t state;		/* enum pkprof_state */
	uint32_t abi;
	char version[PK_NL_VERSION_LEN];
	/* of the session; 0 when idle */
	uint64_t session, t0_ns, now_ns, period_ns;
	uint32_t sources, ring_bytes;
	uint32_t owner_pid;	/* initial pid namespace */
	char owner_comm[PKPROF_COMM_LEN];
	struct pkprof_governor governor;	/* budget 0: the session has none */
};

/* -ENOENT: there is no such family, the module is not loaded. */
int pk_nl_open(struct pk_nl **ret, struct pk_err *err);
void pk_nl_close(struct pk_nl *nl);	/* NULL is fine */

int pk_nl_info(struct pk_nl *nl, struct pk_nl_info *ret, struct pk_err *err);
/* As the initial pid namespace numbers them, in place; 0: gone. @nr: at most PKPROF_MAX_PIDS. */
int pk_nl_global_pids(struct pk_nl *nl, uint32_t *pids, unsigned int nr, struct pk_err *err);
int pk_nl_start(struct pk_nl *nl, uint64_t cookie, const struct pk_source_config *cfg,
		struct pk_nl_started *ret, struct pk_err *err);
int pk_nl_stop(struct pk_nl *nl, uint64_t cookie, struct pk_err *err);
int pk_nl_mark(struct pk_nl *nl, uint64_t cookie, const char *text, struct pk_err *err);
int pk_nl_status(struct pk_nl *nl, struct pk_nl_status *ret, struct pk_err *err);
/* The ledger and the sums of just these sources stay attached until the descriptor of this cookie is closed. */
int pk_nl_watch(struct pk_nl *nl, uint64_t cookie, uint32_t sources, struct pk_err *err);
/* See pk_live_read(). -ENOENT: the descriptor neither watches nor runs source sched. */
int pk_nl_ledger(struct pk_nl *nl, uint64_t cookie, uint64_t epoch_ns, uint32_t what,
		 const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err);
/* The books, one call per CPU and source. */
int pk_nl_books(struct pk_nl *nl,
		int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c),
		void *ctx, struct pk_err *err);

#endif
