/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands that show a profile have in common: the file read, its model
 * built, and the samples that the filter options leave.
 */
#ifndef PK_CMD_LOADED_H
#define PK_CMD_LOADED_H

#include "analysis/kind.h"
#include "analysis/scope.h"
#include "base/opt.h"

/* As given on the command line. */
struct pk_loaded_opts {
	const char *phase, *comm;	/* NULL: any */
	const char *from, *to;		/* times since the start, NULL: from there, to the end */
	uint64_t pid;			/* 0: any */
	bool no_inline;			/* PK_INLINE_OPT() */
	bool native;			/* frames of interpreters themselves, too */
};

/* Rows of an option table that fill a struct pk_loaded_opts. */
#define PK_LOADED_OPTS(o)                                                                           \
	{ .name = "phase", .type = PK_OPT_STRING, .value = &(o).phase, .arg = "NAME",              \
	  .help = "only the time from this mark to the next one" },                                \
	{ .name = "from", .type = PK_OPT_STRING, .value = &(o).from, .arg = "T",                   \
	  .help = "only from here on: seconds since the start, or with unit: 250ms, 2min" },       \
	{ .name = "to", .type = PK_OPT_STRING, .value = &(o).to, .arg = "T",                       \
	  .help = "only up to here" },                                                             \
	{ .name = "pid", .type = PK_OPT_U64, .value = &(o).pid, .arg = "PID", .min = 1,            \
	  .max = 1 << 22, .help = "only this process" },                                           \
	{ .name = "comm", .type = PK_OPT_STRING, .value = &(o).comm, .arg = "PATTERN",             \
	  .help = "only threads or processes of this name; a shell pattern" },                     \
	{ .name = "native", .type = PK_OPT_FLAG, .value = &(o).native,                             \
	  .help = "with the interpreter's own frames beside the functions that it ran" }

/* Row of commands that show stacks. */
#define PK_INLINE_OPT(o)                                                                           \
	{ .name = "no-inline", .type = PK_OPT_FLAG, .value = &(o).no_inline,                       \
	  .help = "inlined functions are not told from those that they are in" }

struct pk_loaded {
	const char *path;
	struct pk_profile profile;
	struct pk_model model;
	struct pk_filter filter;
	struct pk_scope scope;
};

/*
 * The one file that the arguments of a command name: none is the default file, "-"
 * standard input. Says on stderr what is wrong with the file and yet allows to read it.
 * Nothing is to be closed after an error. PK_EXIT_BAD_FILE, PK_EXIT_USAGE.
 */
int pk_loaded_open(int nr_args, char **args, const struct pk_loaded_opts *o,
		   struct pk_loaded *ret, struct pk_err *err);
void pk_loaded_close(struct pk_loaded *in);

/* Whether this machine has run without a break since the recording. */
bool pk_loaded_same_boot(const struct pk_profile *p);

/* A sentence for a scope that has nothing of a kind; NULL: no samples. */
void pk_loaded_explain_empty(const struct pk_loaded *in, const struct pk_kind_choice *kind,
			     struct pk_strbuf *out);
/* "Only phase "x" from 2 pid 7": what was asked for. */
void pk_loaded_put_filter(const struct pk_loaded_opts *o, struct pk_strbuf *out);

#endif
