/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Export formats: each is one file and one row of the table in export.c. They
 * stream the samples of a scope in a form that other programs read.
 *
 * To add one: write user/export/NAME.c, declare its row below, put it into the
 * table, and give it a golden (tests/golden): a test looks for it.
 */
#ifndef PK_EXPORT_H
#define PK_EXPORT_H

#include <stdbool.h>

#include "analysis/kind.h"
#include "analysis/scope.h"
#include "base/sink.h"

struct pk_export_opts {
	bool threads;	/* stacks begin with the thread's name, not the process's */
	bool srcline;	/* perf-script: source lines below the frames */
	struct pk_kind_choice kind;	/* folded: which time */
};

struct pk_export {
	const char *name, *help;	/* help: one line, no final full stop */
	const char *suffix;		/* usual end of a file's name: ".folded" */
	/* Ends early when the sink fails; the caller flushes. -ENOMEM, or the sink's code. */
	int (*write)(const struct pk_scope *s, const struct pk_export_opts *o,
		     struct pk_sink *out, struct pk_err *err);
};

extern const struct pk_export pk_export_folded, pk_export_json, pk_export_perf_script;

extern const struct pk_export *const pk_exports[];
extern const unsigned int pk_nr_exports;
const struct pk_export *pk_export_find(const char *name);	/* or NULL */

#endif
