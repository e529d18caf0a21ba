/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of the wait ledger over pieces of accounts. Where a filter leaves only a part
 * of a piece, that part's time is shared out among the piece's lines in proportion,
 * as whole ns whose sum is the part's length exactly (largest remainders).
 */
#ifndef PK_MODEL_LEDGER_H
#define PK_MODEL_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

struct pk_lines {
	uint64_t ns[PKPROF_NR_LINES];
	uint64_t nr[PKPROF_NR_LINES];	/* intervals */
};

void pk_lines_add(struct pk_lines *sum, const struct pk_lines *more);
/* ns of all lines together. */
uint64_t pk_lines_sum_ns(const uint64_t ns[PKPROF_NR_LINES]);

/*
 * Add @inside_ns of a piece, at most its length. Parts of lines that this version
 * does not know are booked as "other"; a piece without parts is "lost".
 */
void pk_lines_add_piece(struct pk_lines *sum, const struct pk_profile *p,
			const struct pk_ledger_piece *piece, uint64_t inside_ns);
/* Likewise for a CPU; from_ns, to_ns and cpu of @sum are left alone. */
void pk_cpu_add_piece(struct pk_cpu_piece *sum, const struct pk_cpu_piece *piece,
		      uint64_t inside_ns);

/*
 * Share out @total in proportion to @weights, whose sum must not be 0: whole
 * numbers whose sum is @total. @total must not exceed that sum.
 */
void pk_share_out(const uint64_t *weights, unsigned int nr, uint64_t total, uint64_t *ret);

#define PK_SHARE_OUT_MAX 32	/* weights */
#define PK_LEDGER_MAX_CPUS 65536	/* CPUs with higher numbers are left out: none has one */

/* What lines have in common. */
enum pk_line_class {
	PK_LINE_ACTIVE,		/* runs, wants to run, or is held up by kernel or disk */
	PK_LINE_WAITING,	/* for somebody: a lock, a peer; or for work */
	PK_LINE_IDLE,		/* asleep, polling or stopped: seldom a matter of speed. Or for a
				 * child, whose own time says why */
	PK_LINE_UNKNOWN,
	PK_NR_LINE_CLASSES
};
enum pk_line_class pk_line_class(unsigned int line);
const char *pk_line_class_name(enum pk_line_class class);
/* ns of all lines of a class. */
uint64_t pk_lines_class_ns(const uint64_t ns[PKPROF_NR_LINES], enum pk_line_class class);

#endif
