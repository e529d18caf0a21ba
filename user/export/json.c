// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON: the whole profile for programs; JSON.md describes each member. Large
 * arrays have one element per line, so that line tools can take it apart too.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/phase_times.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "export/export.h"
#include "export/json_io.h"
#include "export/json_ledger.h"
#include "export/json_values.h"
#include "export/json_waits.h"
#include "runtime/recorded.h"
#include "source/names.h"

#define FORMAT_VERSION 1
#define NO_PHASE UINT32_MAX

static const char *const kind_names[] = {
	[PK_FRAME_USER] = "user",
	[PK_FRAME_KERNEL] = "kernel",
	[PK_FRAME_JIT] = "jit",
	[PK_FRAME_PYTHON] = "python",
	[PK_FRAME_MARKER] = "marker",
};

struct writer {
	const struct pk_scope *s;
	struct pk_json json;
	struct pk_sink *out;
	struct pk_phase_times phases;
};

/* Samples that have all this in common are one element. */
struct group {
	uint32_t phase, thread, stack, weight;
};

static void put_runtime(struct pk_json *j, const struct pk_runtime_fact *f)
{
	const char *pid = f->pids;
	char *end;

	pk_json_object(j, NULL);
	pk_json_string(j, "runtime", f->key);
	pk_json_string(j, "version", *f->version ? f->version : NULL);
	pk_json_u64(j, "nr_processes", f->nr_processes);
	pk_json_array(j, "pids");
	for (; *pid; pid = end + (*end == ',')) {
		uint64_t n = strtoull(pid, &end, 10);

		if (end == pid)
			break;
		pk_json_u64(j, NULL, n);
	}
	pk_json_end(j);
	pk_json_string(j, "evidence", *f->evidence ? f->evidence : NULL);
	pk_json_string(j, "names", *f->names ? f->names : NULL);
	pk_json_array(j, "lacks");
	for (unsigned int i = 0; i < f->nr_lacks; i++) {
		pk_json_object(j, NULL);
		pk_json_string(j, "lack", f->lacks[i].what);
		pk_json_string(j, "remedy", *f->lacks[i].remedy ? f->lacks[i].remedy : NULL);
		pk_json_end(j);
	}
	pk_json_end(j);
	pk_json_end(j);
}

static void put_runtimes(struct writer *w)
{
	const struct pk_profile *p = w->s->model->profile;
	struct pk_runtime_fact f;

	pk_json_array(&w->json, "runtimes");
	PK_VEC_FOREACH(&p->facts, fact) {
		if (strcmp(pk_strtab_get(&p->strings, fact->key), PK_RUNTIME_FACT) ||
		    !pk_runtime_fact_parse(pk_strtab_get(&p->strings, fact->value), &f))
			continue;
		put_runtime(&w->json, &f);
		pk_runtime_fact_deinit(&f);
	}
	pk_json_end(&w->json);
}

/* Of several facts with one key the last one counts. */
static int put_facts(struct writer *w)
{
	const struct pk_profile *p = w->s->model->profile;
	PK_AUTO_FREE size_t *last = calloc(p->strings.entries.nr + 1, sizeof(*last));

	if (!last)
		return -ENOMEM;
	for (size_t i = 0; i < p->facts.nr; i++)
		last[p->facts.data[i].key] = i;
	pk_json_object(&w->json, "facts");
	for (size_t i = 0; i < p->facts.nr; i++) {
		const struct pk_fact *fact = &p->facts.data[i];

		/* those of runtimes are an array of their own */
		if (last[fact->key] == i &&
		    strcmp(pk_strtab_get(&p->strings, fact->key), PK_RUNTIME_FACT) != 0)
			pk_json_put_text(&w->json, w->s, pk_model_string(w->s->model, fact->key), fact->value);
	}
	pk_json_end(&w->json);
	put_runtimes(w);
	return 0;
}

static int put_head(struct writer *w)
{
	static const char *const states[] = { "closed", "cut", "damaged" };
	const struct pk_profile *p = w->s->model->profile;
	struct pk_json *j = &w->json;

	pk_json_string(j, "format", "pkprof");
	pk_json_u64(j, "version", FORMAT_VERSION);
	pk_json_string(j, "state", states[p->state]);
	pk_json_string(j, "notice", *p->notice ? p->notice : NULL);
	pk_json_u64(j, "duration_ns", p->end_ns - p->start_ns);
	pk_json_u64(j, "period_ns", w->s->period_ns);
	pk_json_bool(j, "filtered", w->s->filtered);
	pk_json_u64(j, "filtered_ns", w->s->wall_ns);
	pk_json_array(j, "cpus");
	PK_VEC_FOREACH(&w->s->cpus, cpu)
		pk_json_u64(j, NULL, *cpu);
	pk_json_end(j);
	return put_facts(w);
}

static void put_processes(struct writer *w)
{
	const struct pk_model *m = w->s->model;
	struct pk_json *j = &w->json;

	pk_json_array(j, "processes");
	PK_VEC_FOREACH(&m->processes, p) {
		pk_json_object(j, NULL);
		pk_json_u64(j, "pid", p->tgid);
		pk_json_put_index(&w->json, "parent", p->parent);
		pk_json_put_time(&w->json, w->s, "start_ns", p->start_ns);
		pk_json_put_time(&w->json, w->s, "end_ns", p->end_ns);
		pk_json_bool(j, "kernel", p->kernel);
		pk_json_put_text(&w->json, w->s, "comm", p->comm);
		pk_json_put_text(&w->json, w->s, "cgroup", p->cgroup);
		pk_json_put_text(&w->json, w->s, "args", p->args);
		pk_json_end(j);
		pk_sink_drain(w->out);
	}
	pk_json_end(j);
	pk_json_array(j, "threads");
	PK_VEC_FOREACH(&m->threads, t) {
		pk_json_object(j, NULL);
		pk_json_u64(j, "tid", t->tid);
		pk_json_u64(j, "process", t->process);
		pk_json_put_time(&w->json, w->s, "start_ns", t->start_ns);
		pk_json_put_time(&w->json, w->s, "end_ns", t->end_ns);
		pk_json_put_text(&w->json, w->s, "comm", t->comm);
		pk_json_end(j);
		pk_sink_drain(w->out);
	}
	pk_json_end(j);
}

/* What the third number of a stack is the index of; [0]: not known. Only where there are any. */
static void put_sources(struct writer *w)
{
	const struct pk_model *m = w->s->model;
	struct pk_json *j = &w->json;

	if (m->sources.nr < 2)
		return;
	pk_json_array(j, "sources");
	PK_VEC_FOREACH(&m->sources, s) {
		pk_json_object(j, NULL);
		pk_json_put_text(&w->json, w->s, "file", s->file);
		pk_json_u64(j, "line", s->line);
		pk_json_end(j);
		pk_sink_drain(w->out);
	}
	pk_json_end(j);
}

static void put_stacks(struct writer *w)
{
	const struct pk_model *m = w->s->model;
	struct pk_json *j = &w->json;

	pk_json_array(j, "frames");
	PK_VEC_FOREACH(&m->frames, f) {
		pk_json_object(j, NULL);
		pk_json_string(j, "name", pk_model_string(m, f->name));
		pk_json_put_text(&w->json, w->s, "dso", f->dso);
		pk_json_string(j, "kind",
			       f->kind < PK_ARRAY_SIZE(kind_names) ? kind_names[f->kind] : NULL);
		pk_json_bool(j, "named", f->named);
		if (f->inlined)
			pk_json_bool(j, "inlined", true);
		pk_json_end(j);
		pk_sink_drain(w->out);
	}
	pk_json_end(j);
	pk_json_array(j, "stacks");
	PK_VEC_FOREACH(&m->nodes, node) {
		pk_json_array(j, NULL);
		pk_json_u64(j, NULL, node->parent);
		pk_json_u64(j, NULL, node->frame);
		if (node->source)
			pk_json_u64(j, NULL, node->source);
		pk_json_end(j);
		pk_sink_drain(w->out);
	}
	pk_json_end(j);
	put_sources(w);
}

static void put_phases(struct writer *w)
{
	struct pk_json *j = &w->json;

	pk_json_array(j, "phases");
	PK_VEC_FOREACH(&w->phases.spans, span) {
		pk_json_object(j, NULL);
		pk_json_put_text(&w->json, w->s, "name", span->text);
		pk_json_put_time(&w->json, w->s, "from_ns", span->from_ns);
		pk_json_put_time(&w->json, w->s, "to_ns", span->to_ns);
		pk_json_end(j);
	}
	pk_json_end(j);
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return x->stack < y->stack ? -1 : x->stack > y->stack;
}

static int put_samples(struct writer *w)
{
	const struct pk_scope *s = w->s;
	PK_AUTO_FREE struct group *groups = malloc((s->nr_samples + 1) * sizeof(*groups));
	struct pk_json *j = &w->json;
	size_t next;

	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < s->nr_samples; i++) {
		uint32_t idx = s->samples[i];
		size_t phase = pk_phase_times_find(&w->phases,
						   s->model->profile->samples.time_ns[idx]);

		groups[i] = (struct group){ phase < w->phases.spans.nr ? phase : NO_PHASE,
					    s->model->sample_thread[idx],
					    s->model->sample_stack[idx], pk_scope_weight(s, idx) };
	}
	qsort(groups, s->nr_samples, sizeof(*groups), compare_groups);
	pk_json_array(j, "samples");
	for (size_t i = 0; i < s->nr_samples; i = next) {
		uint64_t count = 0;

		for (next = i; next < s->nr_samples; next++) {
			if (compare_groups(&groups[i], &groups[next]))
				break;
			count += groups[next].weight;
		}
		pk_json_object(j, NULL);
		pk_json_put_index(&w->json, "phase", groups[i].phase);
		pk_json_u64(j, "thread", groups[i].thread);
		pk_json_u64(j, "stack", groups[i].stack);
		pk_json_u64(j, "count", count);
		pk_json_end(j);
		pk_sink_drain(w->out);
	}
	pk_json_end(j);
	return 0;
}

static void put_books_of(struct writer *w, const struct pk_counters *c)
{
	const struct pkprof_counters *k = &c->kernel;
	struct pk_json *j = &w->json;

	pk_json_object(j, NULL);
	pk_json_u64(j, "cpu", c->cpu);
	pk_json_string(j, "source", pk_source_name(k->source));
	pk_json_u64(j, "generated", k->generated);
	pk_json_u64(j, "delivered", c->delivered);
	pk_json_object(j, "lost");
	for (unsigned int i = 0; i < PKPROF_NR_LOSSES; i++)
		pk_json_u64(j, pk_loss_name(i), k->lost[i]);
	pk_json_end(j);
	pk_json_u64(j, "hits", k->hits);
	pk_json_u64(j, "timed_hits", k->timed_hits);
	pk_json_u64(j, "timed_ns", k->timed_ns);
	pk_json_u64(j, "entry_ns", k->entry_ns);
	pk_json_end(j);
}

static int put_books(struct writer *w)
{
	const struct pk_profile *p = w->s->model->profile;
	struct pk_books_view view = { 0 };

	if (pk_profile_latest_books(p, &view))
		return -ENOMEM;
	pk_json_array(&w->json, "books");
	PK_VEC_FOREACH(&view.latest, idx)
		put_books_of(w, &p->counters.data[*idx]);
	pk_json_end(&w->json);
	pk_vec_deinit(&view.latest);
	return 0;
}

/* There only if there are any. */
static void put_steps(struct writer *w)
{
	const struct pk_profile *p = w->s->model->profile;
	struct pk_json *j = &w->json;

	if (!p->steps.nr)
		return;
	pk_json_array(j, "budget_steps");
	PK_VEC_FOREACH(&p->steps, x) {
		pk_json_object(j, NULL);
		pk_json_u64(j, "time_ns", x->time_ns);
		pk_json_string(j, "step", pk_step_name(x->step));
		pk_json_u64(j, "level", x->level);
		pk_json_string(j, "source", pk_source_name(x->source));
		pk_json_double(j, "cost_share", x->share_ppm / 1e6);
		pk_json_double(j, "budget", x->budget_ppm / 1e6);
		pk_json_end(j);
	}
	pk_json_end(j);
}

static int write_json(const struct pk_scope *s, const struct pk_export_opts *o,
		      struct pk_sink *out, struct pk_err *err)
{
	struct writer w = {
		.s = s,
		.json = pk_json_of(&out->buf, 2),
		.out = out,
	};
	int rc = pk_phase_times_init(s->model->profile, &w.phases);

	(void)o;
	if (!rc) {
		pk_json_object(&w.json, NULL);
		rc = put_head(&w);
	}
	if (!rc) {
		put_phases(&w);
		put_processes(&w);
		put_stacks(&w);
		rc = put_samples(&w);
	}
	if (!rc)
		rc = pk_json_put_waits(&w.json, s, out);
	if (!rc)
		rc = pk_json_put_ledger(&w.json, s, &w.phases, out);
	if (!rc)
		rc = pk_json_put_io(&w.json, s, out);
	if (!rc)
		rc = put_books(&w);
	if (!rc)
		put_steps(&w);
	if (!rc)
		pk_json_end(&w.json);
	pk_phase_times_deinit(&w.phases);
	return rc ? pk_err_set(err, rc, "no memory for the samples") : out->code;
}

const struct pk_export pk_export_json = {
	.name = "json",
	.suffix = ".json",
	.help = "the whole profile as one JSON object: processes, stacks, samples, waits, ledger, I/O",
	.write = write_json,
};
