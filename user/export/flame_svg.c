// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flame graph as SVG; see flame.h. The file is, in this order: style, title,
 * the still picture, and a script element with flame.js and the data that it
 * draws from. The data is far smaller than elements for all frames would be,
 * so a graph of hundreds of thousands of frames is written and opened quickly.
 */
#include <inttypes.h>

#include "analysis/table.h"
#include "analysis/wait_error.h"
#include "base/unit.h"
#include "base/utf8.h"
#include "export/decimal.h"
#include "export/flame.h"
#include "export/flame_layout.h"
#include "export/flame_script.h"

/* Geometry of the still picture in px; flame.js has the same for its own drawing. */
#define PAD	   10
#define TOP	   74
#define BOTTOM	   30
#define ROW	   18
#define CHAR_WIDTH 7.3
#define INNER	   (PK_FLAME_WIDTH - 2 * PAD)
#define LEGEND_CHAR 7	/* at most, on average */
#define STILL_MIN  0.5	/* narrower frames are only in the data */

static const char kind_letters[PK_FLAME_NR_KINDS] = { 'u', 'k', 'j', 'p', 'm', 'b' };
static const char *const kind_names[PK_FRAME_MARKER + 1] = {
	[PK_FRAME_USER] = "user",
	[PK_FRAME_KERNEL] = "kernel",
	[PK_FRAME_JIT] = "JIT",
	[PK_FRAME_PYTHON] = "Python",
	[PK_FRAME_MARKER] = "no stack",
};

struct writer {
	const struct pk_scope *s;
	const struct pk_flame_opts *o;
	const struct pk_calltree *tree;
	const struct pk_flame_layout *l;
	struct pk_strbuf *out;
	struct pk_sink *sink;
	struct pk_strbuf scratch;
};

static unsigned int height(const struct writer *w)
{
	return TOP + (w->l->max_depth + 1) * ROW + BOTTOM;
}

static const char *name_of(const struct writer *w, uint32_t label)
{
	const char *name = pk_calltree_name(w->tree, w->l->labels.data[label]);

	return *name ? name : "?";
}

static const char *dso_of(const struct writer *w, uint32_t label)
{
	const struct pk_frame *f = pk_calltree_frame(w->tree, w->l->labels.data[label]);

	return f ? pk_model_string(w->tree->model, f->dso) : "";
}

/* "u3": kind and shade, one CSS class; one more, i, of what is inlined. */
static void put_class(struct writer *w, uint32_t label)
{
	enum pk_flame_kind kind = pk_flame_kind_of(w->tree, w->l->labels.data[label]);
	const struct pk_frame *f = pk_calltree_frame(w->tree, w->l->labels.data[label]);

	pk_strbuf_putc(w->out, kind_letters[kind]);
	pk_strbuf_putc(w->out, '0' + (char)pk_flame_shade(name_of(w, label)));
	if (f && f->inlined)
		pk_strbuf_puts(w->out, " i");
}

static void put_style(struct writer *w)
{
	pk_strbuf_puts(w->out, "<style>\n");
	for (unsigned int kind = 0; kind < PK_FLAME_NR_KINDS; kind++)
		for (unsigned int shade = 0; shade < PK_FLAME_NR_SHADES; shade++)
			pk_strbuf_printf(w->out, ".%c%u rect{fill:#%06" PRIx32 "}%s",
					 kind_letters[kind], shade, pk_flame_colour(kind, shade),
					 shade == PK_FLAME_NR_SHADES - 1 ? "\n" : "");
	pk_strbuf_puts(w->out, pk_flame_css);
	pk_strbuf_puts(w->out, "</style>\n");
}

/* --- title and legend ------------------------------------------------------------------ */

/* An estimate of something, with an error. */
static bool is_estimate(const struct writer *w)
{
	return w->tree->unit != PK_WEIGHT_SAMPLES;
}

static void put_usual_title(struct writer *w)
{
	const struct pk_kind_choice *c = &w->o->tree->kind;
	const struct pk_kind *kind = pk_kind_of(c);
	const char *line = pk_kind_word_of(c);

	pk_strbuf_printf(w->out, "%s%s%s by %s stack", kind->title, line ? ": " : "",
			 line ? line : "", w->o->tree->threads ? "thread and" : "process and");
	if (w->o->tree->reverse)
		pk_strbuf_printf(w->out, ", from the %s function to its callers", kind->leaf);
}

static void put_title_text(struct writer *w)
{
	if (w->o->title)
		pk_utf8_put_xml(w->out, w->o->title);
	else
		put_usual_title(w);
}

static void put_part(struct writer *w, const char *text)
{
	if (!text || !*text)
		return;
	if (w->scratch.len)
		pk_strbuf_puts(&w->scratch, " · ");
	pk_strbuf_puts(&w->scratch, text);
}

static void put_wall_time(struct writer *w)
{
	const struct pk_profile *p = w->s->model->profile;
	char text[PK_WALL_TIME_LEN];

	if (pk_profile_wall_time(p, p->start_ns, text))
		put_part(w, text);
}

static void put_filter(struct writer *w)
{
	const struct pk_filter *f = w->s->filter;

	if (f->phases.nr) {
		put_part(w, "phase ");
		pk_strbuf_printf(&w->scratch, "\"%s\"",
				 pk_model_string(w->s->model, f->phases.data[0].text));
	}
	if (f->comm) {
		put_part(w, "only ");
		pk_strbuf_puts(&w->scratch, f->comm);
	}
	if (f->tgid) {
		put_part(w, "pid ");
		pk_strbuf_printf(&w->scratch, "%" PRIu32, f->tgid);
	}
	if (f->from_ns || f->to_ns != UINT64_MAX) {
		double t0 = w->s->model->profile->start_ns, to = f->to_ns;

		if (to > w->s->model->profile->end_ns)
			to = w->s->model->profile->end_ns;
		put_part(w, "from ");
		pk_strbuf_printf(&w->scratch, "%.3f s to %.3f s",
				 f->from_ns > t0 ? (f->from_ns - t0) / 1e9 : 0, (to - t0) / 1e9);
	}
}

static void put_samples(struct writer *w)
{
	uint64_t nr = w->s->nr_samples;
	double share = pk_scope_share(w->s, w->s->weight, w->s->nr_cpus);

	put_part(w, " ");
	w->scratch.len--;
	pk_unit_put_count(&w->scratch, nr);
	pk_strbuf_puts(&w->scratch, nr == 1 ? " sample" : " samples");
	if (w->s->period_ns)
		pk_strbuf_printf(&w->scratch, " at %.0f Hz = %.4g s CPU time",
				 1e9 / w->s->period_ns, w->s->weight * (w->s->period_ns / 1e9));
	if (isfinite(share))
		pk_strbuf_printf(&w->scratch, ", %.1f %% of %" PRIu32 " CPU%s for %.4g s",
				 share * 100, w->s->nr_cpus, w->s->nr_cpus == 1 ? "" : "s",
				 w->s->wall_ns / 1e9);
}

/* Half of the 95 % interval of a call's weight. */
static uint64_t interval(const struct pk_call *c)
{
	return (uint64_t)(c->error * PK_Z_95 + 0.5);
}

static void put_weight(const struct writer *w, struct pk_strbuf *out, uint64_t weight)
{
	if (w->tree->unit == PK_WEIGHT_BYTES)
		pk_unit_put_bytes(out, weight);
	else
		pk_unit_put_ns(out, weight);
}

/* "1.234 s ± 12 ms"; of block I/O that was all recorded, just the first. */
static void put_estimate(const struct writer *w, struct pk_strbuf *out, const struct pk_call *c)
{
	put_weight(w, out, c->total);
	if (w->tree->source == PKPROF_SRC_BLOCK && !interval(c))
		return;
	pk_strbuf_puts(out, " ± ");
	put_weight(w, out, interval(c));
}

/* What it is an estimate from. */
static void put_items(struct writer *w, const char *one, const char *many)
{
	put_part(w, " ");
	w->scratch.len--;
	put_estimate(w, &w->scratch, &w->tree->calls.data[0]);
	pk_strbuf_puts(&w->scratch, " from ");
	pk_unit_put_count(&w->scratch, w->tree->nr_items);
	pk_strbuf_printf(&w->scratch, " %s", w->tree->nr_items == 1 ? one : many);
}

static void put_waits(struct writer *w)
{
	put_items(w, "sampled wait", "sampled waits");
	if (w->s->wall_ns)
		pk_strbuf_printf(&w->scratch, ", on average %.1f threads for %.4g s",
				 (double)w->tree->calls.data[0].total / w->s->wall_ns,
				 w->s->wall_ns / 1e9);
	if (w->tree->left_out) {
		put_part(w, "without ");
		put_weight(w, &w->scratch, w->tree->left_out);
		pk_strbuf_puts(&w->scratch, " of idle kernel threads");
	}
}

static void put_bios(struct writer *w)
{
	put_items(w, "recorded request", "recorded requests");
	if (w->s->wall_ns)
		pk_strbuf_printf(&w->scratch, " in %.4g s", w->s->wall_ns / 1e9);
	if (w->tree->left_out) {
		put_part(w, "without ");
		put_weight(w, &w->scratch, w->tree->left_out);
		pk_strbuf_puts(&w->scratch, " of devices on top of others");
	}
}

static void put_subtitle(struct writer *w)
{
	const struct pk_profile *p = w->s->model->profile;

	pk_strbuf_clear(&w->scratch);
	put_part(w, pk_profile_fact(p, "host.name"));
	put_wall_time(w);
	put_filter(w);
	if (w->tree->source == PKPROF_SRC_BLOCK)
		put_bios(w);
	else if (is_estimate(w))
		put_waits(w);
	else
		put_samples(w);
	pk_strbuf_printf(w->out, "<text id=\"subtitle\" class=\"sub\" x=\"%d\" y=\"53\">", PAD);
	pk_utf8_put_xml(w->out, w->scratch.data ? w->scratch.data : "");
	pk_strbuf_puts(w->out, "</text>\n");
}

/* Below the graph: colours with their share of what is on top, and what is left out. */
static void put_legend(struct writer *w)
{
	const uint64_t *by_kind = w->tree->by_kind, all = w->tree->calls.data[0].total;
	unsigned int y = height(w) - BOTTOM + 19;
	double x = PAD;

	pk_strbuf_puts(w->out, "<g id=\"legend\">");
	for (unsigned int kind = 0; kind <= PK_FRAME_MARKER; kind++) {
		if (!by_kind[kind])
			continue;
		pk_strbuf_printf(w->out,
				 "<rect x=\"%.0f\" y=\"%u\" width=\"11\" height=\"11\" rx=\"2\" "
				 "fill=\"#%06" PRIx32 "\"/><text class=\"sub\" x=\"%.0f\" y=\"%u\">"
				 "%s %.1f %%</text>",
				 x, y - 10, pk_flame_colour(kind, 4), x + 16, y, kind_names[kind],
				 100.0 * by_kind[kind] / all);
		x += 16 + LEGEND_CHAR * (strlen(kind_names[kind]) + strlen(" 12.3 %")) + 18;
	}
	if (w->l->nr_narrow)
		pk_strbuf_printf(w->out,
				 "<text class=\"sub\" x=\"%.0f\" y=\"%u\">%" PRIu64
				 " frames too narrow to draw (%.2f %% of the %s) are left out</text>",
				 x, y, w->l->nr_narrow, 100.0 * w->l->narrow_weight / all,
				 pk_weight_names[w->tree->unit]);
	pk_strbuf_puts(w->out, "</g>\n");
}

/* --- the still picture ------------------------------------------------------------------ */

static void put_still_box(struct writer *w, const struct pk_flame_box *b, double scale)
{
	double x = PAD + b->x * scale, width = b->total * scale;
	unsigned int row = w->o->inverted ? b->depth : w->l->max_depth - b->depth;
	unsigned int y = TOP + row * ROW;
	size_t columns = width > 6 ? (size_t)((width - 6) / CHAR_WIDTH) : 0;

	pk_strbuf_puts(w->out, "<g class=\"");
	put_class(w, b->label);
	pk_strbuf_puts(w->out, "\"><title>");
	pk_utf8_put_xml(w->out, name_of(w, b->label));
	pk_strbuf_puts(w->out, ", ");
	if (is_estimate(w))
		put_estimate(w, w->out, &w->tree->calls.data[b->call]);
	else
		pk_strbuf_printf(w->out, "%" PRIu64 " samples", b->total);
	pk_strbuf_printf(w->out, ", %.2f %%</title><rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" "
				 "height=\"%d\"/>",
			 100.0 * b->total / w->tree->calls.data[0].total, x, y,
			 width > 3 ? width - 0.8 : width, ROW - 1);
	if (columns >= 3) {
		pk_strbuf_clear(&w->scratch);
		pk_utf8_put_printable(&w->scratch, name_of(w, b->label), columns, true);
		pk_strbuf_printf(w->out, "<text x=\"%.2f\" y=\"%.1f\">", x + 4, y + 12.5);
		pk_utf8_put_xml(w->out, w->scratch.data ? w->scratch.data : "");
		pk_strbuf_puts(w->out, "</text>");
	}
	pk_strbuf_puts(w->out, "</g>\n");
}

static void put_still(struct writer *w)
{
	uint64_t all = w->tree->calls.data[0].total;
	double scale = all ? (double)INNER / all : 0;

	pk_strbuf_puts(w->out, "<g id=\"frames\">\n");
	PK_VEC_FOREACH(&w->l->boxes, b) {
		if (b->total * scale >= STILL_MIN)
			put_still_box(w, b, scale);
		pk_sink_drain(w->sink);
	}
	pk_strbuf_puts(w->out, "</g>\n");
}

/* --- data for the script ------------------------------------------------------------------ */

static void put_nodes(struct writer *w)
{
	uint32_t depth = 0;

	pk_strbuf_puts(w->out, "nodes: [");
	for (size_t i = 0; i < w->l->boxes.nr; i++) {
		const struct pk_flame_box *b = &w->l->boxes.data[i];

		/* the root has nothing to go up from */
		pk_decimal_put(w->out, i ? depth + 1 - b->depth : 0);
		pk_strbuf_putc(w->out, ',');
		pk_decimal_put(w->out, b->label);
		pk_strbuf_putc(w->out, ',');
		pk_decimal_put(w->out, b->total);
		pk_strbuf_puts(w->out, i % 16 == 15 ? ",\n" : ",");
		depth = b->depth;
		pk_sink_drain(w->sink);
	}
	pk_strbuf_puts(w->out, "],\nnarrow: [");
	for (size_t i = 0; i < w->l->boxes.nr; i++)
		if (w->l->boxes.data[i].narrow)
			pk_strbuf_printf(w->out, "%zu,%" PRIu64 ",", i,
					 w->l->boxes.data[i].narrow);
	pk_strbuf_puts(w->out, "],\n");
}

static void put_errors(struct writer *w)
{
	pk_strbuf_puts(w->out, "errors: [");
	for (size_t i = 0; is_estimate(w) && i < w->l->boxes.nr; i++) {
		pk_decimal_put(w->out, interval(&w->tree->calls.data[w->l->boxes.data[i].call]));
		pk_strbuf_puts(w->out, i % 16 == 15 ? ",\n" : ",");
		pk_sink_drain(w->sink);
	}
	pk_strbuf_puts(w->out, "],\n");
}

/* Of frames with a source line: which, and what of their weight it has. */
static int put_sources(struct writer *w)
{
	struct pk_map64 known = { 0 };
	int rc = 0;

	if (w->tree->model->sources.nr < 2)
		return 0;
	pk_strbuf_puts(w->out, "sources: [");
	pk_strbuf_clear(&w->scratch);
	for (size_t i = 0; !rc && i < w->l->boxes.nr; i++) {
		const struct pk_call *c = &w->tree->calls.data[w->l->boxes.data[i].call];
		uint32_t *idx = c->source ? pk_map64_at(&known, c->source) : NULL;

		if (!c->source)
			continue;
		if (!idx) {
			rc = -ENOMEM;
			break;
		}
		if (*idx == PK_MAP64_NONE) {
			struct pk_strbuf text = { 0 };

			*idx = known.nr - 1;
			pk_model_put_source(w->tree->model, c->source, true, &text);
			pk_utf8_put_json(&w->scratch, text.data ? text.data : "");
			pk_strbuf_puts(&w->scratch, ",\n");
			pk_strbuf_deinit(&text);
		}
		pk_strbuf_printf(w->out, "%zu,%" PRIu32 ",%" PRIu64 ",", i, *idx, c->source_weight);
		pk_sink_drain(w->sink);
	}
	pk_strbuf_puts(w->out, "],\nsourceNames: [");
	pk_strbuf_add(w->out, w->scratch.data, w->scratch.len);
	pk_strbuf_puts(w->out, "],\n");
	pk_map64_deinit(&known);
	return rc;
}

/* Names and DSOs by label; a DSO's path is written once. */
static int put_labels(struct writer *w)
{
	struct pk_map64 dsos = { 0 };
	uint32_t *idx;
	int rc = 0;

	pk_strbuf_puts(w->out, "names: [\n");
	for (uint32_t i = 0; i < w->l->labels.nr; i++) {
		pk_strbuf_clear(&w->scratch);
		pk_utf8_put_printable(&w->scratch, name_of(w, i), 0, true);
		pk_utf8_put_json(w->out, w->scratch.data ? w->scratch.data : "");
		pk_strbuf_puts(w->out, ",\n");
		pk_sink_drain(w->sink);
	}
	pk_strbuf_puts(w->out, "],\nclasses: [");
	for (uint32_t i = 0; i < w->l->labels.nr; i++) {
		pk_strbuf_putc(w->out, '"');
		put_class(w, i);
		pk_strbuf_puts(w->out, "\",");
	}
	pk_strbuf_puts(w->out, "],\ndsos: [");
	pk_strbuf_clear(&w->scratch);
	for (uint32_t i = 0; !rc && i < w->l->labels.nr; i++) {
		const char *dso = dso_of(w, i);

		idx = pk_map64_at(&dsos, (uintptr_t)dso);
		if (!idx) {
			rc = -ENOMEM;
			break;
		}
		if (*idx == PK_MAP64_NONE) {
			*idx = dsos.nr - 1;
			pk_utf8_put_json(&w->scratch, dso);
			pk_strbuf_putc(&w->scratch, ',');
		}
		pk_decimal_put(w->out, *idx);
		pk_strbuf_putc(w->out, ',');
	}
	pk_strbuf_puts(w->out, "],\ndsoNames: [");
	pk_strbuf_add(w->out, w->scratch.data, w->scratch.len);
	pk_strbuf_puts(w->out, "],\n");
	pk_map64_deinit(&dsos);
	return rc;
}

static int put_script(struct writer *w)
{
	static const char *const units[] = {
		[PK_WEIGHT_SAMPLES] = "samples",
		[PK_WEIGHT_NS] = "ns",
		[PK_WEIGHT_BYTES] = "bytes",
	};
	int rc;

	pk_strbuf_puts(w->out, "<script><![CDATA[\n");
	pk_strbuf_puts(w->out, pk_flame_js);
	pk_strbuf_puts(w->out, "pkFlame({\n");
	put_nodes(w);
	put_errors(w);
	rc = put_sources(w);
	if (!rc)
		rc = put_labels(w);
	pk_strbuf_printf(w->out,
			 "total: %" PRIu64 ", unit: \"%s\", period: %" PRIu64
			 ", inverted: %s\n});\n",
			 w->tree->calls.data[0].total, units[w->tree->unit],
			 w->s->period_ns, w->o->inverted ? "true" : "false");
	pk_strbuf_puts(w->out, "]]></script>\n");
	return rc;
}

static int put_file(struct writer *w)
{
	int rc;

	pk_strbuf_printf(w->out,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
			 "viewBox=\"0 0 %d %u\">\n",
			 PK_FLAME_WIDTH, height(w), PK_FLAME_WIDTH, height(w));
	pk_strbuf_puts(w->out, "<title>");
	put_title_text(w);
	pk_strbuf_puts(w->out, "</title>\n");
	put_style(w);
	pk_strbuf_printf(w->out, "<text id=\"title\" x=\"%d\" y=\"30\">", PAD);
	put_title_text(w);
	pk_strbuf_puts(w->out, "</text>\n");
	put_subtitle(w);
	put_still(w);
	put_legend(w);
	rc = put_script(w);
	pk_strbuf_puts(w->out, "</svg>\n");
	return rc ? rc : w->sink->code;
}

int pk_flame_write(const struct pk_scope *s, const struct pk_calltree *t,
		   const struct pk_flame_opts *o, struct pk_sink *out, struct pk_flame_stats *ret,
		   struct pk_err *err)
{
	struct pk_flame_layout layout;
	struct writer w = { .s = s, .o = o, .tree = t, .l = &layout, .out = &out->buf, .sink = out };
	int rc = pk_flame_layout_init(t, PK_FLAME_MIN_WIDTH / INNER, &layout);

	if (!rc)
		rc = put_file(&w);
	if (!rc && pk_strbuf_failed(&w.scratch))
		rc = -ENOMEM;
	if (!rc)
		*ret = (struct pk_flame_stats){ layout.boxes.nr, layout.nr_narrow,
						layout.narrow_weight };
	pk_flame_layout_deinit(&layout);
	pk_strbuf_deinit(&w.scratch);
	return rc == -ENOMEM ? pk_err_set(err, rc, "no memory for the flame graph") : rc;
}
