/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The anatomy of operations on files: what the time of those of one kind went to, by how
 * long they took.
 *
 * In: the exact distribution of all of them (source vfs's sums), and those that were told one by
 * one. Out: for each bucket of the distribution how many there were, and the parts of those
 * that were told. A mean over a range of buckets takes each bucket at what it has in the
 * distribution, so it does not matter that of short operations few are told.
 */
#ifndef PK_OP_ANATOMY_H
#define PK_OP_ANATOMY_H

#include "analysis/scope.h"
#include "model/distribution.h"

/* Where bands of operations end: shares of all, by length. */
#define PK_OP_NR_BANDS 5
extern const double pk_op_band_ends[PK_OP_NR_BANDS];	/* the last is 1 */

/* Operations of one bucket that were told. */
struct pk_op_bucket {
	double nr;			/* that they stand for */
	double parts_ns[PKPROF_NR_OP_PARTS];	/* sums, each times what it stands for */
};

struct pk_op_kind {
	bool any;			/* there were some */
	struct pk_dist time;		/* of all */
	uint64_t nr_told;
	struct pk_op_bucket told[PKPROF_HIST_BUCKETS];
	unsigned int ends[PK_OP_NR_BANDS];	/* last bucket of each band */
};

struct pk_op_anatomy {
	struct pk_op_kind *kinds;	/* PKPROF_NR_VFS_OPS */
	PK_VEC(uint32_t) ops;		/* indices of those in the scope that were taken apart */
	size_t nr_whole;		/* in the scope, not taken apart */
};

/* What a band holds. */
struct pk_op_band {
	double nr;			/* operations */
	uint64_t nr_told;
	double mean_ns;			/* of those in buckets of which some were told */
	double parts_ns[PKPROF_NR_OP_PARTS];	/* means, likewise */
};

/* Whether operation @i, of those that were told one by one, ended in the scope. */
bool pk_op_in_scope(const struct pk_scope *s, size_t i);

/* 0 or -ENOMEM; to be deinitialised in any case. */
int pk_op_anatomy_init(const struct pk_scope *s, struct pk_op_anatomy *ret);
void pk_op_anatomy_deinit(struct pk_op_anatomy *a);

/* Buckets [from, to] of a kind. nr_told is 0: nothing but nr is known. */
void pk_op_band(const struct pk_op_anatomy *a, const struct pk_scope *s, unsigned int op,
		unsigned int from, unsigned int to, struct pk_op_band *ret);

/*
 * The operation that was told whose length is next to the quantile @q of its kind; index
 * into profile->ops, or -1.
 */
long pk_op_near(const struct pk_op_anatomy *a, const struct pk_scope *s, unsigned int op, double q);

#endif
