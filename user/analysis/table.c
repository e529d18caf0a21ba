// SPDX-License-Identifier: GPL-2.0-or-later
/* Typed tables; see table.h. */
#include <stdarg.h>
#include <stdio.h>

#include "analysis/table.h"

void pk_result_deinit(struct pk_result *r)
{
	PK_VEC_FOREACH(&r->tables, t) {
		pk_vec_deinit(&(*t)->cells);
		free(*t);
	}
	PK_VEC_FOREACH(&r->notes, note)
		free(*note);
	PK_VEC_FOREACH(&r->texts, text)
		free(*text);
	pk_vec_deinit(&r->tables);
	pk_vec_deinit(&r->notes);
	pk_vec_deinit(&r->texts);
}

struct pk_table *pk_result_table(struct pk_result *r, const char *key, const char *title,
				 const struct pk_column *columns, unsigned int flags)
{
	struct pk_table *t = calloc(1, sizeof(*t));

	if (!t || pk_vec_add(&r->tables, t)) {
		free(t);
		return NULL;
	}
	t->key = key;
	t->title = title;
	t->columns = columns;
	t->flags = flags;
	while (columns[t->nr_columns].key)
		t->nr_columns++;
	return t;
}

const struct pk_table *pk_result_find(const struct pk_result *r, const char *key)
{
	PK_VEC_FOREACH(&r->tables, t)
		if (!strcmp((*t)->key, key))
			return *t;
	return NULL;
}

int pk_result_note(struct pk_result *r, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || pk_vec_add(&r->notes, text)) {
		free(text);
		return -ENOMEM;
	}
	return 0;
}

bool pk_result_has_rows(const struct pk_result *r)
{
	for (size_t i = 0; i < r->tables.nr; i++)
		if (r->tables.data[i]->nr_rows)
			return true;
	return false;
}

const char *pk_result_text(struct pk_result *r, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || pk_vec_add(&r->texts, text)) {
		free(text);
		return NULL;
	}
	return text;
}

int pk_table_add(struct pk_table *t, const union pk_cell *cells, size_t nr)
{
	if (nr != t->nr_columns)
		return -EINVAL;
	if (pk_vec_reserve(&t->cells, t->cells.nr + nr))
		return -ENOMEM;
	memcpy(t->cells.data + t->cells.nr, cells, nr * sizeof(*cells));
	t->cells.nr += nr;
	t->nr_rows++;
	return 0;
}

bool pk_cell_is_none(const struct pk_column *column, const union pk_cell *cell)
{
	switch (column->type) {
	case PK_COL_TEXT:
		return !cell->text || !*cell->text;
	case PK_COL_RATIO:
	case PK_COL_REAL:
	case PK_COL_HZ:
		return !isfinite(cell->real);
	default:
		return cell->n == PK_CELL_NONE;
	}
}
