// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of a whole in text; see parts.h. */
#include "base/cleanup.h"
#include "view/parts.h"

#define BAR_WIDTH 16	/* characters */
#define MAX_PARTS 32
#define MIN_NAMED 0.005	/* of the whole: a part that rounds to 1 % */

/* The parts of one row. */
struct row {
	unsigned int nr;
	uint64_t part[MAX_PARTS], sum;
	char letter[MAX_PARTS + 1];
	const char *name[MAX_PARTS];
};

bool pk_parts_are_in(const struct pk_table *t)
{
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (t->columns[i].flags & PK_COL_PART)
			return true;
	return false;
}

static void read_row(const struct pk_table *t, size_t row, struct row *ret)
{
	*ret = (struct row){ 0 };
	for (unsigned int i = 0; i < t->nr_columns && ret->nr < MAX_PARTS; i++) {
		uint64_t n = pk_table_cells(t, row)[i].n;

		if (!(t->columns[i].flags & PK_COL_PART))
			continue;
		ret->part[ret->nr] = n == PK_CELL_NONE ? 0 : n;
		ret->letter[ret->nr] = PK_COL_LETTER(t->columns[i].flags);
		ret->name[ret->nr] = t->columns[i].header;
		ret->sum += ret->part[ret->nr++];
	}
}

void pk_parts_bar(const uint64_t *parts, const char *letters, unsigned int nr, unsigned int width,
		  struct pk_strbuf *out)
{
	double sum = 0, done = 0;
	unsigned int drawn = 0;

	for (unsigned int i = 0; i < nr; i++)
		sum += parts[i];
	/* each part ends at its nearest character, so all together fill the bar */
	for (unsigned int i = 0; i < nr && sum > 0; i++) {
		done += parts[i];
		for (; drawn < (unsigned int)(done / sum * width + 0.5); drawn++)
			pk_strbuf_putc(out, letters[i]);
	}
	for (; drawn < width; drawn++)
		pk_strbuf_putc(out, ' ');
}

/* "disk 61 % cpu 30 %": the largest first, as far as they are worth a word. */
static void put_names(struct row *r, struct pk_strbuf *out)
{
	uint64_t left[MAX_PARTS];

	memcpy(left, r->part, sizeof(left));
	for (unsigned int n = 0; n < r->nr; n++) {
		unsigned int most = 0;
		double share;

		for (unsigned int i = 1; i < r->nr; i++)
			if (left[i] > left[most])
				most = i;
		share = r->sum ? (double)left[most] / r->sum : 0;
		if (share < MIN_NAMED)
			break;
		pk_strbuf_printf(out, "%s%s %.0f%%", n ? " " : "", r->name[most], share * 100);
		left[most] = 0;
	}
}

/* The buffer's text, which becomes the owner's. */
static const char *keep(struct pk_parts *p, struct pk_strbuf *b)
{
	char *text = pk_strbuf_failed(b) ? NULL : strdup(b->data ? b->data : "");

	pk_strbuf_clear(b);
	if (text && pk_vec_add(&p->texts, text)) {
		free(text);
		return NULL;
	}
	return text;
}

static int make_columns(const struct pk_table *t, struct pk_parts *p)
{
	unsigned int n = 0;

	p->columns = calloc(t->nr_columns + 3, sizeof(*p->columns));
	if (!p->columns)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (!(t->columns[i].flags & PK_COL_PART))
			p->columns[n++] = t->columns[i];
	p->columns[n++] = (struct pk_column){ "bar", "where it went", PK_COL_TEXT, PK_COL_WHOLE };
	p->columns[n++] = (struct pk_column){ "most", "", PK_COL_TEXT, PK_COL_ELASTIC };
	p->table.columns = p->columns;
	p->table.nr_columns = n;
	return 0;
}

static int make_row(const struct pk_table *t, size_t row, struct pk_parts *p, bool *drawn)
{
	union pk_cell *cells = calloc(p->table.nr_columns, sizeof(*cells));
	struct pk_strbuf b = { 0 };
	unsigned int n = 0;
	struct row r;
	int rc = -ENOMEM;

	if (!cells)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (!(t->columns[i].flags & PK_COL_PART))
			cells[n++] = pk_table_cells(t, row)[i];
	read_row(t, row, &r);
	pk_parts_bar(r.part, r.letter, r.nr, BAR_WIDTH, &b);
	for (const char *c = b.data; c && *c; c++)
		drawn[(unsigned char)*c] = true;
	cells[n].text = keep(p, &b);
	put_names(&r, &b);
	cells[n + 1].text = keep(p, &b);
	if (cells[n].text && cells[n + 1].text)
		rc = pk_table_add(&p->table, cells, p->table.nr_columns);
	pk_strbuf_deinit(&b);
	free(cells);
	return rc;
}

static void put_legend(const struct pk_table *t, const bool *drawn, struct pk_strbuf *out)
{
	for (unsigned int i = 0; i < t->nr_columns; i++) {
		char letter = PK_COL_LETTER(t->columns[i].flags);

		if (t->columns[i].flags & PK_COL_PART && drawn[(unsigned char)letter])
			pk_strbuf_printf(out, "%s%c=%s", out->len ? " " : "", letter,
					 t->columns[i].header);
	}
}

int pk_parts_init(const struct pk_table *t, struct pk_parts *ret)
{
	bool drawn[256] = { 0 };
	int rc;

	*ret = (struct pk_parts){ .table = { .key = t->key, .title = t->title, .flags = t->flags,
					     .nr_left_out = t->nr_left_out,
					     .nr_hidden_out = t->nr_hidden_out } };
	rc = make_columns(t, ret);
	for (size_t row = 0; !rc && row < t->nr_rows; row++)
		rc = make_row(t, row, ret, drawn);
	put_legend(t, drawn, &ret->legend);
	return rc;
}

void pk_parts_deinit(struct pk_parts *p)
{
	PK_VEC_FOREACH(&p->texts, text)
		free(*text);
	pk_vec_deinit(&p->texts);
	pk_vec_deinit(&p->table.cells);
	pk_strbuf_deinit(&p->legend);
	free(p->columns);
}
