/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Typed tables: what an analysis yields and a view shows. The columns say
 * what a number is; how it looks is the view's matter.
 *
 * A record is a table of one row that reads as name and value, line by line.
 * Keys are stable: they are the names in JSON.
 */
#ifndef PK_TABLE_H
#define PK_TABLE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

enum pk_col_type {
	PK_COL_TEXT,
	PK_COL_COUNT,
	PK_COL_NS,
	PK_COL_BYTES,
	PK_COL_RATIO,	/* 0..1 of something, may exceed 1 */
	PK_COL_REAL,	/* number with a fraction */
	PK_COL_HZ,	/* likewise, per second */
	PK_COL_BOOL,	/* count of 0 or 1 */
	PK_NR_COL_TYPES
};

#define PK_COL_HIDDEN	(1u << 0)	/* not for people's eyes: JSON only */
#define PK_COL_ELASTIC	(1u << 1)	/* text that may be cut to fit the line; put it last */
#define PK_COL_BASENAME	(1u << 2)	/* a path, people see its last part */
#define PK_COL_ERROR	(1u << 3)	/* standard error of the column before */
#define PK_COL_BAR	(1u << 4)	/* ratio that a view may draw as a bar */
#define PK_COL_KEY	(1u << 5)	/* number that names a thing: a pid, a CPU */
#define PK_COL_IF_ANY	(1u << 6)	/* people need not see it when all of it is 0 */
#define PK_COL_SCREEN	(1u << 7)	/* for people's eyes only: not in JSON */
#define PK_COL_SPARE	(1u << 8)	/* left out where the line is too narrow */
#define PK_COL_ROW_IF	(1u << 9)	/* people need not see rows where it is 0 */
#define PK_COL_OWN_UNIT	(1u << 12)	/* times so different that each has its own unit */
#define PK_COL_WHOLE	(1u << 11)	/* text that is shown whole or not at all */
/*
 * One of the parts that make up a whole, all of one type. People see them as one bar
 * in which each part is drawn with its letter, and the largest ones by their headers.
 */
#define PK_COL_PART	(1u << 10)
#define PK_COL_PART_OF(letter) (PK_COL_PART | (unsigned int)(letter) << 24)
#define PK_COL_LETTER(flags) ((char)((flags) >> 24))

struct pk_column {
	const char *key;	/* NULL ends the columns */
	const char *header;
	enum pk_col_type type;
	unsigned int flags;	/* PK_COL_* */
};

#define PK_CELL_NONE UINT64_MAX	/* count, ns or bytes that nobody knows; also NULL, NAN */

union pk_cell {
	const char *text;	/* lives as long as the table's result */
	uint64_t n;
	double real;
};

#define PK_TEXT(v)  ((union pk_cell){ .text = (v) })
#define PK_COUNT(v) ((union pk_cell){ .n = (v) })
#define PK_REAL(v)  ((union pk_cell){ .real = (v) })

#define PK_TABLE_RECORD	(1u << 0)
#define PK_TABLE_DETAIL	(1u << 1)	/* only on request in text, always in JSON */

struct pk_table {
	const char *key, *title;
	const struct pk_column *columns;
	unsigned int nr_columns;
	unsigned int flags;		/* PK_TABLE_* */
	size_t nr_rows;
	size_t nr_left_out;		/* rows beyond the limit */
	size_t nr_hidden_out;		/* of them: rows that people would not see anyway */
	PK_VEC(union pk_cell) cells;	/* row by row */
};

/* What one analysis found. */
struct pk_result {
	PK_VEC(struct pk_table *) tables;
	PK_VEC(char *) notes;		/* sentences */
	PK_VEC(char *) texts;		/* owned text of cells */
};

void pk_result_deinit(struct pk_result *r);
/* A new empty table; NULL: no memory. */
struct pk_table *pk_result_table(struct pk_result *r, const char *key, const char *title,
				 const struct pk_column *columns, unsigned int flags);
/* Whether any of its tables has any row. */
bool pk_result_has_rows(const struct pk_result *r);
const struct pk_table *pk_result_find(const struct pk_result *r, const char *key);
/* Add a sentence; 0 or -ENOMEM. */
int pk_result_note(struct pk_result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Formatted text owned by the result; NULL: no memory. */
const char *pk_result_text(struct pk_result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Append a row; the number of cells must be that of the columns. 0 or -ENOMEM. */
int pk_table_add(struct pk_table *t, const union pk_cell *cells, size_t nr);
#define pk_table_row(t, ...)                                                                       \
	pk_table_add(t, (const union pk_cell[]){ __VA_ARGS__ },                                    \
		     sizeof((const union pk_cell[]){ __VA_ARGS__ }) / sizeof(union pk_cell))

static inline const union pk_cell *pk_table_cells(const struct pk_table *t, size_t row)
{
	return &t->cells.data[row * t->nr_columns];
}

/* Whether the cell holds no value. */
bool pk_cell_is_none(const struct pk_column *column, const union pk_cell *cell);

#endif
