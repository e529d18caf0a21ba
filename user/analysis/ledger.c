// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ledger: where the time of all threads went, line by line, per process, thread or
 * cgroup, and whether the books close: each thread's lines against its life, all
 * threads' CPU time and the CPUs' idle time against CPUs times wall time.
 *
 * Times are exact but for the split of CPU time, which comes from the samples.
 */
#include "analysis/analysis.h"
#include "analysis/ledger_accounts.h"
#include "analysis/ledger_sums.h"
#include "analysis/ledger_waited.h"
#include "base/cleanup.h"
#include "base/unit.h"
#include "source/names.h"

static const struct pk_column totals_columns[] = {
	{ "wall_ns", "wall time", PK_COL_NS, 0 },
	{ "threads", "threads", PK_COL_COUNT, 0 },
	{ "mean_threads", "at a time", PK_COL_REAL, 0 },
	{ "life_ns", "their lives", PK_COL_NS, 0 },
	{ "booked_ns", "booked", PK_COL_NS, 0 },
	{ "residue_ns", "residue", PK_COL_NS, PK_COL_HIDDEN },
	{ "residue_share", "residue", PK_COL_RATIO, 0 },
	{ "active_ns", "active", PK_COL_NS, 0 },
	{ "waiting_ns", "waiting", PK_COL_NS, 0 },
	{ "idle_ns", "idle", PK_COL_NS, 0 },
	{ "lost_share", "lost", PK_COL_RATIO, 0 },
	{ "other_share", "other", PK_COL_RATIO, 0 },
	{ "missing", "without account", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "user_share", "user of CPU", PK_COL_RATIO, 0 },
	{ "user_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "softirq_share", "softirq of CPU", PK_COL_RATIO, 0 },
	{ "softirq_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "samples", "samples", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "steal_ns", "host steal", PK_COL_NS, 0 },
	{ "steal_share", "of the CPUs", PK_COL_RATIO, 0 },
	{ "overflow_threads", "tasks without room", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "overflow_cpu_ns", "their CPU time", PK_COL_NS, PK_COL_HIDDEN },
	{ "aggregated_threads", "without an end", PK_COL_COUNT, PK_COL_HIDDEN },
	{ 0 },
};

static const struct pk_column line_columns[] = {
	{ "line", "line", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "of", "part of", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "class", "class", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "label", "line", PK_COL_TEXT, PK_COL_SCREEN },
	{ "ns", "time", PK_COL_NS, PK_COL_ROW_IF },
	{ "error_ns", "error", PK_COL_NS, PK_COL_HIDDEN },
	{ "share", "of all", PK_COL_RATIO, 0 },
	{ "mean_threads", "threads", PK_COL_REAL, 0 },
	{ "awake_share", "not idle", PK_COL_RATIO, PK_COL_BAR },
	{ "intervals", "times", PK_COL_COUNT, PK_COL_SPARE },
	{ "each_ns", "each", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "meaning", "what it is", PK_COL_TEXT, PK_COL_ELASTIC | PK_COL_SPARE },
	{ 0 },
};

static const struct pk_column cpu_columns[] = {
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY },
	{ "wall_ns", "wall time", PK_COL_NS, PK_COL_HIDDEN },
	{ "busy_ns", "busy", PK_COL_NS, 0 },
	{ "busy", "busy", PK_COL_RATIO, PK_COL_BAR },
	{ "idle_ns", "idle", PK_COL_NS, 0 },
	{ "offline_ns", "offline", PK_COL_NS, PK_COL_IF_ANY },
	{ "switches", "switches", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "switches_hz", "switches", PK_COL_HZ, 0 },
	{ "softirq_ns", "softirq", PK_COL_NS, PK_COL_HIDDEN },
	{ "softirq", "softirq", PK_COL_RATIO, 0 },
	{ "irq_ns", "irq", PK_COL_NS, PK_COL_HIDDEN },
	{ "irq", "irq", PK_COL_RATIO, 0 },
	{ "iowait_ns", "iowait", PK_COL_NS, PK_COL_HIDDEN },
	{ "steal_ns", "steal", PK_COL_NS, PK_COL_HIDDEN },
	{ "steal", "steal", PK_COL_RATIO, 0 },
	{ 0 },
};

static const struct pk_column closure_columns[] = {
	{ "cpus_wall_ns", "CPUs x wall", PK_COL_NS, 0 },
	{ "tasks_cpu_ns", "CPU of all threads", PK_COL_NS, 0 },
	{ "idle_ns", "CPUs idle", PK_COL_NS, 0 },
	{ "offline_ns", "offline", PK_COL_NS, PK_COL_HIDDEN },
	{ "overflow_cpu_ns", "CPU of tasks without room", PK_COL_NS, PK_COL_HIDDEN },
	{ "error_share", "not covered", PK_COL_RATIO, 0 },
	{ 0 },
};

/* How lines are called in the table of lines. */
static const char *const labels[] = {
	"cpu",	  "runq (woken)",  "preempted",	      "throttled",	"disk",
	"fault",  "futex (lock)",  "klock (kernel)",  "rtlock",		"socket",
	"pipe",	  "tty",	   "poll",	      "aio",		"sleep",
	"child",  "stopped",	   "kthread (idle)",  "other",		"lost",
};
_Static_assert(PK_ARRAY_SIZE(labels) == PKPROF_NR_LINES, "a new line needs a label");

#define NOTABLE_RESIDUE 0.001	/* share of lives */
#define NOTABLE_LOST	0.0001	/* share of what is booked */
/* intervals per thread from which on those that began before the scope matter little */
#define AVERAGED	4

/* One run of the analysis. */
struct ledger {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_ledger_sums sums;
	struct pk_result *ret;
	uint64_t total_ns, awake_ns;	/* of all lines; of those that are not idle */
};

static uint64_t class_ns(const struct ledger *l, enum pk_line_class class)
{
	return pk_account_class_ns(&l->sums.all, class);
}

/* --- totals ---------------------------------------------------------------------------- */

static int add_totals(const struct ledger *l)
{
	struct pk_table *t = pk_result_table(l->ret, "totals", "Ledger", totals_columns,
					     PK_TABLE_RECORD);
	const struct pk_account *all = &l->sums.all;
	const struct pk_cpu_piece *machine = &l->sums.machine;
	const struct pk_profile *p = l->s->model->profile;
	double life = all->life_ns, booked = l->total_ns;
	double n = pk_scope_effective(l->s, all->nr_samples);
	double user = pk_account_user(all), softirq = pk_account_softirq(all);
	double residue = pk_ratio(life - booked, life);

	if (!t)
		return -ENOMEM;
	if (!pk_ledger_is_in(p))
		return 0;
	return pk_table_row(
		t, PK_COUNT(l->sums.kept.ns), PK_COUNT(l->sums.nr_accounts),
		PK_REAL(pk_ratio(booked, l->sums.kept.ns)), PK_COUNT(all->life_ns),
		PK_COUNT(l->total_ns), PK_COUNT((uint64_t)fabs(life - booked)), PK_REAL(residue),
		PK_COUNT(class_ns(l, PK_LINE_ACTIVE)), PK_COUNT(class_ns(l, PK_LINE_WAITING)),
		PK_COUNT(class_ns(l, PK_LINE_IDLE)),
		PK_REAL(pk_ratio(all->ns[PKPROF_LINE_LOST], booked)),
		PK_REAL(pk_ratio(all->ns[PKPROF_LINE_OTHER], booked)),
		PK_COUNT(l->sums.nr_missing), PK_REAL(user), PK_REAL(pk_share_error(user, n)),
		PK_REAL(softirq), PK_REAL(pk_share_error(softirq, n)), PK_COUNT(all->nr_samples),
		PK_COUNT(machine->steal_ns),
		PK_REAL(pk_ratio(machine->steal_ns, machine->to_ns - machine->offline_ns)),
		PK_COUNT(pk_profile_fact_u64(p, "ledger.nr_overflow", 0)),
		PK_COUNT(pk_profile_fact_u64(p, "ledger.overflow_cpu_ns", 0)),
		PK_COUNT(pk_profile_fact_u64(p, "ledger.nr_aggregated", 0)));
}

/* --- lines ----------------------------------------------------------------------------- */

struct line_row {
	const char *name, *of, *label, *meaning;
	enum pk_line_class class;
	uint64_t ns, error_ns, intervals;
	bool averaged;	/* enough intervals ended here for an average length */
};

static int put_line(const struct ledger *l, struct pk_table *t, const struct line_row *r)
{
	bool awake = r->class != PK_LINE_IDLE;
	uint64_t each = r->averaged && r->intervals ? r->ns / r->intervals : PK_CELL_NONE;

	return pk_table_row(t, PK_TEXT(r->name), PK_TEXT(r->of),
			    PK_TEXT(pk_line_class_name(r->class)), PK_TEXT(r->label),
			    PK_COUNT(r->ns), PK_COUNT(r->error_ns),
			    PK_REAL(pk_ratio(r->ns, l->total_ns)),
			    PK_REAL(pk_ratio(r->ns, l->sums.kept.ns)),
			    PK_REAL(awake ? pk_ratio(r->ns, l->awake_ns) : NAN),
			    PK_COUNT(r->intervals), PK_COUNT(each), PK_TEXT(r->meaning));
}

/* The exact CPU time by the mode that the samples found. */
static int put_modes(const struct ledger *l, struct pk_table *t)
{
	const struct pk_account *all = &l->sums.all;
	double cpu = all->ns[PKPROF_LINE_CPU], user = pk_account_user(all);
	double softirq = pk_account_softirq(all);
	struct line_row row = { .class = PK_LINE_ACTIVE, .intervals = PK_CELL_NONE, .of = "cpu" };
	int rc;

	if (!isfinite(user))
		return 0;
	row.error_ns = cpu * pk_share_error(user, pk_scope_effective(l->s, all->nr_samples));
	row.ns = cpu * user;
	row.name = "user";
	row.label = "  user";
	row.meaning = "in the program's own code and libraries, by samples";
	rc = put_line(l, t, &row);
	row.ns = all->ns[PKPROF_LINE_CPU] - row.ns;
	row.name = "kernel";
	row.label = "  kernel";
	row.meaning = "in the kernel, by samples";
	if (!rc)
		rc = put_line(l, t, &row);
	row.error_ns = cpu * pk_share_error(softirq, pk_scope_effective(l->s, all->nr_samples));
	row.ns = cpu * softirq;
	row.name = "softirq";
	row.of = "kernel";
	row.label = "    softirq";
	row.meaning = "in softirqs, which may be others' work, by samples";
	return rc ? rc : put_line(l, t, &row);
}

/* A part of line @of. Of the accounts only the line is exact, so that is what parts sum up to. */
static int put_part(const struct ledger *l, struct pk_table *t, const struct line_row *of,
		    const char *name, uint64_t ns, uint64_t nr)
{
	struct line_row row = {
		.name = name,
		.of = of->name,
		.label = pk_result_text(l->ret, "  %s", name),
		.class = of->class,
		.ns = ns,
		.intervals = nr,
		.averaged = nr > 0,
	};

	return row.label ? put_line(l, t, &row) : -ENOMEM;
}

/* What a line's waits were for, as far as it was recorded: the longest ones, others, and the rest. */
static int put_targets(const struct ledger *l, struct pk_table *t, unsigned int line,
		       const struct line_row *of, const struct pk_waited_groups *g)
{
	uint64_t left_ns = of->ns, others_ns = 0, others_nr = 0, unknown_nr = 0;
	size_t nr = 0, nr_others = 0;
	int rc = 0;

	PK_VEC_FOREACH(&g->all, x) {
		uint64_t ns = x->ns + 0.5, waits = x->nr + 0.5;

		if (x->line != line)
			continue;
		nr++;
		if (x->kind == PKPROF_ON_UNKNOWN) {
			unknown_nr += waits;
			continue;
		}
		if (ns > left_ns)
			ns = left_ns;
		left_ns -= ns;
		if (l->o->limit && nr - !!unknown_nr > l->o->limit) {
			others_ns += ns;
			others_nr += waits;
			nr_others++;
			continue;
		}
		if (!rc)
			rc = put_part(l, t, of, pk_waited_label(l->ret, l->s->model, x), ns, waits);
	}
	if (!rc && nr_others)
		rc = put_part(l, t, of, "(others)", others_ns, others_nr);
	if (!rc && nr && left_ns)
		rc = put_part(l, t, of, "(not known)", left_ns, unknown_nr);
	return rc;
}

static int put_lines(const struct ledger *l, struct pk_table *t, const struct pk_waited_groups *g)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < PKPROF_NR_LINES; i++) {
		struct line_row row = {
			.name = pk_line_name(i),
			.label = labels[i],
			.meaning = pk_line_names[i].help,
			.class = pk_line_class(i),
			.ns = l->sums.all.ns[i],
			.intervals = l->sums.intervals[i],
			.averaged = l->sums.intervals[i] >= AVERAGED * l->sums.nr_in[i],
		};

		rc = put_line(l, t, &row);
		if (!rc && i == PKPROF_LINE_CPU)
			rc = put_modes(l, t);
		if (!rc)
			rc = put_targets(l, t, i, &row, g);
	}
	return rc;
}

static int add_lines(const struct ledger *l)
{
	struct pk_table *t =
		pk_result_table(l->ret, "lines", "Where the time went", line_columns, 0);
	struct pk_waited_groups g;
	int rc = pk_waited_groups_init(l->s, 0, 0, UINT64_MAX, &g);

	if (!t)
		rc = -ENOMEM;
	if (!rc)
		rc = put_lines(l, t, &g);
	pk_waited_groups_deinit(&g);
	return rc;
}

/* --- CPUs and closure -------------------------------------------------------------------- */

static int put_cpu(struct pk_table *t, uint32_t cpu, const struct pk_cpu_piece *c)
{
	double wall = c->to_ns;

	return pk_table_row(t, PK_COUNT(cpu), PK_COUNT(c->to_ns), PK_COUNT(c->busy_ns),
			    PK_REAL(pk_ratio(c->busy_ns, wall - c->offline_ns)),
			    PK_COUNT(c->idle_ns), PK_COUNT(c->offline_ns),
			    PK_COUNT(c->nr_switches),
			    PK_REAL(pk_ratio(c->nr_switches, wall / PK_NS_PER_S)),
			    PK_COUNT(c->softirq_ns), PK_REAL(pk_ratio(c->softirq_ns, wall)),
			    PK_COUNT(c->irq_ns), PK_REAL(pk_ratio(c->irq_ns, wall)),
			    PK_COUNT(c->iowait_ns), PK_COUNT(c->steal_ns),
			    PK_REAL(pk_ratio(c->steal_ns, wall)));
}

static int add_cpus(const struct ledger *l)
{
	struct pk_table *t = pk_result_table(l->ret, "cpus", "CPUs", cpu_columns, 0);
	size_t limit = l->o->limit;
	int rc = t ? 0 : -ENOMEM;

	for (uint32_t cpu = 0; !rc && cpu < l->sums.nr_cpus; cpu++) {
		const struct pk_cpu_piece *c = &l->sums.cpu[cpu];

		if (!pk_ledger_cpu_was_there(c))
			continue;
		if (limit && t->nr_rows == limit)
			t->nr_left_out++;
		else
			rc = put_cpu(t, cpu, c);
	}
	return rc;
}

/* Only all threads together can fill the CPUs. */
static bool is_closed_set(const struct pk_profile *p)
{
	return p->cpus.nr && !pk_profile_fact(p, "record.pids") &&
	       !pk_profile_fact(p, "record.scope");
}

static int add_closure(const struct ledger *l)
{
	struct pk_table *t = pk_result_table(l->ret, "closure", "Closure: CPUs x wall time",
					     closure_columns, PK_TABLE_RECORD);
	const struct pk_cpu_piece *all = &l->sums.common.cpus;
	uint64_t overflow_ns = l->sums.common.overflow_cpu_ns, there_ns = all->to_ns - all->offline_ns;
	double covered = (double)l->sums.common.tasks_cpu_ns + overflow_ns + all->idle_ns;

	if (!t)
		return -ENOMEM;
	if (!is_closed_set(l->s->model->profile))
		return 0;
	return pk_table_row(t, PK_COUNT(all->to_ns), PK_COUNT(l->sums.common.tasks_cpu_ns),
			    PK_COUNT(all->idle_ns), PK_COUNT(all->offline_ns),
			    PK_COUNT(overflow_ns), PK_REAL(pk_ratio(there_ns - covered, there_ns)));
}

/* --- what one must know ------------------------------------------------------------------ */

static int note_modes(const struct ledger *l)
{
	const struct pk_account *all = &l->sums.all;
	double user = pk_account_user(all);
	struct pk_strbuf n = { 0 };
	int rc;

	if (!all->ns[PKPROF_LINE_CPU])
		return 0;
	if (!isfinite(user))
		return pk_result_note(l->ret, "Without samples user and kernel mode are not told "
					      "apart.");
	pk_unit_put_count(&n, all->nr_samples);
	rc = pk_strbuf_failed(&n) ? -ENOMEM :
				    pk_result_note(l->ret,
						   "CPU time is exact; its split into user and kernel is from "
						   "%s samples: %.1f %% user, standard error %.1f %%.",
						   n.data, user * 100,
						   pk_share_error(user, pk_scope_effective(l->s, all->nr_samples)) * 100);
	pk_strbuf_deinit(&n);
	return rc;
}

static int note_overflow(const struct ledger *l)
{
	const struct pk_profile *p = l->s->model->profile;
	uint64_t nr = pk_profile_fact_u64(p, "ledger.nr_overflow", 0);
	struct pk_strbuf time = { 0 }, count = { 0 };
	int rc;

	if (!nr)
		return 0;
	pk_unit_put_count(&count, nr);
	pk_unit_put_ns(&time, pk_profile_fact_u64(p, "ledger.overflow_cpu_ns", 0));
	rc = pk_strbuf_failed(&time) || pk_strbuf_failed(&count) ?
		     -ENOMEM :
		     pk_result_note(l->ret,
				    "%s tasks found no room in the ledger: they ran for %s, their waits "
				    "are not known. A larger module parameter ledger_mb makes room.",
				    count.data, time.data);
	pk_strbuf_deinit(&time);
	pk_strbuf_deinit(&count);
	return rc;
}

static int note_aggregated(const struct ledger *l)
{
	uint64_t nr = pk_profile_fact_u64(l->s->model->profile, "ledger.nr_aggregated", 0);

	return nr ? pk_result_note(l->ret,
				   "The final accounts of %llu threads are lost: what they did after "
				   "the last reading of the ledger is in no line.",
				   (unsigned long long)nr) :
		    0;
}

static int note_residue(const struct ledger *l)
{
	const struct pk_account *all = &l->sums.all;
	double life = all->life_ns, residue = pk_ratio(life - l->total_ns, life);
	double lost = pk_ratio(all->ns[PKPROF_LINE_LOST], l->total_ns);
	int rc = 0;

	if (residue > NOTABLE_RESIDUE && l->s->model->profile->state != PK_FILE_CLOSED)
		rc = pk_result_note(l->ret,
				    "%.2f %% of the threads' lives is in no line: the recording was cut "
				    "off before it told of threads that slept on.",
				    residue * 100);
	else if (residue > NOTABLE_RESIDUE)
		rc = pk_result_note(l->ret,
				    "%.2f %% of the threads' lives is in no line: births and ends that the "
				    "ledger and the task events see at different instants%s.",
				    residue * 100,
				    l->sums.nr_missing ? ", and threads without an account" : "");
	else if (residue < -NOTABLE_RESIDUE)
		rc = pk_result_note(l->ret,
				    "%.2f %% more is booked than the threads lived, as far as their births "
				    "and ends are known.",
				    -residue * 100);
	if (!rc && lost > NOTABLE_LOST)
		rc = pk_result_note(l->ret,
				    "%.2f %% of the time is lost: it was before the ledger knew the "
				    "thread.",
				    lost * 100);
	return rc;
}

static int add_notes(const struct ledger *l)
{
	int rc = note_modes(l);

	if (!rc && !l->o->brief)
		rc = note_residue(l);
	if (!rc)
		rc = note_aggregated(l);
	return rc ? rc : note_overflow(l);
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct ledger l = { .s = s, .o = o, .ret = ret };
	int rc = pk_ledger_sums_init(s, &l.sums);

	l.total_ns = pk_account_ns(&l.sums.all);
	l.awake_ns = l.total_ns - class_ns(&l, PK_LINE_IDLE);
	if (!rc && !o->brief)
		rc = add_totals(&l);
	if (!rc)
		rc = add_lines(&l);
	if (!rc)
		rc = pk_ledger_phases_add(s, &l.sums.kept, ret);
	if (!rc)
		rc = pk_ledger_accounts_add(s, o, &l.sums, ret);
	if (!rc)
		rc = pk_ledger_waited_add(s, o, ret);
	if (!rc && !o->brief)
		rc = add_cpus(&l);
	if (!rc && !o->brief)
		rc = add_closure(&l);
	if (!rc && pk_ledger_is_in(s->model->profile))
		rc = add_notes(&l);
	else if (!rc && !o->brief)
		rc = pk_result_note(ret, "The recording has no ledger: source sched was off.");
	pk_ledger_sums_deinit(&l.sums);
	return rc ? pk_err_set(err, rc, "no memory for the ledger") : 0;
}

const struct pk_analysis pk_analysis_ledger = {
	.name = "ledger",
	.help = "where the time of all threads went: on CPUs, run queues, disks, locks and sockets",
	.report = PK_REPORT_TEXT | PK_REPORT_BOOKED | PK_REPORT_BRIEF_TEXT,
	.run = run,
};
