/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as people read them: digits in groups, one unit and one number of
 * decimals for all cells of a column.
 */
#ifndef PK_CELL_H
#define PK_CELL_H

#include "analysis/table.h"
#include "base/strbuf.h"

/* How the cells of a column are written. */
struct pk_cell_format {
	enum pk_col_type type;
	double divisor;		/* value / divisor is shown */
	const char *unit;	/* "s", "%", "" */
	int decimals;
	const char *us;		/* not NULL: each cell has its own unit, this is a microsecond */
};

/* The format that fits the largest value of a column. */
struct pk_cell_format pk_cell_format_of(const struct pk_table *t, unsigned int column,
					bool unicode);
/* The cell without its unit; "-" for none. */
void pk_cell_put(const struct pk_cell_format *f, const struct pk_column *c,
		 const union pk_cell *cell, struct pk_strbuf *out);

#endif
