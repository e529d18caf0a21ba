// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kinds of time, and those that need no more than one stack; see
 * kind.h.
 */
#include <string.h>

#include "analysis/kind.h"
#include "base/cleanup.h"
#include "source/names.h"

#define MAX_WORDS 64	/* of one kind */

const char *const pk_weight_names[] = {
	[PK_WEIGHT_SAMPLES] = "samples",
	[PK_WEIGHT_NS] = "time",
	[PK_WEIGHT_BYTES] = "bytes",
};

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
				   m->sample_stack[i], pk_scope_weight(s, i), NULL);
	}
	return rc;
}

static int add_wait(const struct pk_model *m, size_t i, struct pk_tower_piece *piece, bool threads,
		    struct pk_towers *ret)
{
	uint32_t tower = m->wait_stack[i];
	int rc = 0;

	ret->nr_items++;
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
		unsigned int part = (w->line == c->word ? PK_WAIT_BLOCKED : 0) |
				    (w->runq_line == c->word ? PK_WAIT_RUNQ : 0);

		if (part && pk_kind_span(s, i, part, &piece))
			rc = add_wait(s->model, i, &piece, threads, ret);
	}
	return rc;
}

/* --- words -------------------------------------------------------------------------- */

/* Lines of the wait ledger; of running threads there is no wait, and what is lost has no stack. */
static bool line_word(unsigned int i, const char **name_ret, const char **help_ret)
{
	if (i >= PKPROF_NR_LINES || i == PKPROF_LINE_CPU || i == PKPROF_LINE_LOST)
		return false;
	*name_ret = pk_line_names[i].name;
	*help_ret = pk_line_names[i].help;
	return true;
}

/* Operations of block devices that move data or take it away. */
static bool op_word(unsigned int i, const char **name_ret, const char **help_ret)
{
	if (i >= PKPROF_NR_BLOCK_OPS || i == PKPROF_BLOCK_FLUSH || i == PKPROF_BLOCK_BARRIER)
		return false;
	*name_ret = pk_block_op_names[i].name;
	*help_ret = pk_block_op_names[i].help;
	return true;
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
		.words = line_word,
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
	{
		.name = "io",
		.help = "bytes of block I/O, by who submitted it",
		.unit = PK_WEIGHT_BYTES,
		.title = "Bytes of block I/O",
		.leaf = "submitting",
		.source = PKPROF_SRC_BLOCK,
		.collect = pk_kind_collect_io,
	},
	{
		.name = "io:time",
		.help = "time of block requests, in the queue and at the device",
		.unit = PK_WEIGHT_NS,
		.title = "Time of block I/O",
		.leaf = "submitting",
		.source = PKPROF_SRC_BLOCK,
		.collect = pk_kind_collect_io,
	},
	{
		.name = "io",
		.help = "bytes of one operation, for example io:read",
		.words = op_word,
		.unit = PK_WEIGHT_BYTES,
		.title = "Bytes of block I/O",
		.leaf = "submitting",
		.source = PKPROF_SRC_BLOCK,
		.collect = pk_kind_collect_io,
	},
};
const unsigned int pk_nr_kinds = PK_ARRAY_SIZE(pk_kinds);

bool pk_kind_word(unsigned int i, struct pk_strbuf *word, const char **help_ret)
{
	const char *name;

	for (unsigned int k = 0; k < pk_nr_kinds; k++) {
		if (!pk_kinds[k].words && !i--) {
			pk_strbuf_puts(word, pk_kinds[k].name);
			*help_ret = pk_kinds[k].help;
			return true;
		}
		for (unsigned int w = 0; pk_kinds[k].words && w < MAX_WORDS; w++) {
			if (pk_kinds[k].words(w, &name, help_ret) && !i--) {
				pk_strbuf_printf(word, "%s:%s", pk_kinds[k].name, name);
				return true;
			}
		}
	}
	return false;
}

const char *pk_kind_word_of(const struct pk_kind_choice *c)
{
	const char *name, *help;

	return pk_kind_of(c)->words && pk_kind_of(c)->words(c->word, &name, &help) ? name : NULL;
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

static bool parse_word(const struct pk_kind *kind, const char *text, uint32_t *ret)
{
	const char *name, *help;

	for (unsigned int w = 0; w < MAX_WORDS; w++) {
		if (kind->words(w, &name, &help) && !strcmp(text, name)) {
			*ret = w;
			return true;
		}
	}
	return false;
}

int pk_kind_parse(const char *text, struct pk_kind_choice *ret, struct pk_err *err)
{
	*ret = (struct pk_kind_choice){ .kind = &pk_kinds[0] };
	for (unsigned int k = 0; text && k < pk_nr_kinds; k++) {
		const struct pk_kind *kind = ret->kind = &pk_kinds[k];
		size_t len = strlen(kind->name);

		if (!kind->words && !strcmp(text, kind->name))
			return 0;
		if (kind->words && !strncmp(text, kind->name, len) && text[len] == ':' &&
		    parse_word(kind, text + len + 1, &ret->word))
			return 0;
	}
	return text ? no_such_kind(text, err) : 0;
}

int pk_kind_collect(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		    struct pk_towers *ret)
{
	return pk_kind_of(c)->collect(s, c, threads, ret);
}
