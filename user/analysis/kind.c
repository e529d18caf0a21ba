// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kinds of time, and those that need no more than one stack; see
 * kind.h.
 */
#include <string.h>

#include "analysis/kind.h"
#include "base/cleanup.h"
#include "source/names.h"

/* --- what of a wait counts ---------------------------------------------------------- */

/* weight * part / whole without overflow. */
static uint64_t pro_rata(uint64_t weight, uint64_t part, uint64_t whole)
{
	return part >= whole ? weight : (uint64_t)((unsigned __int128)weight * part / whole);
}

bool pk_kind_span(const struct pk_scope *s, size_t i, enum pk_wait_part part,
		  struct pk_tower_piece *ret)
{
	const struct pk_wait *w = &s->model->profile->waits.data[i];
	uint64_t woken_ns = w->woken_ns ? w->woken_ns : w->time_ns, start_ns, left_ns;
	uint64_t nr = (part & PK_WAIT_BLOCKED ? w->nr_blocked : 0) +
		      (part & PK_WAIT_RUNQ ? w->nr_runq : 0);

	*ret = (struct pk_tower_piece){
		.from_ns = part & PK_WAIT_BLOCKED ? w->since_ns : woken_ns,
		.to_ns = part & PK_WAIT_RUNQ ? w->time_ns : woken_ns,
		.weight = nr << w->period_log2,
		.span_weight = nr << w->period_log2,
		.period_log2 = w->period_log2,
	};
	if (!nr || ret->to_ns <= ret->from_ns)
		return false;
	/* instants are only from the start on, however long it had waited before */
	start_ns = s->model->profile->start_ns;
	if (ret->from_ns < start_ns && start_ns < ret->to_ns)
		ret->from_ns = start_ns;
	if (!s->filtered)
		return true;
	if (!pk_filter_match_thread(s->filter, s->model, s->model->wait_thread[i]))
		return false;
	left_ns = pk_filter_clip_ns(s->filter, ret->from_ns, ret->to_ns);
	ret->weight = pro_rata(ret->weight, left_ns, ret->to_ns - ret->from_ns);
	pk_filter_hull(s->filter, &ret->from_ns, &ret->to_ns);
	ret->span_weight = ret->weight;
	return ret->weight;
}

bool pk_kind_busy_span(const struct pk_scope *s, size_t i, enum pk_wait_part part,
		       struct pk_tower_piece *ret, struct pk_towers *towers)
{
	if (s->model->profile->waits.data[i].line != PKPROF_LINE_KTHREAD)
		return pk_kind_span(s, i, part, ret);
	if (part & PK_WAIT_BLOCKED && pk_kind_span(s, i, PK_WAIT_BLOCKED, ret))
		towers->left_out += ret->weight;
	return part & PK_WAIT_RUNQ && pk_kind_span(s, i, PK_WAIT_RUNQ, ret);
}

uint32_t pk_kind_base(const struct pk_model *m, uint32_t thread, bool threads)
{
	const struct pk_thread *t = &m->threads.data[thread];

	return threads ? t->comm : m->processes.data[t->process].comm;
}

/* --- collect ------------------------------------------------------------------------ */

static int collect_samples(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
			   struct pk_towers *ret)
{
	const struct pk_model *m = s->model;
	int rc = 0;

	(void)c;
	for (size_t n = 0; !rc && n < s->nr_samples; n++) {
		size_t i = s->samples[n];

		rc = pk_towers_add(ret, pk_kind_base(m, m->sample_thread[i], threads),
				   m->sample_stack[i], 1, NULL);
	}
	return rc;
}

static int add_wait(const struct pk_model *m, size_t i, struct pk_tower_piece *piece, bool threads,
		    struct pk_towers *ret)
{
	uint32_t tower = m->wait_stack[i];
	int rc = 0;

	ret->nr_waits++;
	if (m->profile->waits.data[i].flags & PKPROF_WAIT_OPEN)
		rc = pk_towers_mark(ret, tower, "still waiting", NULL, &tower);
	return rc ? rc : pk_towers_add_piece(ret, pk_kind_base(m, m->wait_thread[i], threads),
					     tower, piece);
}

static int collect_off(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		       struct pk_towers *ret)
{
	struct pk_tower_piece piece;
	int rc = 0;

	(void)c;
	for (size_t i = 0; !rc && i < s->model->profile->waits.nr; i++)
		if (pk_kind_busy_span(s, i, PK_WAIT_ALL, &piece, ret))
			rc = add_wait(s->model, i, &piece, threads, ret);
	return rc;
}

static int collect_line(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
			struct pk_towers *ret)
{
	struct pk_tower_piece piece;
	int rc = 0;

	for (size_t i = 0; !rc && i < s->model->profile->waits.nr; i++) {
		const struct pk_wait *w = &s->model->profile->waits.data[i];
		unsigned int part = (w->line == c->line ? PK_WAIT_BLOCKED : 0) |
				    (w->runq_line == c->line ? PK_WAIT_RUNQ : 0);

		if (part && pk_kind_span(s, i, part, &piece))
			rc = add_wait(s->model, i, &piece, threads, ret);
	}
	return rc;
}

/* --- the table ---------------------------------------------------------------------- */

const struct pk_kind pk_kinds[] = {
	{
		.name = "cpu",
		.help = "time on the CPUs, in samples",
		.unit = PK_WEIGHT_SAMPLES,
		.title = "On-CPU time",
		.leaf = "executing",
		.source = PKPROF_SRC_CPU,
		.collect = collect_samples,
	},
	{
		.name = "off",
		.help = "time off the CPUs, blocked and on run queues, without idle kernel threads",
		.unit = PK_WEIGHT_NS,
		.title = "Off-CPU time",
		.leaf = "waiting",
		.source = PKPROF_SRC_OFFCPU,
		.collect = collect_off,
	},
	{
		.name = "wait",
		.help = "one line of the wait ledger, for example wait:disk",
		.takes_line = true,
		.unit = PK_WEIGHT_NS,
		.title = "Time waiting",
		.leaf = "waiting",
		.source = PKPROF_SRC_OFFCPU,
		.collect = collect_line,
	},
	{
		.name = "wakeup",
		.help = "time blocked, on top of it who ended the wait, whom that one had waited for, ...",
		.unit = PK_WEIGHT_NS,
		.title = "Blocked time",
		.hangs = true,
		.leaf = "waiting",
		.source = PKPROF_SRC_OFFCPU,
		.collect = pk_kind_collect_wakeups,
	},
};
const unsigned int pk_nr_kinds = PK_ARRAY_SIZE(pk_kinds);

/* Of running threads there is no wait, and what is lost has no stack. */
static bool is_waiting(unsigned int line)
{
	return line != PKPROF_LINE_CPU && line != PKPROF_LINE_LOST;
}

bool pk_kind_word(unsigned int i, struct pk_strbuf *word, const char **help_ret)
{
	for (unsigned int k = 0; k < pk_nr_kinds; k++) {
		if (!pk_kinds[k].takes_line) {
			if (!i--) {
				pk_strbuf_puts(word, pk_kinds[k].name);
				*help_ret = pk_kinds[k].help;
				return true;
			}
			continue;
		}
		for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
			if (is_waiting(line) && !i--) {
				pk_strbuf_printf(word, "%s:%s", pk_kinds[k].name,
						 pk_line_name(line));
				*help_ret = pk_line_names[line].help;
				return true;
			}
		}
	}
	return false;
}

const char *pk_kind_line(const struct pk_kind_choice *c)
{
	return pk_kind_of(c)->takes_line ? pk_line_name(c->line) : NULL;
}

static int no_such_kind(const char *text, struct pk_err *err)
{
	struct pk_strbuf words = { 0 };
	const char *help;
	int rc;

	for (unsigned int i = 0; pk_kind_word(i, &words, &help); i++)
		pk_strbuf_puts(&words, ", ");
	rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
			 "there is no kind '%s'; --kind takes one of: %.*s", text,
			 words.len > 2 ? (int)words.len - 2 : 0, words.data ? words.data : "");
	pk_strbuf_deinit(&words);
	return rc;
}

static bool parse_line(const char *name, uint32_t *ret)
{
	for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
		if (is_waiting(line) && !strcmp(name, pk_line_name(line))) {
			*ret = line;
			return true;
		}
	}
	return false;
}

int pk_kind_parse(const char *text, struct pk_kind_choice *ret, struct pk_err *err)
{
	*ret = (struct pk_kind_choice){ .kind = &pk_kinds[0] };
	for (unsigned int k = 0; text && k < pk_nr_kinds; k++) {
		size_t len = strlen(pk_kinds[k].name);

		ret->kind = &pk_kinds[k];
		if (!pk_kinds[k].takes_line && !strcmp(text, pk_kinds[k].name))
			return 0;
		if (pk_kinds[k].takes_line && !strncmp(text, pk_kinds[k].name, len) &&
		    text[len] == ':' && parse_line(text + len + 1, &ret->line))
			return 0;
	}
	return text ? no_such_kind(text, err) : 0;
}

int pk_kind_collect(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		    struct pk_towers *ret)
{
	return pk_kind_of(c)->collect(s, c, threads, ret);
}
