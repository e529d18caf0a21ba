// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables as text; see text.h. Cells are written twice, once to measure and
 * once to show: a table is never held as text.
 */
#include "base/cleanup.h"
#include "base/unit.h"
#include "base/utf8.h"
#include "view/cell.h"
#include "view/parts.h"
#include "view/text.h"

#define GAP		2	/* blanks between columns */
#define BAR_COLUMNS	8
#define MIN_ELASTIC	8	/* columns an elastic cell gets however narrow the line */
#define GOOD_ELASTIC	30	/* below that other cells give way */
#define MIN_TEXT	12	/* columns that other texts keep */
#define RECORD_PAIRS	3	/* name and value pairs of a record on one line */
#define NOTE_WIDTH	100	/* columns of notes where the line has no end */

#define BOLD	"\033[1m"
#define DIM	"\033[2m"
#define CYAN	"\033[36m"
#define PLAIN	"\033[0m"

/* A table being written. */
struct layout {
	const struct pk_table *t;
	const struct pk_text_style *style;
	struct pk_cell_format *format;	/* by column */
	size_t *width;			/* by column, 0: not shown */
	double *bar_max;		/* by column, largest ratio where a bar is drawn */
	bool no_bars;			/* there is no room for them */
	struct pk_strbuf scratch;	/* one cell */
};

static void put_code(const struct pk_text_style *style, const char *code, struct pk_strbuf *out)
{
	if (style->colour)
		pk_strbuf_puts(out, code);
}

static void put_blanks(size_t n, struct pk_strbuf *out)
{
	while (n--)
		pk_strbuf_putc(out, ' ');
}

/* The cell's text, in scratch or in the table. */
static const char *cell_text(struct layout *l, size_t row, unsigned int column)
{
	const struct pk_column *c = &l->t->columns[column];
	const union pk_cell *cell = &pk_table_cells(l->t, row)[column];
	const char *slash;

	if (c->type == PK_COL_TEXT && !pk_cell_is_none(c, cell)) {
		slash = c->flags & PK_COL_BASENAME ? strrchr(cell->text, '/') : NULL;
		return slash && slash[1] ? slash + 1 : cell->text;
	}
	pk_strbuf_clear(&l->scratch);
	pk_cell_put(&l->format[column], c, cell, &l->scratch);
	return l->scratch.data ? l->scratch.data : "";
}

/* Header with the unit of all its cells, in scratch. */
static const char *header_text(struct layout *l, unsigned int column)
{
	const struct pk_column *c = &l->t->columns[column];

	pk_strbuf_clear(&l->scratch);
	if (c->flags & PK_COL_ERROR)
		pk_strbuf_puts(&l->scratch, l->style->unicode ? "±" : "+-");
	else
		pk_strbuf_puts(&l->scratch, c->header);
	if (*l->format[column].unit && !(c->flags & PK_COL_ERROR))
		pk_strbuf_printf(&l->scratch, " %s", l->format[column].unit);
	return l->scratch.data ? l->scratch.data : "";
}

/* A row of which nothing happened is left out, where its table says so. */
static bool is_row_shown(const struct pk_table *t, size_t row)
{
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (t->columns[i].flags & PK_COL_ROW_IF && !pk_table_cells(t, row)[i].n)
			return false;
	return true;
}

/* A column of nothing, or of zeroes where those mean nothing, tells nothing. */
static bool is_shown(const struct pk_table *t, unsigned int column)
{
	const struct pk_column *c = &t->columns[column];

	if (c->flags & PK_COL_HIDDEN)
		return false;
	for (size_t row = 0; row < t->nr_rows; row++) {
		const union pk_cell *cell = &pk_table_cells(t, row)[column];

		if (!is_row_shown(t, row))
			continue;
		if (!pk_cell_is_none(c, cell) && (!(c->flags & PK_COL_IF_ANY) || cell->n))
			return true;
	}
	return false;
}

static bool has_bar(const struct layout *l, unsigned int column)
{
	return l->style->width && l->style->unicode && !l->no_bars &&
	       l->t->columns[column].flags & PK_COL_BAR && l->t->nr_rows > 1;
}

static void measure_column(struct layout *l, unsigned int column)
{
	const struct pk_column *c = &l->t->columns[column];
	size_t columns;

	l->format[column] = pk_cell_format_of(l->t, column, l->style->unicode);
	l->width[column] = pk_utf8_columns(header_text(l, column));
	for (size_t row = 0; row < l->t->nr_rows; row++) {
		double share = c->flags & PK_COL_BAR ? pk_table_cells(l->t, row)[column].real : 0;

		if (!is_row_shown(l->t, row))
			continue;
		columns = pk_utf8_columns(cell_text(l, row, column));
		if (columns > l->width[column])
			l->width[column] = columns;
		if (share > l->bar_max[column])
			l->bar_max[column] = share;
	}
}

/* Columns of a line without its elastic cells. */
static size_t fixed_width(const struct layout *l)
{
	size_t sum = 0;

	for (unsigned int i = 0; i < l->t->nr_columns; i++)
		if (l->width[i] && !(l->t->columns[i].flags & PK_COL_ELASTIC))
			sum += l->width[i] + GAP + (has_bar(l, i) ? BAR_COLUMNS + 1 : 0);
	return sum;
}

/* The widest text that is not elastic and still worth cutting, or nr_columns. */
static unsigned int widest_text(const struct layout *l)
{
	unsigned int widest = l->t->nr_columns;

	for (unsigned int i = 0; i < l->t->nr_columns; i++)
		if (l->t->columns[i].type == PK_COL_TEXT && l->width[i] > MIN_TEXT &&
		    !(l->t->columns[i].flags & (PK_COL_ELASTIC | PK_COL_WHOLE)) &&
		    (widest == l->t->nr_columns || l->width[i] > l->width[widest]))
			widest = i;
	return widest;
}

/* What an elastic cell wants at least. */
static size_t elastic_width(const struct layout *l)
{
	size_t width = 0;

	for (unsigned int i = 0; i < l->t->nr_columns; i++)
		if (l->t->columns[i].flags & PK_COL_ELASTIC && l->width[i])
			width = GAP + (l->width[i] < GOOD_ELASTIC ? l->width[i] : GOOD_ELASTIC);
	return width;
}

/* Columns that can be spared go one by one, the last one first. */
static void drop_spare(struct layout *l)
{
	for (unsigned int i = l->t->nr_columns; i--;)
		if (l->t->columns[i].flags & PK_COL_SPARE && l->width[i] &&
		    fixed_width(l) + elastic_width(l) > l->style->width)
			l->width[i] = 0;
}

/*
 * Make lines fit the width: elastic cells get what the others leave; where that
 * is too little, other texts are cut and bars go.
 */
static void fit(struct layout *l)
{
	size_t elastic, used;

	drop_spare(l);
	elastic = elastic_width(l);
	while (fixed_width(l) + elastic > l->style->width) {
		unsigned int widest = widest_text(l);

		if (widest == l->t->nr_columns)
			break;
		l->width[widest]--;
	}
	l->no_bars = fixed_width(l) + elastic > l->style->width;
	used = fixed_width(l) + GAP;
	used = used + MIN_ELASTIC > l->style->width ? MIN_ELASTIC : l->style->width - used;
	for (unsigned int i = 0; i < l->t->nr_columns; i++)
		if (l->t->columns[i].flags & PK_COL_ELASTIC && l->width[i] > used)
			l->width[i] = used;
}

static int layout_init(const struct pk_table *t, const struct pk_text_style *style,
		       struct layout *ret)
{
	*ret = (struct layout){
		.t = t,
		.style = style,
		.format = calloc(t->nr_columns, sizeof(*ret->format)),
		.width = calloc(t->nr_columns, sizeof(*ret->width)),
		.bar_max = calloc(t->nr_columns, sizeof(*ret->bar_max)),
	};
	if (!ret->format || !ret->width || !ret->bar_max)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (is_shown(t, i))
			measure_column(ret, i);
	if (style->width)
		fit(ret);
	return 0;
}

static void layout_deinit(struct layout *l)
{
	free(l->format);
	free(l->width);
	free(l->bar_max);
	pk_strbuf_deinit(&l->scratch);
}

/* A bar of eighths of a column: U+2588 is a full one, U+258F one eighth. */
static void put_bar(struct layout *l, size_t row, unsigned int column, struct pk_strbuf *out)
{
	double share = pk_table_cells(l->t, row)[column].real;
	unsigned int eighths = 0, used = 0;

	if (share > 0 && l->bar_max[column] > 0)
		eighths = share / l->bar_max[column] * BAR_COLUMNS * 8 + 0.5;
	pk_strbuf_putc(out, ' ');
	put_code(l->style, CYAN, out);
	for (; eighths >= 8; eighths -= 8, used++)
		pk_utf8_put(out, 0x2588);
	if (eighths) {
		pk_utf8_put(out, 0x2590 - eighths);
		used++;
	}
	put_code(l->style, PLAIN, out);
	put_blanks(BAR_COLUMNS - used, out);
}

static bool is_last(const struct layout *l, unsigned int column)
{
	while (++column < l->t->nr_columns)
		if (l->width[column])
			return false;
	return true;
}

/* One aligned cell: text to the left, numbers to the right. */
static void put_aligned(const struct layout *l, unsigned int column, const char *text,
			struct pk_strbuf *out)
{
	size_t width = l->width[column], columns = pk_utf8_columns(text);
	bool cut = l->style->width && l->t->columns[column].type == PK_COL_TEXT;
	size_t blanks = columns < width ? width - columns : 0;

	put_blanks(GAP, out);
	if (l->t->columns[column].type != PK_COL_TEXT)
		put_blanks(blanks, out);
	pk_utf8_put_printable(out, text, cut ? width : 0, l->style->unicode);
	if (l->t->columns[column].type == PK_COL_TEXT && !is_last(l, column))
		put_blanks(blanks, out);
}

static void put_header(struct layout *l, struct pk_strbuf *out)
{
	put_code(l->style, DIM, out);
	for (unsigned int i = 0; i < l->t->nr_columns; i++) {
		if (!l->width[i])
			continue;
		put_aligned(l, i, header_text(l, i), out);
		if (has_bar(l, i))
			put_blanks(BAR_COLUMNS + 1, out);
	}
	put_code(l->style, PLAIN, out);
	pk_strbuf_putc(out, '\n');
}

static void put_row(struct layout *l, size_t row, struct pk_strbuf *out)
{
	for (unsigned int i = 0; i < l->t->nr_columns; i++) {
		if (!l->width[i])
			continue;
		put_aligned(l, i, cell_text(l, row, i), out);
		if (has_bar(l, i))
			put_bar(l, row, i, out);
	}
	pk_strbuf_putc(out, '\n');
}

/* "value unit", with the standard error that the next column may hold; in @out. */
static void put_value(struct layout *l, unsigned int column, struct pk_strbuf *out)
{
	const char *unit = l->format[column].unit;

	pk_strbuf_puts(out, cell_text(l, 0, column));
	if (*unit && !pk_cell_is_none(&l->t->columns[column], &pk_table_cells(l->t, 0)[column]))
		pk_strbuf_printf(out, " %s", unit);
	if (column + 1 < l->t->nr_columns && l->t->columns[column + 1].flags & PK_COL_ERROR &&
	    !pk_cell_is_none(&l->t->columns[column + 1], &pk_table_cells(l->t, 0)[column + 1]))
		pk_strbuf_printf(out, " %s%s", l->style->unicode ? "±" : "+-",
				 cell_text(l, 0, column + 1));
}

/* Texts of a record, a line each. */
static void put_record_texts(struct layout *l, struct pk_strbuf *out)
{
	const struct pk_table *t = l->t;
	size_t name_width = 0;

	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (l->width[i] && t->columns[i].type == PK_COL_TEXT &&
		    strlen(t->columns[i].header) > name_width)
			name_width = strlen(t->columns[i].header);
	for (unsigned int i = 0; i < t->nr_columns; i++) {
		size_t room = l->style->width;

		if (!l->width[i] || t->columns[i].type != PK_COL_TEXT)
			continue;
		if (room)
			room = room > name_width + 2 * GAP + MIN_ELASTIC ?
				       room - name_width - 2 * GAP :
				       MIN_ELASTIC;
		put_blanks(GAP, out);
		put_code(l->style, DIM, out);
		pk_strbuf_puts(out, t->columns[i].header);
		put_code(l->style, PLAIN, out);
		put_blanks(name_width - strlen(t->columns[i].header) + GAP, out);
		pk_utf8_put_printable(out, cell_text(l, 0, i), room, l->style->unicode);
		pk_strbuf_putc(out, '\n');
	}
}

/* Which columns of a record are pairs in the grid; returns how many. */
static unsigned int pick_pairs(const struct layout *l, unsigned int *columns)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < l->t->nr_columns; i++)
		if (l->width[i] && l->t->columns[i].type != PK_COL_TEXT &&
		    !(l->t->columns[i].flags & PK_COL_ERROR))
			columns[nr++] = i;
	return nr;
}

/* Widest name and value in one column of the grid. */
static void measure_pairs(struct layout *l, const unsigned int *columns, unsigned int nr,
			  unsigned int first, unsigned int step, size_t *name_ret,
			  size_t *value_ret)
{
	struct pk_strbuf value = { 0 };

	*name_ret = *value_ret = 0;
	for (unsigned int i = first; i < nr; i += step) {
		size_t name = strlen(l->t->columns[columns[i]].header), len;

		pk_strbuf_clear(&value);
		put_value(l, columns[i], &value);
		len = value.data ? pk_utf8_columns(value.data) : 0;
		*name_ret = name > *name_ret ? name : *name_ret;
		*value_ret = len > *value_ret ? len : *value_ret;
	}
	pk_strbuf_deinit(&value);
}

static void put_record(struct layout *l, struct pk_strbuf *out)
{
	PK_AUTO_FREE unsigned int *columns = calloc(l->t->nr_columns, sizeof(*columns));
	unsigned int nr = columns ? pick_pairs(l, columns) : 0;
	unsigned int step = l->style->width && l->style->width < 72 ? 1 : RECORD_PAIRS;
	size_t name[RECORD_PAIRS], value[RECORD_PAIRS];
	struct pk_strbuf text = { 0 };

	put_record_texts(l, out);
	for (unsigned int i = 0; i < step; i++)
		measure_pairs(l, columns, nr, i, step, &name[i], &value[i]);
	for (unsigned int i = 0; i < nr; i++) {
		const char *header = l->t->columns[columns[i]].header;
		bool last = i % step == step - 1 || i == nr - 1;

		pk_strbuf_clear(&text);
		put_value(l, columns[i], &text);
		put_blanks(i % step ? 2 * GAP : GAP, out);
		put_code(l->style, DIM, out);
		pk_strbuf_puts(out, header);
		put_code(l->style, PLAIN, out);
		put_blanks(name[i % step] - strlen(header) + GAP, out);
		pk_strbuf_add(out, text.data, text.len);
		if (last)
			pk_strbuf_putc(out, '\n');
		else
			put_blanks(value[i % step] - pk_utf8_columns(text.data), out);
	}
	pk_strbuf_deinit(&text);
}

static bool is_blank(const struct layout *l)
{
	for (unsigned int i = 0; i < l->t->nr_columns; i++)
		if (l->width[i])
			return false;
	return true;
}

static void put_left_out(const struct layout *l, struct pk_strbuf *out)
{
	put_blanks(GAP, out);
	put_code(l->style, DIM, out);
	pk_strbuf_puts(out, "and ");
	pk_unit_put_count(out, l->t->nr_left_out - l->t->nr_hidden_out);
	pk_strbuf_puts(out, " more; --limit 0 shows all");
	put_code(l->style, PLAIN, out);
	pk_strbuf_putc(out, '\n');
}

static void put_table(const struct pk_table *t, const struct pk_text_style *style,
		      const char *legend, struct pk_strbuf *out)
{
	struct layout l;

	if (layout_init(t, style, &l)) {
		out->failed = true;
		layout_deinit(&l);
		return;
	}
	if (is_blank(&l)) {
		layout_deinit(&l);
		return;
	}
	put_code(style, BOLD, out);
	pk_strbuf_puts(out, t->title);
	put_code(style, PLAIN, out);
	pk_strbuf_putc(out, '\n');
	if (t->flags & PK_TABLE_RECORD && t->nr_rows) {
		put_record(&l, out);
	} else {
		put_header(&l, out);
		for (size_t row = 0; row < t->nr_rows; row++)
			if (is_row_shown(t, row))
				put_row(&l, row, out);
	}
	if (t->nr_left_out > t->nr_hidden_out)
		put_left_out(&l, out);
	if (legend && *legend) {
		put_code(style, DIM, out);
		pk_text_note(legend, style, out);
		put_code(style, PLAIN, out);
	}
	pk_strbuf_putc(out, '\n');
	layout_deinit(&l);
}

void pk_text_table(const struct pk_table *t, const struct pk_text_style *style,
		   struct pk_strbuf *out)
{
	struct pk_parts parts;

	if (!pk_parts_are_in(t)) {
		put_table(t, style, NULL, out);
		return;
	}
	if (pk_parts_init(t, &parts))
		out->failed = true;
	else
		put_table(&parts.table, style, parts.legend.data, out);
	pk_parts_deinit(&parts);
}

void pk_text_note(const char *text, const struct pk_text_style *style, struct pk_strbuf *out)
{
	size_t width = style->width ? style->width : NOTE_WIDTH, used = 0;

	while (*text) {
		size_t len = strcspn(text, " ");
		PK_AUTO_FREE char *word = strndup(text, len);
		size_t columns = word ? pk_utf8_columns(word) : 0;

		if (!word) {
			out->failed = true;
			return;
		}
		if (used && used + 1 + columns > width) {
			pk_strbuf_putc(out, '\n');
			used = 0;
		}
		put_blanks(used ? 1 : GAP, out);
		used += (used ? 1 : GAP) + columns;
		pk_utf8_put_printable(out, word, 0, style->unicode);
		text += len + strspn(text + len, " ");
	}
	pk_strbuf_putc(out, '\n');
}

void pk_text_result(const struct pk_result *r, const struct pk_text_style *style,
		    struct pk_strbuf *out)
{
	PK_VEC_FOREACH(&r->tables, t)
		if ((*t)->nr_rows && (style->detail || !((*t)->flags & PK_TABLE_DETAIL)))
			pk_text_table(*t, style, out);
	PK_VEC_FOREACH(&r->notes, note)
		pk_text_note(*note, style, out);
	if (r->notes.nr)
		pk_strbuf_putc(out, '\n');
}
