// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Heat map as SVG; see heatmap.h. A panel for each device and operation: time to the
 * right, what a request took upwards, four rows to each power of two; the fuller a cell
 * against the fullest of its panel, by powers of ten, the darker.
 */
#include <math.h>

#include "base/unit.h"
#include "base/utf8.h"
#include "export/heatmap.h"
#include "source/names.h"

#define WIDTH	1200	/* px */
#define LEFT	96
#define RIGHT	16
#define TOP	66
#define GAP	64	/* below a panel: times, and the next one's heading */
#define ROW	7
#define SHADES	9

static const char style[] =
	"<style>\n"
	"svg { background: #fcfcfd }\n"
	"text { font: 12px system-ui, \"Segoe UI\", \"DejaVu Sans\", sans-serif; fill: #16181d }\n"
	"#title { font-size: 18px; font-weight: 600 }\n"
	".sub, .axis { fill: #5a6070 }\n"
	".axis { font-size: 11px }\n"
	".head { font-weight: 600 }\n"
	".grid { stroke: #e3e5ea }\n"
	"rect:hover { stroke: #16181d }\n"
	".back { fill: #fff; stroke: #c3c7d1 }\n"
	".back:hover { stroke: #c3c7d1 }\n"
	/* light yellow to dark red, evenly darker */
	".h0 { fill: #fdf0c8 } .h1 { fill: #fbdc92 } .h2 { fill: #f8c161 } .h3 { fill: #f3a142 }\n"
	".h4 { fill: #e97f33 } .h5 { fill: #d85d2c } .h6 { fill: #bc3f2a } .h7 { fill: #962729 }\n"
	".h8 { fill: #6b1526 }\n"
	"</style>\n";

struct drawing {
	const struct pk_scope *s;
	const struct pk_heat *h;
	struct pk_strbuf *out;
	struct pk_sink *sink;
};

static size_t nr_panels(const struct pk_heat *h)
{
	return h->panels.nr < PK_HEATMAP_PANELS ? h->panels.nr : PK_HEATMAP_PANELS;
}

/* Rows that are shown: whole powers of two. */
static unsigned int low_of(const struct pk_heat_panel *p)
{
	return p->low / 4 * 4;
}

static unsigned int high_of(const struct pk_heat_panel *p)
{
	return p->high / 4 * 4 + 3;
}

static unsigned int height_of(const struct pk_heat_panel *p)
{
	return (high_of(p) - low_of(p) + 1) * ROW;
}

static double column_x(const struct drawing *d, double column)
{
	return LEFT + column * (WIDTH - LEFT - RIGHT) / d->h->nr_columns;
}

/* Time since the start of the recording. */
static double seconds(const struct drawing *d, double column)
{
	double ns = d->h->from_ns + (double)(d->h->to_ns - d->h->from_ns) * column / d->h->nr_columns;

	return (ns - d->s->model->profile->start_ns) / 1e9;
}

/* 1 is the fullest cell; each shade stands for so many times less that three decades are covered. */
static unsigned int shade(double share)
{
	double below = -log10(share) / 3;

	return below >= 1 ? 0 : (unsigned int)((1 - below) * SHADES * 0.9999);
}

static void put_cell(struct drawing *d, const struct pk_heat_panel *p, unsigned int column,
		     unsigned int row, double y)
{
	double nr = p->cell[column][row], x = column_x(d, column);
	uint64_t from_ns, to_ns;

	if (!(nr > 0))
		return;
	pk_heat_bounds(row, &from_ns, &to_ns);
	pk_strbuf_printf(d->out, "<rect class=\"h%u\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%u\"><title>",
			 shade(nr / p->max), x, y, column_x(d, column + 1) - x, ROW);
	pk_strbuf_printf(d->out, nr < 10 ? "%.2g" : "%.0f", nr);
	pk_strbuf_puts(d->out, " requests of ");
	pk_unit_put_brief_ns(d->out, from_ns, "µs");
	pk_strbuf_puts(d->out, " to ");
	pk_unit_put_brief_ns(d->out, to_ns, "µs");
	pk_strbuf_printf(d->out, "\n%.3f s to %.3f s</title></rect>\n", seconds(d, column),
			 seconds(d, column + 1));
}

/* A line and its time at every power of two that there is room for. */
static void put_rows(struct drawing *d, const struct pk_heat_panel *p, unsigned int y)
{
	for (unsigned int row = low_of(p); row <= high_of(p); row += 4) {
		unsigned int at = y + (high_of(p) - row + 1) * ROW;
		uint64_t from_ns, to_ns;

		pk_heat_bounds(row, &from_ns, &to_ns);
		pk_strbuf_printf(d->out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%u\" y2=\"%u\"/>\n",
				 LEFT, WIDTH - RIGHT, at, at);
		pk_strbuf_printf(d->out, "<text class=\"axis\" text-anchor=\"end\" x=\"%d\" y=\"%u\">",
				 LEFT - 8, at + 4);
		pk_unit_put_brief_ns(d->out, from_ns, "µs");
		pk_strbuf_puts(d->out, "</text>\n");
	}
}

static void put_times(struct drawing *d, unsigned int y)
{
	for (unsigned int i = 0; i <= 8; i++) {
		double column = d->h->nr_columns * i / 8.0;

		pk_strbuf_printf(d->out, "<text class=\"axis\" text-anchor=\"%s\" x=\"%.1f\" y=\"%u\">%.2f s</text>\n",
				 !i ? "start" : i == 8 ? "end" : "middle", column_x(d, column), y,
				 seconds(d, column));
	}
}

static void put_panel(struct drawing *d, const struct pk_heat_panel *p, unsigned int y)
{
	unsigned int height = height_of(p);

	pk_strbuf_printf(d->out, "<g class=\"panel\">\n<text class=\"head\" x=\"%d\" y=\"%u\">", LEFT, y - 8);
	pk_utf8_put_xml(d->out, p->device->name);
	pk_strbuf_printf(d->out, " %s: %.0f requests</text>\n", pk_block_op_names[p->op].name, p->nr);
	pk_strbuf_printf(d->out, "<rect class=\"back\" x=\"%d\" y=\"%u\" width=\"%d\" height=\"%u\"/>\n", LEFT,
			 y, WIDTH - LEFT - RIGHT, height);
	put_rows(d, p, y);
	for (unsigned int c = 0; c < d->h->nr_columns; c++) {
		for (unsigned int row = p->low; row <= p->high; row++)
			put_cell(d, p, c, row, y + (high_of(p) - row) * ROW);
		pk_sink_drain(d->sink);
	}
	put_times(d, y + height + 16);
	pk_strbuf_puts(d->out, "</g>\n");
}

static void put_head(struct drawing *d, const char *title)
{
	unsigned int height = TOP;

	for (size_t i = 0; i < nr_panels(d->h); i++)
		height += height_of(d->h->panels.data[i]) + GAP;
	pk_strbuf_printf(d->out,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
			 "viewBox=\"0 0 %d %u\">\n",
			 WIDTH, height, WIDTH, height);
	pk_strbuf_puts(d->out, style);
	pk_strbuf_printf(d->out, "<text id=\"title\" x=\"%d\" y=\"26\">", RIGHT);
	pk_utf8_put_xml(d->out, title ? title : "Times of block requests, from submission to completion");
	pk_strbuf_printf(d->out, "</text>\n<text class=\"sub\" x=\"%d\" y=\"46\">", RIGHT);
	pk_strbuf_puts(d->out, "Darker: more requests in the cell, by powers of ten, against the fullest "
			       "of its panel. Rest the pointer on a cell for its numbers.");
	if (d->h->panels.nr > PK_HEATMAP_PANELS)
		pk_strbuf_printf(d->out, " %zu more with fewer requests are left out.",
				 d->h->panels.nr - PK_HEATMAP_PANELS);
	pk_strbuf_puts(d->out, "</text>\n");
}

int pk_heatmap_write(const struct pk_scope *s, const struct pk_heat *h, const char *title,
		     struct pk_sink *out)
{
	struct drawing d = { .s = s, .h = h, .out = &out->buf, .sink = out };
	unsigned int y = TOP + 18;

	put_head(&d, title);
	for (size_t i = 0; i < nr_panels(h); i++) {
		put_panel(&d, h->panels.data[i], y);
		y += height_of(h->panels.data[i]) + GAP;
	}
	pk_strbuf_puts(d.out, "</svg>\n");
	return pk_strbuf_failed(d.out) ? -ENOMEM : pk_sink_drain(out);
}
