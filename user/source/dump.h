/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw dump of what an engine handed out, for the replay engine.
 *
 * The file is the 8 bytes PK_DUMP_MAGIC, then blocks: a struct pk_dump_block
 * and its payload, padded to 8 bytes. Numbers are in the byte order of the
 * machine that wrote it. One INFO block comes first; a ROUND block stands
 * before the records of each drain. A reading of the ledger is a sequence of LEDGER
 * blocks, of which the first holds a struct pkprof_ledger_info; it stands where it was
 * read, between two drains.
 */
#ifndef PK_DUMP_H
#define PK_DUMP_H

#include <stdint.h>

#include "base/err.h"
#include "source/source.h"

#define PK_DUMP_MAGIC "PKRING1\n"
#define PK_DUMP_MAX_BLOCK (1u << 20)	/* payload bytes */

enum pk_dump_kind {
	PK_DUMP_INFO = 1,	/* struct pk_dump_info */
	PK_DUMP_ROUND,		/* u64: engine's clock before the drain, ns */
	PK_DUMP_RECORDS,	/* records of one CPU, back to back */
	PK_DUMP_BOOKS,		/* struct pkprof_counters of one CPU */
	PK_DUMP_LEDGER,		/* one piece of the ledger */
};

struct pk_dump_block {
	uint32_t kind;		/* enum pk_dump_kind */
	uint32_t cpu;		/* RECORDS, BOOKS; LEDGER: PKPROF_A_LEDGER_*, _BLOCK_* or _NET_* */
	uint64_t len;		/* bytes of the payload without padding */
};

struct pk_dump_info {
	uint64_t session, t0_ns, period_ns;
	uint32_t sources, nr_cpus;
	uint32_t abi, reserved;
};

struct pk_dump;

/* An existing file is overwritten. Errors: as open(2), PK_EXIT_OUTPUT. */
int pk_dump_create(const char *path, struct pk_dump **ret, struct pk_err *err);
void pk_dump_destroy(struct pk_dump *d);	/* NULL is fine */

/* All return 0 or -errno with the err given to create() filled. */
int pk_dump_info(struct pk_dump *d, const struct pk_source_info *info);
int pk_dump_round(struct pk_dump *d, uint64_t now_ns);
int pk_dump_record(struct pk_dump *d, unsigned int cpu, const struct pkprof_rec *rec);
int pk_dump_books(struct pk_dump *d, unsigned int cpu, const struct pkprof_counters *c);
/* A piece of a reading, as a visitor gets it, the info first. @kind: PKPROF_A_LEDGER_* but ALIVE, _BLOCK_* or _NET_*. */
int pk_dump_ledger(struct pk_dump *d, unsigned int kind, const void *piece);
/* What is buffered goes out. */
int pk_dump_flush(struct pk_dump *d);

#endif
