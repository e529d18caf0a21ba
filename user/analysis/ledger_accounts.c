// SPDX-License-Identifier: GPL-2.0-or-later
/* Accounts as rows, part of analysis ledger; see ledger_accounts.h. */
#include "analysis/container.h"
#include "analysis/ledger_accounts.h"
#include "analysis/ledger_columns.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"

#define ACCOUNT_COLUMNS                                                                            \
	{ "total_ns", "total", PK_COL_NS, PK_COL_SPARE }, PK_LINE_COLUMNS(PK_LINE_COLUMN),         \
		{ "life_ns", "life", PK_COL_NS, PK_COL_HIDDEN },                                   \
		{ "waiting_ns", "waiting", PK_COL_NS, PK_COL_HIDDEN },                             \
		{ "idle_ns", "idle", PK_COL_NS, PK_COL_HIDDEN },                                   \
		{ "user_share", "user", PK_COL_RATIO, PK_COL_HIDDEN },                             \
		{ "user_error", "±", PK_COL_RATIO, PK_COL_ERROR | PK_COL_HIDDEN },                 \
		{ "softirq_share", "softirq", PK_COL_RATIO, PK_COL_HIDDEN },                       \
		{ "samples", "samples", PK_COL_COUNT, PK_COL_HIDDEN }

static const struct pk_column process_columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "comm", "name", PK_COL_TEXT, 0 },
	{ "threads", "threads", PK_COL_COUNT, 0 },
	{ "active_ns", "active", PK_COL_NS, 0 },
	ACCOUNT_COLUMNS,
	{ "kernel", "kernel thread", PK_COL_BOOL, PK_COL_HIDDEN },
	{ "cgroup", "cgroup path", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "args", "command line", PK_COL_TEXT, PK_COL_HIDDEN },
	{ 0 },
};

static const struct pk_column thread_columns[] = {
	{ "tid", "tid", PK_COL_COUNT, PK_COL_KEY },
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "comm", "thread", PK_COL_TEXT, 0 },
	{ "active_ns", "active", PK_COL_NS, 0 },
	ACCOUNT_COLUMNS,
	{ "process_comm", "process", PK_COL_TEXT, PK_COL_HIDDEN },
	{ 0 },
};

static const struct pk_column cgroup_columns[] = {
	{ "cgroup", "path", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "cgroup_short", "cgroup", PK_COL_TEXT, 0 },
	{ "container", "container", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "processes", "processes", PK_COL_COUNT, PK_COL_SPARE },
	{ "threads", "threads", PK_COL_COUNT, 0 },
	{ "active_ns", "active", PK_COL_NS, 0 },
	ACCOUNT_COLUMNS,
	{ 0 },
};

static const struct pk_column name_columns[] = {
	{ "comm", "name", PK_COL_TEXT, 0 },
	{ "processes", "processes", PK_COL_COUNT, 0 },
	{ "threads", "threads", PK_COL_COUNT, PK_COL_SPARE },
	{ "active_ns", "active", PK_COL_NS, 0 },
	ACCOUNT_COLUMNS,
	{ 0 },
};

struct ledger {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	const struct pk_ledger_sums *sums;
	struct pk_result *ret;
};

static size_t put_account(const struct pk_scope *s, const struct pk_account *a,
			  union pk_cell *cells)
{
	double user = pk_account_user(a);
	size_t n = 0;

	cells[n++] = PK_COUNT(pk_account_ns(a));
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		cells[n++] = PK_COUNT(a->ns[i]);
	cells[n++] = PK_COUNT(a->life_ns);
	cells[n++] = PK_COUNT(pk_account_class_ns(a, PK_LINE_WAITING));
	cells[n++] = PK_COUNT(pk_account_class_ns(a, PK_LINE_IDLE));
	cells[n++] = PK_REAL(user);
	cells[n++] = PK_REAL(pk_share_error(user, pk_scope_effective(s, a->nr_samples)));
	cells[n++] = PK_REAL(pk_account_softirq(a));
	cells[n++] = PK_COUNT(a->nr_samples);
	return n;
}

/* Rank by active time: who ran, wanted to, or was held up; waiting alone comes after. */
static int rank(const struct pk_account *accounts, size_t nr, size_t limit, struct pk_ranking *ret)
{
	PK_AUTO_FREE uint64_t *active = calloc(nr + 1, sizeof(*active));
	PK_AUTO_FREE uint64_t *all = calloc(nr + 1, sizeof(*all));

	if (!active || !all)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		active[i] = pk_account_class_ns(&accounts[i], PK_LINE_ACTIVE);
		all[i] = pk_account_ns(&accounts[i]);
	}
	return pk_ranking_init(active, all, nr, limit, ret);
}

static int put_process(const struct ledger *l, struct pk_table *t, const struct pk_rank *r)
{
	const struct pk_process *p = &l->s->model->processes.data[r->idx];
	const struct pk_account *a = &l->sums->process[r->idx];
	union pk_cell cells[PK_ARRAY_SIZE(process_columns)];
	size_t n = 0;

	cells[n++] = PK_COUNT(p->tgid);
	cells[n++] = PK_TEXT(pk_model_string(l->s->model, p->comm));
	cells[n++] = PK_COUNT(a->nr_threads);
	cells[n++] = PK_COUNT(r->weight);
	n += put_account(l->s, a, cells + n);
	cells[n++] = PK_COUNT(p->kernel);
	cells[n++] = PK_TEXT(pk_model_string(l->s->model, p->cgroup));
	cells[n++] = PK_TEXT(pk_model_string(l->s->model, p->args));
	return pk_table_add(t, cells, n);
}

static int put_thread(const struct ledger *l, struct pk_table *t, const struct pk_rank *r)
{
	const struct pk_thread *th = &l->s->model->threads.data[r->idx];
	const struct pk_process *p = &l->s->model->processes.data[th->process];
	union pk_cell cells[PK_ARRAY_SIZE(thread_columns)];
	size_t n = 0;

	cells[n++] = PK_COUNT(th->tid);
	cells[n++] = PK_COUNT(p->tgid);
	cells[n++] = PK_TEXT(pk_model_string(l->s->model, th->comm));
	cells[n++] = PK_COUNT(r->weight);
	n += put_account(l->s, &l->sums->thread[r->idx], cells + n);
	cells[n++] = PK_TEXT(pk_model_string(l->s->model, p->comm));
	return pk_table_add(t, cells, n);
}

static int add_ranked(const struct ledger *l, const char *key, const char *title,
		      const struct pk_column *columns, const struct pk_account *accounts,
		      size_t nr, unsigned int flags,
		      int (*put)(const struct ledger *l, struct pk_table *t,
				 const struct pk_rank *r))
{
	struct pk_table *t = pk_result_table(l->ret, key, title, columns, flags);
	struct pk_ranking ranking = { 0 };
	int rc = t ? rank(accounts, nr, l->o->limit, &ranking) : -ENOMEM;

	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = put(l, t, &ranking.ranks.data[i]);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	return rc;
}

/* --- sums over processes ------------------------------------------------------------------- */

/* Processes that have a text in common, by its string id. */
struct groups {
	struct pk_account *account;
	uint32_t *nr_processes;
	size_t nr;
};

static int groups_init(const struct ledger *l, bool by_name, struct groups *ret)
{
	const struct pk_model *m = l->s->model;

	*ret = (struct groups){ .nr = m->profile->strings.entries.nr + 1 };
	ret->account = calloc(ret->nr, sizeof(*ret->account));
	ret->nr_processes = calloc(ret->nr, sizeof(*ret->nr_processes));
	if (!ret->account || !ret->nr_processes)
		return -ENOMEM;
	for (size_t i = 0; i < m->processes.nr; i++) {
		const struct pk_process *p = &m->processes.data[i];
		uint32_t id = by_name ? p->comm : p->cgroup;

		if (!l->sums->process[i].nr_threads)
			continue;
		pk_account_add(&ret->account[id], &l->sums->process[i]);
		ret->nr_processes[id]++;
	}
	return 0;
}

static void groups_deinit(struct groups *g)
{
	free(g->account);
	free(g->nr_processes);
}

/* Cells that all kinds of groups have; @n are there already. */
static int put_group(const struct ledger *l, const struct groups *g, struct pk_table *t,
		     const struct pk_rank *r, union pk_cell *cells, size_t n)
{
	cells[n++] = PK_COUNT(g->nr_processes[r->idx]);
	cells[n++] = PK_COUNT(g->account[r->idx].nr_threads);
	cells[n++] = PK_COUNT(r->weight);
	n += put_account(l->s, &g->account[r->idx], cells + n);
	return pk_table_add(t, cells, n);
}

static int put_cgroup(const struct ledger *l, const struct groups *g, struct pk_table *t,
		      const struct pk_rank *r)
{
	const char *path = pk_model_string(l->s->model, r->idx);
	char container[PK_CONTAINER_ID_LEN + 1] = "", brief[PK_CGROUP_SHORT_LEN];
	union pk_cell cells[PK_ARRAY_SIZE(cgroup_columns)];

	pk_container_id(path, container);
	pk_cgroup_shorten(r->idx ? path : "(not known)", brief);
	cells[0] = PK_TEXT(path);
	cells[1] = PK_TEXT(pk_result_text(l->ret, "%s", brief));
	cells[2] = PK_TEXT(pk_result_text(l->ret, "%s", container));
	if (!cells[1].text || !cells[2].text)
		return -ENOMEM;
	return put_group(l, g, t, r, cells, 3);
}

static int put_name(const struct ledger *l, const struct groups *g, struct pk_table *t,
		    const struct pk_rank *r)
{
	union pk_cell cells[PK_ARRAY_SIZE(name_columns)] = {
		PK_TEXT(pk_model_string(l->s->model, r->idx)),
	};

	return put_group(l, g, t, r, cells, 1);
}

static int add_groups(const struct ledger *l, bool by_name, unsigned int flags)
{
	struct pk_table *t =
		by_name ? pk_result_table(l->ret, "names", "Processes by name", name_columns, flags) :
			  pk_result_table(l->ret, "cgroups", "Cgroups", cgroup_columns, flags);
	struct pk_ranking ranking = { 0 };
	struct groups g = { 0 };
	int rc = t ? groups_init(l, by_name, &g) : -ENOMEM;

	if (!rc)
		rc = rank(g.account, g.nr, l->o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = by_name ? put_name(l, &g, t, &ranking.ranks.data[i]) :
			       put_cgroup(l, &g, t, &ranking.ranks.data[i]);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	groups_deinit(&g);
	return rc;
}

/* --- all -------------------------------------------------------------------------------------- */

static bool is_wanted(const struct ledger *l, const char *by)
{
	return l->o->by ? !strcmp(l->o->by, by) : !l->o->brief;
}

/* More processes than fit are easier to take in by their names. */
static bool are_many(const struct ledger *l)
{
	size_t nr = 0;

	for (size_t i = 0; i < l->s->model->processes.nr; i++)
		nr += l->sums->process[i].nr_threads > 0;
	return l->o->limit && nr > l->o->limit;
}

int pk_ledger_accounts_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
			   const struct pk_ledger_sums *sums, struct pk_result *ret)
{
	const struct ledger l = { s, o, sums, ret };
	const struct pk_model *m = s->model;
	unsigned int more = o->by ? 0 : PK_TABLE_DETAIL;
	int rc = 0;

	if (is_wanted(&l, "name"))
		rc = add_groups(&l, true, are_many(&l) ? 0 : more);
	if (!rc && is_wanted(&l, "process"))
		rc = add_ranked(&l, "processes", "Processes", process_columns, sums->process,
				m->processes.nr, 0, put_process);
	if (!rc && is_wanted(&l, "thread"))
		rc = add_ranked(&l, "threads", "Threads", thread_columns, sums->thread,
				m->threads.nr, more, put_thread);
	if (!rc && is_wanted(&l, "cgroup"))
		rc = add_groups(&l, false, more);
	return rc;
}
