/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of single operations on files: what they are called, and sums of what was done to
 * them, estimated: each operation that was told counts as those that it stands for.
 */
#ifndef PK_ANALYSIS_OP_FILES_H
#define PK_ANALYSIS_OP_FILES_H

#include "analysis/op_anatomy.h"
#include "analysis/table.h"
#include "base/map64.h"

/* By a file's number in the profile. */
struct pk_op_names {
	const struct pk_model *model;
	struct pk_map64 at;		/* index of the last item of a file */
	const char **text;		/* parallel to profile->op_files, owned by the result */
};

/* @result: keeps the texts. 0 or -ENOMEM; to be deinitialised in any case. */
int pk_op_names_init(const struct pk_model *m, struct pk_result *result, struct pk_op_names *ret);
void pk_op_names_deinit(struct pk_op_names *n);
/* The path; where it is not known "inode N"; of no file "". */
const char *pk_op_names_get(const struct pk_op_names *n, uint32_t file);
const struct pk_op_file *pk_op_names_file(const struct pk_op_names *n, uint32_t file);	/* or NULL */

struct pk_op_file_sum {
	uint32_t file;
	uint8_t op;
	uint64_t nr_told;
	double nr, bytes, sum_ns;
	double parts_ns[PKPROF_NR_OP_PARTS];
};

struct pk_op_file_sums {
	PK_VEC(struct pk_op_file_sum) all;
	struct pk_map64 at;
};

/* 0 or -ENOMEM; to be deinitialised in any case. */
int pk_op_file_sums_init(const struct pk_op_anatomy *a, const struct pk_scope *s,
			 struct pk_op_file_sums *ret);
void pk_op_file_sums_deinit(struct pk_op_file_sums *f);

#endif
