// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source lines by the CPU time in their own code: of inlined code the line it was written
 * in, with the function that it was written in.
 */
#include <inttypes.h>

#include "analysis/analysis.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"

static const struct pk_column columns[] = {
	{ "self", "self", PK_COL_RATIO, PK_COL_BAR },
	{ "self_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "self_samples", "samples", PK_COL_COUNT, 0 },
	{ "self_ns", "self time", PK_COL_NS, 0 },
	{ "dso", "DSO", PK_COL_TEXT, PK_COL_BASENAME },
	{ "function", "function", PK_COL_TEXT, PK_COL_ELASTIC },
	{ "source", "source", PK_COL_TEXT, PK_COL_BASENAME },
	{ "line", "line", PK_COL_COUNT, PK_COL_HIDDEN },
	{ 0 },
};

/* Samples of one line of one function. */
struct lines {
	const struct pk_scope *s;
	PK_VEC(struct pk_stack_node) of;	/* frame and source */
	PK_VEC(uint64_t) self;			/* parallel to it */
	struct pk_map64 known;			/* (frame, source) to index */
	uint64_t nr_without;			/* samples whose line is not known */
};

static int count(struct lines *l, uint32_t leaf)
{
	const struct pk_stack_node *n = &l->s->model->nodes.data[leaf];
	uint32_t *at;

	if (!n->source) {
		l->nr_without++;
		return 0;
	}
	at = pk_map64_at(&l->known, (uint64_t)n->frame << 32 | n->source);
	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		*at = l->of.nr;
		if (pk_vec_add(&l->of, *n) || !pk_vec_push(&l->self))
			return -ENOMEM;
	}
	l->self.data[*at]++;
	return 0;
}

static int add_line(const struct lines *l, uint32_t idx, struct pk_result *ret, struct pk_table *t)
{
	const struct pk_model *m = l->s->model;
	const struct pk_stack_node *n = &l->of.data[idx];
	const struct pk_frame *f = &m->frames.data[n->frame];
	double self = pk_ratio(l->self.data[idx], l->s->nr_samples);
	struct pk_strbuf source = { 0 };
	const char *text;

	pk_model_put_source(m, n->source, true, &source);
	text = pk_strbuf_failed(&source) ? NULL : pk_result_text(ret, "%s", source.data);
	pk_strbuf_deinit(&source);
	if (!text)
		return -ENOMEM;
	return pk_table_row(t, PK_REAL(self), PK_REAL(pk_share_error(self, l->s->nr_samples)),
			    PK_COUNT(l->self.data[idx]),
			    PK_COUNT(pk_scope_ns(l->s, l->self.data[idx])),
			    PK_TEXT(pk_model_string(m, f->dso)),
			    PK_TEXT(pk_model_string(m, f->text)), PK_TEXT(text),
			    PK_COUNT(m->sources.data[n->source].line));
}

static int put_notes(const struct lines *l, struct pk_result *ret)
{
	if (!l->of.nr)
		return pk_result_note(ret, "The recording knows no source lines: `pkprof-user "
					   "symbolize` adds those of programs that have debugging "
					   "information (-g, or a debug package) here.");
	if (!l->nr_without)
		return 0;
	return pk_result_note(ret, "Samples whose source line is not known, of the kernel among "
				   "them: %" PRIu64 ".", l->nr_without);
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_table *t = pk_result_table(ret, "lines", "Source lines", columns, 0);
	struct pk_ranking ranking = { 0 };
	struct lines l = { .s = s };
	int rc = t ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < s->nr_samples; i++)
		rc = count(&l, s->model->sample_stack[s->samples[i]]);
	if (!rc)
		rc = pk_ranking_init(l.self.data, l.self.data, l.self.nr, o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = add_line(&l, ranking.ranks.data[i].idx, ret, t);
	if (!rc)
		rc = put_notes(&l, ret);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	pk_map64_deinit(&l.known);
	pk_vec_deinit(&l.of);
	pk_vec_deinit(&l.self);
	return rc ? pk_err_set(err, rc, "no memory for the lines") : 0;
}

const struct pk_analysis pk_analysis_line = {
	.name = "line",
	.help = "source lines by self CPU time, where they are known",
	.run = run,
};
