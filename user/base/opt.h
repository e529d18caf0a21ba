/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command-line options from tables: parsing and help come from the same rows.
 */
#ifndef PK_OPT_H
#define PK_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

enum pk_opt_type {
	PK_OPT_FLAG,	/* bool */
	PK_OPT_U64,	/* uint64_t, with min and max */
	PK_OPT_DOUBLE,	/* double >= 0 */
	PK_OPT_STRING,	/* const char * */
	PK_OPT_CHOICE,	/* const char *, one of choices */
};

struct pk_opt {
	char letter;		/* 0: long form only */
	const char *name;	/* long form; NULL ends a table */
	enum pk_opt_type type;
	void *value;		/* where to put it */
	const char *arg;	/* name of the argument in help: "HZ"; NULL for flags */
	const char *help;	/* one line */
	uint64_t min, max;	/* PK_OPT_U64; max 0: no limit */
	const char *const *choices;	/* PK_OPT_CHOICE, NULL-terminated */
};

/*
 * Parse argv[0..argc). Options end at "--" or at the first operand; with
 * @permute operands and options may be mixed up to "--". Operands are moved to
 * the front of argv, NULL after them; returns how many there are, or -EINVAL with
 * PK_EXIT_USAGE. *dashes_ret: index among the operands of the first one after
 * "--", or -1. "--help" yields -ECANCELED.
 */
int pk_opt_parse(const struct pk_opt *opts, int argc, char **argv, bool permute, int *dashes_ret,
		 struct pk_err *err);
/* The table as help text. */
void pk_opt_help(const struct pk_opt *opts, struct pk_strbuf *out);

#endif
