/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and one-line explanations of the contract's enums, for everything that
 * a person or a program reads. The names are stable: JSON uses them too.
 */
#ifndef PK_SOURCE_NAMES_H
#define PK_SOURCE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "uapi/pkprof.h"

struct pk_name {
	const char *name, *help;
};

extern const struct pk_name pk_source_names[PKPROF_NR_SOURCES];
extern const struct pk_name pk_loss_names[PKPROF_NR_LOSSES];
/* Names as --kind wait:NAME and JSON have them; not to be changed. */
extern const struct pk_name pk_line_names[PKPROF_NR_LINES];
/* Likewise for --json of io. */
extern const struct pk_name pk_block_op_names[PKPROF_NR_BLOCK_OPS];
extern const struct pk_name pk_vfs_op_names[PKPROF_NR_VFS_OPS];

extern const struct pk_name pk_op_part_names[PKPROF_NR_OP_PARTS];

/* Name of a source or loss reason; "?" for values beyond the tables. */
const char *pk_source_name(unsigned int source);
const char *pk_loss_name(unsigned int loss);
const char *pk_line_name(unsigned int line);

/* Names of a mask of 1 << enum pkprof_source, separated by commas. */
void pk_sources_format(uint32_t mask, struct pk_strbuf *out);
/* Whether one of them is told by dumps, not by records. */
static inline bool pk_sources_told(uint32_t mask)
{
	return mask & (1u << PKPROF_SRC_SCHED | 1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP |
		       1u << PKPROF_SRC_VFS | 1u << PKPROF_SRC_UNIX);
}

/* The mask with what its sources need besides: offcpu needs sched, that needs task. */
uint32_t pk_sources_complete(uint32_t mask);
/* The mask without sources that need one which is not in it. */
uint32_t pk_sources_supported(uint32_t mask);

/* Mask of a comma separated list; PK_EXIT_USAGE names what is not known. */
int pk_sources_parse(const char *text, uint32_t *mask_ret, struct pk_err *err);

/* Of enum pkprof_step; NULL: not known. */
const char *pk_step_name(unsigned int step);

#endif
