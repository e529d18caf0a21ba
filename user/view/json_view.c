// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables as JSON; see json_view.h. */
#include "view/json_view.h"

static void put_cell(struct pk_json *j, const struct pk_column *c, const union pk_cell *cell)
{
	if (pk_cell_is_none(c, cell)) {
		pk_json_null(j, c->key);
		return;
	}
	switch (c->type) {
	case PK_COL_TEXT:
		pk_json_string(j, c->key, cell->text);
		break;
	case PK_COL_BOOL:
		pk_json_bool(j, c->key, cell->n);
		break;
	case PK_COL_RATIO:
	case PK_COL_REAL:
	case PK_COL_HZ:
		pk_json_double(j, c->key, cell->real);
		break;
	default:
		pk_json_u64(j, c->key, cell->n);
	}
}

static void put_row(struct pk_json *j, const char *key, const struct pk_table *t, size_t row)
{
	pk_json_object(j, key);
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (!(t->columns[i].flags & PK_COL_SCREEN))
			put_cell(j, &t->columns[i], &pk_table_cells(t, row)[i]);
	pk_json_end(j);
}

static void put_table(struct pk_json *j, const struct pk_table *t)
{
	if (t->flags & PK_TABLE_RECORD) {
		if (t->nr_rows)
			put_row(j, t->key, t, 0);
		else
			pk_json_null(j, t->key);
		return;
	}
	pk_json_array(j, t->key);
	for (size_t row = 0; row < t->nr_rows; row++)
		put_row(j, NULL, t, row);
	pk_json_end(j);
}

/* Tables that a limit cut short, and by how many rows. */
static void put_left_out(struct pk_json *j, const struct pk_result *r)
{
	bool any = false;

	PK_VEC_FOREACH(&r->tables, t)
		any |= (*t)->nr_left_out > 0;
	if (!any)
		return;
	pk_json_object(j, "left_out");
	PK_VEC_FOREACH(&r->tables, t)
		if ((*t)->nr_left_out)
			pk_json_u64(j, (*t)->key, (*t)->nr_left_out);
	pk_json_end(j);
}

void pk_json_result(struct pk_json *j, const char *key, const struct pk_result *r)
{
	pk_json_object(j, key);
	PK_VEC_FOREACH(&r->tables, t)
		put_table(j, *t);
	put_left_out(j, r);
	pk_json_array(j, "notes");
	PK_VEC_FOREACH(&r->notes, note)
		pk_json_string(j, NULL, *note);
	pk_json_end(j);
	pk_json_end(j);
}
