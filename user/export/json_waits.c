// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waits in the JSON export: each by itself with who ended it, and their sums by stack
 * with the sampling error.
 */
#include "analysis/kind.h"
#include "analysis/wait_error.h"
#include "base/cleanup.h"
#include "export/json_values.h"
#include "export/json_waits.h"
#include "source/names.h"

/* What the filter leaves of one wait. */
struct part {
	size_t idx;
	struct pk_tower_piece all;	/* weight is blocked and on the run queue */
	uint64_t blocked_ns, runq_ns;
};

static bool part_of(const struct pk_scope *s, size_t i, struct part *ret)
{
	struct pk_tower_piece piece;

	*ret = (struct part){ .idx = i };
	if (pk_kind_span(s, i, PK_WAIT_BLOCKED, &piece))
		ret->blocked_ns = piece.weight;
	if (pk_kind_span(s, i, PK_WAIT_RUNQ, &piece))
		ret->runq_ns = piece.weight;
	return pk_kind_span(s, i, PK_WAIT_ALL, &ret->all);
}

static void put_waker(struct pk_json *j, const struct pk_model *m, uint32_t wake)
{
	const struct pk_wake *w;

	if (wake == PK_NO_WAKE) {
		pk_json_null(j, "woken_by");
		return;
	}
	w = &m->profile->wakes.data[wake];
	pk_json_object(j, "woken_by");
	pk_json_string(j, "what", w->flags & PKPROF_WAKE_IRQ	   ? "interrupt" :
				  w->flags & PKPROF_WAKE_IDLE	   ? "idle" :
				  w->flags & PKPROF_WAKE_SOFTIRQ ? "softirq" :
								     "task");
	pk_json_put_index(j, "thread", m->wake_waker[wake]);
	pk_json_u64(j, "stack", m->wake_stack[wake]);
	pk_json_end(j);
}

static void put_wait(struct pk_json *j, const struct pk_scope *s, const struct part *part)
{
	const struct pk_model *m = s->model;
	const struct pk_wait *w = &m->profile->waits.data[part->idx];

	pk_json_object(j, NULL);
	pk_json_u64(j, "thread", m->wait_thread[part->idx]);
	pk_json_u64(j, "stack", m->wait_stack[part->idx]);
	pk_json_string(j, "line", pk_line_name(w->line));
	pk_json_string(j, "runq_line", pk_line_name(w->runq_line));
	pk_json_put_time(j, s, "since_ns", w->since_ns);
	if (w->woken_ns)
		pk_json_put_time(j, s, "woken_ns", w->woken_ns);
	else
		pk_json_null(j, "woken_ns");
	pk_json_put_time(j, s, "time_ns", w->time_ns);
	pk_json_bool(j, "open", w->flags & PKPROF_WAIT_OPEN);
	pk_json_u64(j, "blocked_ns", part->blocked_ns);
	pk_json_u64(j, "runq_ns", part->runq_ns);
	put_waker(j, m, m->wait_wake[part->idx]);
	pk_json_end(j);
}

/* Sum of all waits with one stack. */
struct sum {
	uint32_t stack;
	uint64_t nr, blocked_ns, runq_ns;
};

struct sums {
	PK_VEC(struct sum) v;
	struct pk_map64 by_stack;
	struct pk_wait_steps steps;	/* owner: index + 1 */
};

static int add(struct sums *sums, const struct pk_scope *s, const struct part *part)
{
	uint32_t stack = s->model->wait_stack[part->idx];
	uint32_t *at = pk_map64_at(&sums->by_stack, stack);
	struct sum *sum;

	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		*at = sums->v.nr;
		if (pk_vec_add(&sums->v, ((struct sum){ .stack = stack })))
			return -ENOMEM;
	}
	sum = &sums->v.data[*at];
	sum->nr++;
	sum->blocked_ns += part->blocked_ns;
	sum->runq_ns += part->runq_ns;
	return pk_wait_steps_add(&sums->steps, *at + 1, part->all.from_ns, part->all.to_ns,
				 part->all.weight, part->all.span_weight, part->all.period_log2,
				 s->model->profile->start_ns);
}

static int put_sums(struct pk_json *j, struct sums *sums, struct pk_sink *out)
{
	size_t nr = sums->v.nr + 1;
	PK_AUTO_FREE double *error = malloc(nr * sizeof(*error));
	int rc = error ? pk_wait_steps_error(&sums->steps, NULL, nr, error) : -ENOMEM;

	if (rc)
		return rc;
	pk_json_array(j, "off_cpu");
	for (size_t i = 0; i < sums->v.nr; i++) {
		const struct sum *sum = &sums->v.data[i];

		pk_json_object(j, NULL);
		pk_json_u64(j, "stack", sum->stack);
		pk_json_u64(j, "count", sum->nr);
		pk_json_u64(j, "blocked_ns", sum->blocked_ns);
		pk_json_u64(j, "runq_ns", sum->runq_ns);
		pk_json_u64(j, "error_ns", (uint64_t)(error[i + 1] + 0.5));
		pk_json_end(j);
		pk_sink_drain(out);
	}
	pk_json_end(j);
	return 0;
}

int pk_json_put_waits(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out)
{
	struct sums sums = { 0 };
	int rc = 0;

	pk_json_array(j, "waits");
	for (size_t i = 0; !rc && i < s->model->profile->waits.nr; i++) {
		struct part part;

		if (!part_of(s, i, &part))
			continue;
		put_wait(j, s, &part);
		rc = add(&sums, s, &part);
		pk_sink_drain(out);
	}
	pk_json_end(j);
	if (!rc)
		rc = put_sums(j, &sums, out);
	pk_vec_deinit(&sums.v);
	pk_vec_deinit(&sums.steps.v);
	pk_map64_deinit(&sums.by_stack);
	return rc;
}
