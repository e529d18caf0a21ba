// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers as people read them; see cell.h. */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/unit.h"
#include "view/cell.h"

struct unit {
	double size;
	const char *name;
};

static const struct unit time_units[] = {
	{ 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" },
};

static const struct unit byte_units[] = {
	{ 1 << 30, "GiB" }, { 1 << 20, "MiB" }, { 1 << 10, "KiB" }, { 1, "B" },
};

static bool is_real(enum pk_col_type type)
{
	return type == PK_COL_RATIO || type == PK_COL_REAL || type == PK_COL_HZ;
}

static double largest(const struct pk_table *t, unsigned int column)
{
	const struct pk_column *c = &t->columns[column];
	double max = 0;

	for (size_t row = 0; row < t->nr_rows; row++) {
		const union pk_cell *cell = &pk_table_cells(t, row)[column];
		double v;

		if (pk_cell_is_none(c, cell))
			continue;
		v = is_real(c->type) ? fabs(cell->real) : (double)cell->n;
		if (v > max)
			max = v;
	}
	return max;
}

/* Decimals that leave the largest value about four digits. */
static int decimals_for(double max)
{
	return max >= 10000 ? 0 : max >= 100 ? 1 : max >= 10 ? 2 : 3;
}

/* Shares below a per cent, and errors of shares, need more digits behind the point. */
static int share_decimals(const struct pk_column *c, double max)
{
	if (max <= 0)
		return 1;
	if (max < 0.001)
		return 3;
	return max < 0.01 || c->flags & PK_COL_ERROR ? 2 : 1;
}

static struct pk_cell_format with_units(enum pk_col_type type, const struct unit *units, size_t nr,
					double max)
{
	size_t i = 0;

	while (i + 1 < nr && max < units[i].size)
		i++;
	return (struct pk_cell_format){
		.type = type,
		.divisor = units[i].size,
		.unit = units[i].name,
		.decimals = i + 1 < nr ? decimals_for(max / units[i].size) : 0,
	};
}

struct pk_cell_format pk_cell_format_of(const struct pk_table *t, unsigned int column, bool unicode)
{
	const struct pk_column *c = &t->columns[column];
	struct pk_cell_format f = { .type = c->type, .divisor = 1, .unit = "" };
	double max;

	switch (c->type) {
	case PK_COL_NS:
		if (c->flags & PK_COL_OWN_UNIT) {
			f.us = unicode ? "µs" : "us";
			break;
		}
		f = with_units(c->type, time_units, PK_ARRAY_SIZE(time_units), largest(t, column));
		if (unicode && f.divisor == 1e3)
			f.unit = "µs";
		break;
	case PK_COL_BYTES:
		f = with_units(c->type, byte_units, PK_ARRAY_SIZE(byte_units), largest(t, column));
		break;
	case PK_COL_RATIO:
		f.divisor = 0.01;
		f.unit = "%";
		f.decimals = share_decimals(c, largest(t, column));
		break;
	case PK_COL_HZ:
		f.unit = "Hz";
		/* fall through */
	case PK_COL_REAL:
		max = largest(t, column);
		f.decimals = max >= 100 ? 0 : max >= 10 ? 1 : 2;
		break;
	default:
		break;
	}
	return f;
}

void pk_cell_put(const struct pk_cell_format *f, const struct pk_column *c,
		 const union pk_cell *cell, struct pk_strbuf *out)
{
	if (pk_cell_is_none(c, cell)) {
		pk_strbuf_putc(out, '-');
		return;
	}
	switch (f->type) {
	case PK_COL_TEXT:
		pk_strbuf_puts(out, cell->text);
		break;
	case PK_COL_COUNT:
		if (c->flags & PK_COL_KEY)
			pk_strbuf_printf(out, "%" PRIu64, cell->n);
		else
			pk_unit_put_count(out, cell->n);
		break;
	case PK_COL_BOOL:
		pk_strbuf_puts(out, cell->n ? "yes" : "no");
		break;
	case PK_COL_NS:
	case PK_COL_BYTES:
		if (f->us)
			pk_unit_put_brief_ns(out, cell->n, f->us);
		else
			pk_strbuf_printf(out, "%.*f", f->decimals, cell->n / f->divisor);
		break;
	default:
		pk_strbuf_printf(out, "%.*f", f->decimals, cell->real / f->divisor);
	}
}
