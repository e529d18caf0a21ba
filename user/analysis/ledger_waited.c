// SPDX-License-Identifier: GPL-2.0-or-later
/* What waits for disks and sockets were for, part of analysis ledger; see ledger_waited.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ledger_waited.h"
#include "analysis/phase_times.h"
#include "source/names.h"

/* --- groups ----------------------------------------------------------------------------- */

/* The share of a piece that is in [from, to) and in the scope. */
static double share_of(const struct pk_scope *s, const struct pk_wait_on *x, uint64_t from_ns,
		       uint64_t to_ns)
{
	uint64_t length = x->to_ns - x->from_ns;

	if (x->from_ns > from_ns)
		from_ns = x->from_ns;
	if (x->to_ns < to_ns)
		to_ns = x->to_ns;
	if (to_ns <= from_ns || !length)
		return 0;
	return (double)(s->filtered ? pk_filter_clip_ns(s->filter, from_ns, to_ns) :
				      to_ns - from_ns) / length;
}

#define ORDER(field)                                                                               \
	do {                                                                                       \
		if (x->field != y->field)                                                          \
			return x->field < y->field ? -1 : 1;                                       \
	} while (0)

static int by_key(const void *a, const void *b)
{
	const struct pk_waited_group *x = a, *y = b;

	ORDER(line);
	ORDER(tgid);
	ORDER(owner);
	ORDER(kind);
	ORDER(flags);
	ORDER(port);
	ORDER(family);
	ORDER(name);
	ORDER(local);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct pk_waited_group *x = a, *y = b;

	ORDER(line);
	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return by_key(a, b);
}

/* Sorted; those of one key become one. */
static void join(struct pk_waited_groups *g)
{
	size_t kept = 0;

	if (!g->all.nr)
		return;
	qsort(g->all.data, g->all.nr, sizeof(*g->all.data), by_key);
	for (size_t i = 1; i < g->all.nr; i++) {
		struct pk_waited_group *last = &g->all.data[kept], *x = &g->all.data[i];

		if (by_key(last, x)) {
			g->all.data[++kept] = *x;
			continue;
		}
		last->nr += x->nr;
		last->ns += x->ns;
	}
	g->all.nr = kept + 1;
	qsort(g->all.data, g->all.nr, sizeof(*g->all.data), by_time);
}

int pk_waited_groups_init(const struct pk_scope *s, unsigned int by, uint64_t from_ns,
			  uint64_t to_ns, struct pk_waited_groups *ret)
{
	const struct pk_profile *p = s->model->profile;

	*ret = (struct pk_waited_groups){ 0 };
	for (size_t i = 0; i < p->wait_on.nr; i++) {
		const struct pk_wait_on *x = &p->wait_on.data[i];
		uint32_t owner = s->model->waited_owner[i];
		double share = share_of(s, x, from_ns, to_ns);
		bool process = by & PK_WAITED_BY_PROCESS;
		struct pk_waited_group group = {
			.tgid = process ? x->tgid : 0,
			.owner = process ? owner : PK_NO_OWNER,
			.line = x->line,
			.kind = x->kind,
			.family = x->family,
			.flags = x->flags & PKPROF_ON_OTHERS,
			.port = x->port,
			.name = x->name,
			.local = x->local,
			.nr = x->nr * share,
			.ns = x->ns * share,
		};

		if (share > 0 && pk_scope_has_owner(s, owner) && pk_vec_add(&ret->all, group))
			return -ENOMEM;
	}
	join(ret);
	return 0;
}

void pk_waited_groups_deinit(struct pk_waited_groups *g)
{
	pk_vec_deinit(&g->all);
}

/* --- names ------------------------------------------------------------------------------ */

static const struct {
	const char *name, *others;
} kinds[PKPROF_NR_ON_KINDS] = {
	[PKPROF_ON_UNKNOWN] = { "", "" },
	[PKPROF_ON_DEVICE] = { "device", "(other devices)" },
	[PKPROF_ON_OPENED] = { "opened", "(other opened connections)" },
	[PKPROF_ON_ACCEPTED] = { "accepted", "(other accepted connections)" },
	[PKPROF_ON_LISTENING] = { "listening", "(other listeners)" },
	[PKPROF_ON_DATAGRAM] = { "UDP", "(other UDP sockets)" },
	[PKPROF_ON_UNIX] = { "unix", "(Unix sockets)" },
	[PKPROF_ON_SOCKET] = { "socket", "(other sockets)" },
};

const char *pk_waited_kind(const struct pk_waited_group *g)
{
	return kinds[g->kind].name;
}

static const char *endpoint(struct pk_result *ret, const char *before, uint8_t family,
			    const char *address, uint16_t port)
{
	if (family == 6 && *address)
		return pk_result_text(ret, "%s[%s]:%u", before, address, port);
	return pk_result_text(ret, "%s%s:%u", before, *address ? address : "*", port);
}

/* As analysis net calls peers. */
static const char *peer(struct pk_result *ret, const struct pk_waited_group *g, const char *name,
			const char *local)
{
	switch (g->kind) {
	case PKPROF_ON_OPENED:
		return endpoint(ret, "", g->family, name, g->port);
	case PKPROF_ON_ACCEPTED:
		return pk_result_text(ret, g->family == 6 ? "%s at [%s]:%u" : "%s at %s:%u", name,
				      local, g->port);
	case PKPROF_ON_LISTENING:
		return endpoint(ret, "accept at ", g->family, local, g->port);
	case PKPROF_ON_DATAGRAM:
		return *name ? endpoint(ret, "UDP ", g->family, name, g->port) :
			       endpoint(ret, "UDP at ", g->family, local, g->port);
	case PKPROF_ON_SOCKET:
		return pk_result_text(ret, "(socket of family %u)", g->port);
	default:
		return kinds[g->kind].others;
	}
}

const char *pk_waited_label(struct pk_result *ret, const struct pk_model *m,
			    const struct pk_waited_group *g)
{
	const char *name = pk_model_string(m, g->name);

	if (g->kind == PKPROF_ON_UNKNOWN)
		return "(not known)";
	if (g->flags & PKPROF_ON_OTHERS)
		return kinds[g->kind].others;
	if (g->kind == PKPROF_ON_DEVICE)
		return *name ? pk_result_text(ret, "%s", name) : kinds[g->kind].others;
	return peer(ret, g, name, pk_model_string(m, g->local));
}

/* --- tables ------------------------------------------------------------------------------ */

#define TARGET_COLUMNS                                                                             \
	{ "line", "line", PK_COL_TEXT, 0 },                                                        \
	{ "target", "for", PK_COL_TEXT, PK_COL_WHOLE },                                            \
	{ "kind", "kind", PK_COL_TEXT, PK_COL_HIDDEN },                                            \
	{ "name", "name", PK_COL_TEXT, PK_COL_HIDDEN },                                            \
	{ "local", "local", PK_COL_TEXT, PK_COL_HIDDEN },                                          \
	{ "port", "port", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },                              \
	{ "waits", "times", PK_COL_COUNT, 0 },                                                     \
	{ "ns", "time", PK_COL_NS, 0 },                                                            \
	{ "each_ns", "each", PK_COL_NS, PK_COL_OWN_UNIT },                                         \
	{ 0 }

static const struct pk_column columns[] = { TARGET_COLUMNS };

static const struct pk_column phase_columns[] = {
	{ "phase", "#", PK_COL_COUNT, PK_COL_KEY },
	{ "phase_name", "phase", PK_COL_TEXT, 0 },
	TARGET_COLUMNS,
};

static const struct pk_column process_columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "comm", "name", PK_COL_TEXT, PK_COL_WHOLE },
	TARGET_COLUMNS,
};

#define NR_TARGET 9

static uint64_t whole(double v)
{
	return v < 0x1p63 ? (uint64_t)(v + 0.5) : 1ULL << 63;
}

/* Behind @n cells that are there already. */
static int put(const struct pk_scope *s, struct pk_result *ret, struct pk_table *t,
	       const struct pk_waited_group *g, union pk_cell *cells, size_t n)
{
	const char *label = pk_waited_label(ret, s->model, g);
	bool port = g->port && g->kind != PKPROF_ON_SOCKET;

	if (!label)
		return -ENOMEM;
	cells[n++] = PK_TEXT(pk_line_name(g->line));
	cells[n++] = PK_TEXT(label);
	cells[n++] = PK_TEXT(*pk_waited_kind(g) ? pk_waited_kind(g) : NULL);
	cells[n++] = PK_TEXT(g->name ? pk_model_string(s->model, g->name) : NULL);
	cells[n++] = PK_TEXT(g->local ? pk_model_string(s->model, g->local) : NULL);
	cells[n++] = PK_COUNT(port ? g->port : PK_CELL_NONE);
	cells[n++] = PK_COUNT(whole(g->nr));
	cells[n++] = PK_COUNT(whole(g->ns));
	cells[n++] = PK_COUNT(g->nr >= 0.5 ? whole(g->ns / g->nr) : PK_CELL_NONE);
	return pk_table_add(t, cells, n);
}

static int add_all(const struct pk_scope *s, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "waits", "What waits were for", columns,
					     PK_TABLE_DETAIL);
	struct pk_waited_groups g = { 0 };
	union pk_cell cells[NR_TARGET];
	int rc = t ? pk_waited_groups_init(s, 0, 0, UINT64_MAX, &g) : -ENOMEM;

	for (size_t i = 0; !rc && i < g.all.nr; i++)
		rc = put(s, ret, t, &g.all.data[i], cells, 0);
	pk_waited_groups_deinit(&g);
	return rc;
}

static int add_phase(const struct pk_scope *s, struct pk_result *ret, struct pk_table *t,
		     size_t nr, const struct pk_phase *span, bool last)
{
	struct pk_waited_groups g;
	int rc = pk_waited_groups_init(s, 0, nr ? span->from_ns : 0, last ? UINT64_MAX : span->to_ns,
				       &g);

	for (size_t i = 0; !rc && i < g.all.nr; i++) {
		union pk_cell cells[2 + NR_TARGET] = {
			PK_COUNT(nr + 1),
			PK_TEXT(span->text ? pk_model_string(s->model, span->text) : NULL),
		};

		rc = put(s, ret, t, &g.all.data[i], cells, 2);
	}
	pk_waited_groups_deinit(&g);
	return rc;
}

static int add_phases(const struct pk_scope *s, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "phase_waits", "Phases: what waits were for",
					     phase_columns, PK_TABLE_DETAIL);
	struct pk_phase_times times = { 0 };
	int rc = t ? pk_phase_times_init(s->model->profile, &times) : -ENOMEM;

	for (size_t i = 0; !rc && i < times.spans.nr; i++)
		rc = add_phase(s, ret, t, i, &times.spans.data[i], i + 1 == times.spans.nr);
	pk_phase_times_deinit(&times);
	return rc;
}

static int by_ns(const void *a, const void *b)
{
	const struct pk_waited_group *x = a, *y = b;

	return x->ns != y->ns ? (x->ns > y->ns ? -1 : 1) : by_key(a, b);
}

static int add_processes(const struct pk_scope *s, const struct pk_analysis_opts *o,
			 struct pk_result *ret)
{
	bool asked = o->by && !strcmp(o->by, "process");
	struct pk_table *t = pk_result_table(ret, "process_waits", "What processes waited for",
					     process_columns, asked ? 0 : PK_TABLE_DETAIL);
	struct pk_waited_groups g = { 0 };
	int rc = t ? pk_waited_groups_init(s, PK_WAITED_BY_PROCESS, 0, UINT64_MAX, &g) : -ENOMEM;
	size_t nr = g.all.nr;

	if (!rc && nr)
		qsort(g.all.data, nr, sizeof(*g.all.data), by_ns);
	if (o->limit && nr > o->limit)
		nr = o->limit;
	for (size_t i = 0; !rc && i < nr; i++) {
		const struct pk_waited_group *x = &g.all.data[i];
		const char *name = x->tgid ? "(not known)" : "(others)";
		union pk_cell cells[2 + NR_TARGET] = { PK_COUNT(x->tgid ? x->tgid : PK_CELL_NONE) };

		if (x->owner != PK_NO_OWNER)
			name = pk_model_string(s->model, s->model->processes.data[x->owner].comm);
		cells[1] = PK_TEXT(name);
		rc = put(s, ret, t, x, cells, 2);
	}
	if (t)
		t->nr_left_out = g.all.nr - nr;
	pk_waited_groups_deinit(&g);
	return rc;
}

int pk_ledger_waited_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
			 struct pk_result *ret)
{
	int rc = 0;

	if (!s->model->profile->wait_on.nr)
		return 0;
	if (!o->brief)
		rc = add_all(s, ret);
	if (!rc && !o->brief)
		rc = add_phases(s, ret);
	return rc || (o->brief && !o->by) ? rc : add_processes(s, o, ret);
}
