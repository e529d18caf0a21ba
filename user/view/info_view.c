// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in a profile file; see info_view.h. */
#include <inttypes.h>
#include <string.h>

#include "analysis/books.h"
#include "analysis/runtimes.h"
#include "base/cleanup.h"
#include "base/unit.h"
#include "source/names.h"
#include "view/info_view.h"

static const struct pk_column file_columns[] = {
	{ "path", "file", PK_COL_TEXT, 0 },
	{ "state", "state", PK_COL_TEXT, 0 },
	{ "bytes", "size", PK_COL_BYTES, 0 },
	{ "good_bytes", "good up to byte", PK_COL_COUNT, 0 },
	{ "started", "started", PK_COL_TEXT, 0 },
	{ "recording_ns", "recorded", PK_COL_NS, 0 },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "bytes_per_sample", "bytes per sample", PK_COL_REAL, 0 },
	{ 0 },
};

static const struct pk_column count_columns[] = {
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "stack_nodes", "stack nodes", PK_COL_COUNT, 0 },
	{ "files", "mapped files", PK_COL_COUNT, 0 },
	{ "mappings", "mappings", PK_COL_COUNT, 0 },
	{ "tasks_alive", "threads at start", PK_COL_COUNT, 0 },
	{ "forks", "forks", PK_COL_COUNT, 0 },
	{ "execs", "execs", PK_COL_COUNT, 0 },
	{ "exits", "exits", PK_COL_COUNT, 0 },
	{ "marks", "marks", PK_COL_COUNT, 0 },
	{ "symbols", "symbols", PK_COL_COUNT, 0 },
	{ "strings", "texts", PK_COL_COUNT, 0 },
	{ "ledger_pieces", "pieces of accounts", PK_COL_COUNT, 0 },
	{ "cpu_pieces", "pieces of CPUs' accounts", PK_COL_COUNT, 0 },
	{ "distributions", "pieces of distributions", PK_COL_COUNT, 0 },
	{ "latencies", "long waits for a CPU", PK_COL_COUNT, 0 },
	{ "waits", "waits with stacks", PK_COL_COUNT, 0 },
	{ "wakes", "wake-ups with stacks", PK_COL_COUNT, 0 },
	{ "bios", "block I/O with stacks", PK_COL_COUNT, 0 },
	{ "bio_ends", "ends of its requests", PK_COL_COUNT, 0 },
	{ 0 },
};

static const struct pk_column ledger_columns[] = {
	{ "threads", "threads", PK_COL_COUNT, 0 },
	{ "booked_ns", "time booked", PK_COL_NS, 0 },
	{ "cpu_ns", "of it on CPUs", PK_COL_NS, 0 },
	{ "other_ns", "of it other waits", PK_COL_NS, 0 },
	{ "lost_ns", "of it lost", PK_COL_NS, 0 },
	{ "cpus_busy_ns", "CPUs busy", PK_COL_NS, 0 },
	{ "cpus_idle_ns", "CPUs idle", PK_COL_NS, 0 },
	{ "cpus_offline_ns", "CPUs offline", PK_COL_NS, 0 },
	{ 0 },
};

static const struct pk_column phase_columns[] = {
	{ "start_ns", "from", PK_COL_NS, 0 },
	{ "duration_ns", "for", PK_COL_NS, 0 },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "name", "phase", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column fact_columns[] = {
	{ "fact", "fact", PK_COL_TEXT, 0 },
	{ "value", "value", PK_COL_TEXT, PK_COL_HIDDEN }, /* as in the file */
	{ "shown", "value", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column books_columns[] = {
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY },
	{ "source", "source", PK_COL_TEXT, 0 },
	{ "generated", "generated", PK_COL_COUNT, 0 },
	{ "delivered", "delivered", PK_COL_COUNT, 0 },
	{ "lost", "lost", PK_COL_COUNT, 0 },
	{ "ring_full", "ring full", PK_COL_COUNT, 0 },
	{ "overrun", "overrun", PK_COL_COUNT, 0 },
	{ "nested", "nested", PK_COL_COUNT, 0 },
	{ "no_mem", "no mem", PK_COL_COUNT, 0 },
	{ "exiting", "exiting", PK_COL_COUNT, 0 },
	{ "definition", "definition", PK_COL_COUNT, 0 },
	{ "hits", "hits", PK_COL_COUNT, 0 },
	{ "timed_hits", "timed hits", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "timed_ns", "timed", PK_COL_NS, PK_COL_HIDDEN },
	{ "entry_ns", "entry", PK_COL_NS, PK_COL_HIDDEN },
	{ "verdict", "verdict", PK_COL_TEXT, 0 },
	{ 0 },
};

_Static_assert(PKPROF_NR_LOSSES == 6, "a new loss reason needs a column");

static const char *state_name(enum pk_file_state state)
{
	switch (state) {
	case PK_FILE_CLOSED:
		return "closed";
	case PK_FILE_CUT:
		return "cut short";
	case PK_FILE_DAMAGED:
		return "damaged";
	}
	return "?";
}

/* A moment of the recording, or NULL. */
static const char *wall_time(const struct pk_profile *p, uint64_t when_ns, struct pk_result *ret)
{
	char text[PK_WALL_TIME_LEN];

	return pk_profile_wall_time(p, when_ns, text) ? pk_result_text(ret, "%s", text) : NULL;
}

static uint64_t duration_ns(const struct pk_profile *p)
{
	return p->end_ns > p->start_ns ? p->end_ns - p->start_ns : 0;
}

static int add_file(const struct pk_profile *p, const char *path, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "file", "File", file_columns, PK_TABLE_RECORD);
	size_t nr = p->samples.nr;

	if (!t)
		return -ENOMEM;
	return pk_table_row(t, PK_TEXT(path), PK_TEXT(state_name(p->state)),
			    PK_COUNT(p->file_bytes), PK_COUNT(p->end_offset),
			    PK_TEXT(wall_time(p, p->start_ns, ret)), PK_COUNT(duration_ns(p)),
			    PK_COUNT(nr), PK_REAL(nr ? (double)p->file_bytes / nr : NAN));
}

/* A number whose key ends in a unit, in words; else the text as it is. */
static const char *shown(const char *key, const char *value, struct pk_result *ret)
{
	size_t len = strlen(key);
	struct pk_strbuf out = { 0 };
	const char *text = value;
	uint64_t n = strtoull(value, NULL, 10);

	if (len > 6 && !strcmp(key + len - 6, "_bytes"))
		pk_unit_put_bytes(&out, n);
	else if (!strcmp(key, "memory.bytes"))
		pk_unit_put_bytes(&out, n);
	else if (len > 3 && !strcmp(key + len - 3, "_ns") && strncmp(key, "time.", 5) &&
		 strcmp(key, "record.start_ns") && strcmp(key, "ledger.from_ns") &&
		 strcmp(key, "ledger.to_ns"))
		pk_unit_put_ns(&out, n);
	if (out.data)
		text = pk_result_text(ret, "%s", out.data);
	pk_strbuf_deinit(&out);
	return text;
}

/* Facts whose keys begin with one of the prefixes. */
static int add_facts(const struct pk_profile *p, const char *key, const char *title,
		     const char *const *prefixes, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, key, title, fact_columns, 0);
	int code = t ? 0 : -ENOMEM;

	PK_VEC_FOREACH(&p->facts, fact) {
		const char *name = pk_strtab_get(&p->strings, fact->key);
		const char *value = pk_strtab_get(&p->strings, fact->value);

		for (const char *const *prefix = prefixes; !code && *prefix; prefix++)
			if (!strncmp(name, *prefix, strlen(*prefix)))
				code = pk_table_row(t, PK_TEXT(name), PK_TEXT(value),
						    PK_TEXT(shown(name, value, ret)));
	}
	return code;
}

static int add_counts(const struct pk_profile *p, struct pk_result *ret)
{
	struct pk_table *t =
		pk_result_table(ret, "counts", "Contents", count_columns, PK_TABLE_RECORD);
	uint64_t nr[PK_TASK_NR_KINDS] = { 0 };

	if (!t)
		return -ENOMEM;
	PK_VEC_FOREACH(&p->tasks, task)
		if (task->kind < PK_TASK_NR_KINDS)
			nr[task->kind]++;
	return pk_table_row(t, PK_COUNT(p->samples.nr), PK_COUNT(p->nodes.nr ? p->nodes.nr - 1 : 0),
			    PK_COUNT(p->files.nr ? p->files.nr - 1 : 0), PK_COUNT(p->maps.nr),
			    PK_COUNT(nr[PK_TASK_ALIVE]), PK_COUNT(nr[PK_TASK_FORK]),
			    PK_COUNT(nr[PK_TASK_EXEC]), PK_COUNT(nr[PK_TASK_EXIT]),
			    PK_COUNT(p->marks.nr), PK_COUNT(p->symbols.nr),
			    PK_COUNT(p->strings.entries.nr), PK_COUNT(p->ledger.nr),
			    PK_COUNT(p->cpus.nr), PK_COUNT(p->hists.nr),
			    PK_COUNT(p->latencies.nr), PK_COUNT(p->waits.nr),
			    PK_COUNT(p->wakes.nr), PK_COUNT(p->bios.nr),
			    PK_COUNT(p->bio_ends.nr));
}

/* Threads by tid and tgid; an id that was used twice counts once. */
static int count_threads(const struct pk_profile *p, uint64_t *ret)
{
	struct pk_map64 seen = { 0 };
	int code = 0;

	PK_VEC_FOREACH(&p->ledger, piece)
		if (!code)
			code = pk_map64_set(&seen, (uint64_t)piece->tgid << 32 | piece->tid, 1);
	*ret = seen.nr;
	pk_map64_deinit(&seen);
	return code;
}

/* Sums as they are in the file; a file without a ledger has no such table. */
static int add_ledger(const struct pk_profile *p, struct pk_result *ret)
{
	uint64_t nr_threads, ns[PKPROF_NR_LINES] = { 0 }, all_ns = 0;
	uint64_t busy_ns = 0, idle_ns = 0, offline_ns = 0;
	struct pk_table *t;

	if (!p->ledger.nr && !p->cpus.nr)
		return 0;
	t = pk_result_table(ret, "ledger", "Ledger", ledger_columns, PK_TABLE_RECORD);
	if (!t || count_threads(p, &nr_threads))
		return -ENOMEM;
	PK_VEC_FOREACH(&p->ledger_parts, part) {
		ns[part->line] += part->ns;
		all_ns += part->ns;
	}
	PK_VEC_FOREACH(&p->cpus, c) {
		busy_ns += c->busy_ns;
		idle_ns += c->idle_ns;
		offline_ns += c->offline_ns;
	}
	return pk_table_row(t, PK_COUNT(nr_threads), PK_COUNT(all_ns),
			    PK_COUNT(ns[PKPROF_LINE_CPU]), PK_COUNT(ns[PKPROF_LINE_OTHER]),
			    PK_COUNT(ns[PKPROF_LINE_LOST]), PK_COUNT(busy_ns), PK_COUNT(idle_ns),
			    PK_COUNT(offline_ns));
}

/* First sample at or after a time. */
static size_t sample_at(const struct pk_samples *s, uint64_t time_ns)
{
	size_t low = 0, high = s->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->time_ns[mid] < time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Each mark begins a phase that lasts to the next one. */
static int add_phases(const struct pk_profile *p, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "phases", "Phases", phase_columns, 0);
	int code = t ? 0 : -ENOMEM;

	for (size_t i = 0; !code && i < p->marks.nr; i++) {
		uint64_t from = p->marks.data[i].time_ns;
		bool last = i + 1 == p->marks.nr;
		uint64_t to = last ? p->end_ns : p->marks.data[i + 1].time_ns;
		size_t end = last ? p->samples.nr : sample_at(&p->samples, to);

		code = pk_table_row(t, PK_COUNT(from > p->start_ns ? from - p->start_ns : 0),
				    PK_COUNT(to > from ? to - from : 0),
				    PK_COUNT(end - sample_at(&p->samples, from)),
				    PK_TEXT(pk_strtab_get(&p->strings, p->marks.data[i].text)));
	}
	return code;
}

static int add_line(struct pk_table *t, const struct pk_counters *c, int64_t off,
		    struct pk_result *ret)
{
	const struct pkprof_counters *k = &c->kernel;
	uint64_t lost = 0;

	for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++)
		lost += k->lost[why];
	return pk_table_row(
		t, PK_COUNT(c->cpu), PK_TEXT(pk_source_name(k->source)), PK_COUNT(k->generated),
		PK_COUNT(c->delivered), PK_COUNT(lost), PK_COUNT(k->lost[PKPROF_LOSS_RING_FULL]),
		PK_COUNT(k->lost[PKPROF_LOSS_OVERRUN]), PK_COUNT(k->lost[PKPROF_LOSS_NESTED]),
		PK_COUNT(k->lost[PKPROF_LOSS_NO_MEM]), PK_COUNT(k->lost[PKPROF_LOSS_EXITING]),
		PK_COUNT(k->lost[PKPROF_LOSS_DEFINITION]), PK_COUNT(k->hits),
		PK_COUNT(k->timed_hits), PK_COUNT(k->timed_ns), PK_COUNT(k->entry_ns),
		off ? PK_TEXT(pk_result_text(ret, "off by %" PRId64, off)) : PK_TEXT("closes"));
}

static int add_verdict(const struct pk_profile *p, uint64_t nr_off, struct pk_result *ret)
{
	if (!p->counters.nr)
		return pk_result_note(ret, "The file has no books: what was lost is not known.");
	if (!nr_off)
		return pk_result_note(ret, "The books close: generated = delivered + lost in every "
					   "line.");
	if (p->state != PK_FILE_CLOSED)
		return pk_result_note(ret,
				      "These are the last books before the file ends, taken while "
				      "recording: what was under way then makes %" PRIu64
				      " lines differ.",
				      nr_off);
	return pk_result_note(ret,
			      "The books do not close in %" PRIu64
			      " lines: events are neither delivered nor lost. This is a fault "
			      "of the recording; do not trust its shares.",
			      nr_off);
}

static int add_books(const struct pk_profile *p, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "books", "Books: generated = delivered + lost",
					     books_columns, 0);
	struct pk_books_view view = { 0 };
	uint64_t nr_off = 0;
	int code = 0;

	if (!t || pk_profile_latest_books(p, &view))
		return -ENOMEM;
	PK_VEC_FOREACH(&view.latest, at) {
		const struct pk_counters *c = &p->counters.data[*at];
		struct pk_books_sum one = { 0 };
		int64_t off;

		pk_books_add(&one, c);
		off = pk_books_unaccounted(&one);
		nr_off += off != 0;
		code = code ? code : add_line(t, c, off, ret);
	}
	pk_vec_deinit(&view.latest);
	return code ? code : add_verdict(p, nr_off, ret);
}

int pk_info_result(const struct pk_profile *p, const char *path, struct pk_result *ret)
{
	static const char *const host[] = { "host.", "kernel.", "cpu.", "memory.", NULL };
	static const char *const recording[] = { "record.", "ledger.", NULL };
	int code = add_file(p, path, ret);

	if (!code)
		code = add_facts(p, "host", "Host", host, ret);
	if (!code)
		code = pk_runtimes_add(p, ret);
	if (!code)
		code = add_facts(p, "recording", "Recording", recording, ret);
	if (!code)
		code = add_counts(p, ret);
	if (!code)
		code = add_ledger(p, ret);
	if (!code)
		code = add_phases(p, ret);
	if (!code)
		code = add_books(p, ret);
	if (!code && p->notice[0])
		code = pk_result_note(ret, "%s", p->notice);
	return code;
}
