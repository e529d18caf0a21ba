// SPDX-License-Identifier: GPL-2.0-or-later
/* The longest waits for a CPU; see worst_waits.h. */
#include "analysis/ranking.h"
#include "analysis/worst_waits.h"
#include "base/cleanup.h"
#include "base/unit.h"
#include "source/names.h"

static const struct pk_column columns[] = {
	{ "time_ns", "time", PK_COL_NS, PK_COL_HIDDEN },
	{ "at", "ran at s", PK_COL_TEXT, PK_COL_SCREEN },
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY },
	{ "wait_ns", "waited", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "line", "after", PK_COL_TEXT, PK_COL_SPARE },
	{ "tid", "tid", PK_COL_COUNT, PK_COL_KEY },
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "comm", "thread", PK_COL_TEXT, 0 },
	{ "prev_tid", "tid", PK_COL_COUNT, PK_COL_KEY | PK_COL_SPARE },
	{ "prev_pid", "pid", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "prev_comm", "ran instead", PK_COL_TEXT, 0 },
	{ "prev_ns", "for", PK_COL_NS, PK_COL_OWN_UNIT },
	{ 0 },
};

static bool is_in_time(const struct pk_scope *s, size_t i)
{
	uint64_t time_ns = s->model->profile->latencies.data[i].time_ns;

	return !s->filtered || pk_filter_clip_ns(s->filter, time_ns, time_ns + 1);
}

static bool is_wanted(const struct pk_scope *s, size_t i)
{
	return !s->filtered ||
	       pk_filter_match_thread(s->filter, s->model, s->model->latency_thread[i]);
}

static int put_wait(const struct pk_scope *s, uint32_t idx, struct pk_table *t,
		    struct pk_result *ret)
{
	const struct pk_profile *p = s->model->profile;
	const struct pk_latency *l = &p->latencies.data[idx];
	const struct pk_thread *th = &s->model->threads.data[s->model->latency_thread[idx]];
	uint64_t since = l->time_ns > p->start_ns ? l->time_ns - p->start_ns : 0;
	const char *at = pk_result_text(ret, "%.6f", since / 1e9);
	bool idle = !l->prev_tid;

	if (!at)
		return -ENOMEM;
	return pk_table_row(t, PK_COUNT(since), PK_TEXT(at), PK_COUNT(l->cpu),
			    PK_COUNT(l->time_ns - l->queued_ns), PK_TEXT(pk_line_name(l->line)),
			    PK_COUNT(th->tid), PK_COUNT(l->tgid),
			    PK_TEXT(pk_model_string(s->model, th->comm)),
			    PK_COUNT(idle ? PK_CELL_NONE : l->prev_tid),
			    PK_COUNT(idle ? PK_CELL_NONE : l->prev_tgid),
			    PK_TEXT(idle ? "(idle)" : pk_model_string(s->model, l->prev_comm)),
			    PK_COUNT(l->prev_ns));
}

/* Below the largest threshold in force what was told has gaps. */
static int note_threshold(uint64_t threshold_ns, bool cut, struct pk_result *ret)
{
	struct pk_strbuf text = { 0 };
	int rc;

	if (!threshold_ns)
		return 0;
	pk_unit_put_ns(&text, threshold_ns);
	rc = pk_strbuf_failed(&text) ?
		     -ENOMEM :
	     cut ?   pk_result_note(ret,
				    "All waits of %s and more were told, of shorter ones only some; the "
				    "list has the longest of them.",
				    text.data) :
		     pk_result_note(ret,
				    "All waits of %s and more are in the list of the longest; of shorter "
				    "ones only some were told.",
				    text.data);
	pk_strbuf_deinit(&text);
	return rc;
}

int pk_worst_waits_add(const struct pk_scope *s, size_t limit, struct pk_result *ret)
{
	const struct pk_profile *p = s->model->profile;
	struct pk_table *t = pk_result_table(ret, "worst", "Longest waits for a CPU", columns, 0);
	PK_AUTO_FREE uint64_t *waited = calloc(p->latencies.nr + 1, sizeof(*waited));
	struct pk_ranking worst = { 0 };
	uint64_t threshold_ns = 0;
	int rc = t && waited ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < p->latencies.nr; i++) {
		const struct pk_latency *l = &p->latencies.data[i];

		if (!is_in_time(s, i))
			continue;
		/* a CPU's threshold is for all threads, whoever is asked for */
		if (l->threshold_ns > threshold_ns)
			threshold_ns = l->threshold_ns;
		if (is_wanted(s, i))
			waited[i] = l->time_ns - l->queued_ns;
	}
	if (!rc)
		rc = pk_ranking_init(waited, NULL, p->latencies.nr, limit, &worst);
	for (size_t i = 0; !rc && i < worst.ranks.nr; i++)
		rc = put_wait(s, worst.ranks.data[i].idx, t, ret);
	if (!rc)
		t->nr_left_out = worst.nr_left_out;
	if (!rc && worst.ranks.nr)
		rc = note_threshold(threshold_ns, worst.nr_left_out, ret);
	pk_ranking_deinit(&worst);
	return rc;
}
