/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of time that stacks are drawn and folded by: on the CPUs, off them, in one
 * line of the wait ledger, or along the chain of those who ended the waits; and bytes or
 * times of block I/O. Each is a row of the table in kind.c; help, completion and `list` are made from it.
 */
#ifndef PK_KIND_H
#define PK_KIND_H

#include "analysis/scope.h"
#include "analysis/towers.h"
#include "base/strbuf.h"

enum pk_weight_unit {
	PK_WEIGHT_SAMPLES,
	PK_WEIGHT_NS,		/* estimated, with a sampling error */
	PK_WEIGHT_BYTES,	/* likewise, where not all was recorded */
};

extern const char *const pk_weight_names[];	/* "samples", "time", "bytes" */

struct pk_kind_choice;

/* What a kind is divided by: NAME:WORD. False: number @i has no word. Fewer than 64. */
typedef bool (*pk_kind_words_fn)(unsigned int i, const char **name_ret, const char **help_ret);

struct pk_kind {
	const char *name, *help;	/* help: one line, no final full stop */
	pk_kind_words_fn words;		/* is called NAME:WORD; NULL: just NAME */
	enum pk_weight_unit unit;
	const char *title;		/* of a graph: "On-CPU time" by process and stack */
	const char *leaf;		/* what a stack's leaf does: "executing" */
	bool hangs;			/* is so high that its root is better drawn on top */
	uint32_t source;		/* enum pkprof_source that records it */
	/* Adds what the scope has of it. 0 or -ENOMEM. */
	int (*collect)(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		       struct pk_towers *ret);
};

extern const struct pk_kind pk_kinds[];
extern const unsigned int pk_nr_kinds;

/* What was asked for; all-zero is the first row: CPU time. */
struct pk_kind_choice {
	const struct pk_kind *kind;
	uint32_t word;		/* number of its word, as enum pkprof_line, where it takes one */
};

/* @text NULL: the default. PK_EXIT_USAGE names the kinds that there are. */
int pk_kind_parse(const char *text, struct pk_kind_choice *ret, struct pk_err *err);
/* Word number @i of all that pk_kind_parse() takes, and its help; false: there are no more. */
bool pk_kind_word(unsigned int i, struct pk_strbuf *word, const char **help_ret);
static inline const struct pk_kind *pk_kind_of(const struct pk_kind_choice *c)
{
	return c->kind ? c->kind : &pk_kinds[0];
}
/* "runq" of wait:runq, else NULL. */
const char *pk_kind_word_of(const struct pk_kind_choice *c);

int pk_kind_collect(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		    struct pk_towers *ret);

/* --- for the collect functions ------------------------------------------------------- */

enum pk_wait_part {
	PK_WAIT_BLOCKED = 1,
	PK_WAIT_RUNQ = 2,	/* runnable, but not running */
	PK_WAIT_ALL = 3,
};
/*
 * What the filter leaves of a part of wait @i: the span and its weight, pro rata
 * where the filter cuts it. False: nothing.
 */
bool pk_kind_span(const struct pk_scope *s, size_t i, enum pk_wait_part part,
		  struct pk_tower_piece *ret);
/*
 * The same without the blocked part of idle kernel threads, of which each kernel has
 * hundreds: that is added to what is left out.
 */
bool pk_kind_busy_span(const struct pk_scope *s, size_t i, enum pk_wait_part part,
		       struct pk_tower_piece *ret, struct pk_towers *towers);
/* String id of the name that a thread's stacks stand on. */
uint32_t pk_kind_base(const struct pk_model *m, uint32_t thread, bool threads);
/* In kind_io.c and kind_wakeup.c. */
int pk_kind_collect_io(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		       struct pk_towers *ret);
int pk_kind_collect_wakeups(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
			    struct pk_towers *ret);

#endif
