/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a whole as people take them in: a table whose columns of parts gave way
 * to one bar per row, in which each part has its letter and its share of the
 * characters, and to the names of the largest ones.
 */
#ifndef PK_PARTS_H
#define PK_PARTS_H

#include "analysis/table.h"
#include "base/strbuf.h"

struct pk_parts {
	struct pk_table table;	/* refers to the texts of the table it was made from */
	struct pk_column *columns;
	PK_VEC(char *) texts;
	struct pk_strbuf legend;	/* what the letters mean that were drawn */
};

bool pk_parts_are_in(const struct pk_table *t);
/* 0 or -ENOMEM; to be deinitialised in any case. */
int pk_parts_init(const struct pk_table *t, struct pk_parts *ret);
void pk_parts_deinit(struct pk_parts *p);

/*
 * Letters for parts of @whole, @width of them; a part that is there at all but too small
 * for a letter has none. 0 of all: blanks.
 */
void pk_parts_bar(const uint64_t *parts, const char *letters, unsigned int nr, unsigned int width,
		  struct pk_strbuf *out);

#endif
