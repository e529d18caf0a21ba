// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows of the live screen: columns, order, filter; see top.h. */
#include <string.h>

#include "base/cleanup.h"
#include "view/top.h"

#define LINE(name) (1u << PKPROF_LINE_##name)

/* In the order of interest: a narrow screen has the first ones. */
const struct pk_top_column pk_top_columns[] = {
	{ "cpu", "running on a CPU", LINE(CPU), 'c' },
	{ "runq", "runnable, waiting for a CPU", LINE(WAKEUP) | LINE(PREEMPTED), 'u' },
	{ "disk", "block I/O, page cache, fsync, journal", LINE(DISK), 'd' },
	{ "lock", "lock or condition in user space (futex)", LINE(FUTEX), 'l' },
	{ "sock", "network and Unix sockets", LINE(SOCKET), 'o' },
	{ "poll", "poll, select, epoll", LINE(POLL), 'p' },
	{ "klock", "lock inside the kernel", LINE(KLOCK) | LINE(RTLOCK), 'k' },
	{ "fault", "page fault", LINE(FAULT), 'f' },
	{ "pipe", "pipe, FIFO, eventfd", LINE(PIPE), 0 },
	{ "sleep", "asleep until a time or a signal", LINE(SLEEP), 0 },
	{ "throt", "quota of the cgroup used up", LINE(THROTTLED), 0 },
	{ "child", "waiting for a child process", LINE(CHILD), 0 },
	{ "aio", "completion of io_uring or AIO", LINE(AIO), 0 },
	{ "tty", "terminal", LINE(TTY), 0 },
	{ "stop", "stopped, traced, frozen", LINE(STOPPED), 0 },
	{ "idle", "kernel thread without work", LINE(KTHREAD), 0 },
	{ "other", "cause not known, or not booked", LINE(OTHER) | LINE(LOST), 0 },
};
const unsigned int pk_top_nr_columns = PK_ARRAY_SIZE(pk_top_columns);

_Static_assert(PKPROF_NR_LINES == 20, "a new line of the ledger needs a column");

static const char *const order_names[PK_TOP_NR_ORDERS] = {
	[PK_TOP_BY_SWITCHES] = "switch",
	[PK_TOP_BY_ID] = "pid",
	[PK_TOP_BY_NAME] = "name",
};

const char *pk_top_sort_name(unsigned int sort)
{
	return sort < pk_top_nr_columns ? pk_top_columns[sort].name :
					  order_names[sort - pk_top_nr_columns];
}

int pk_top_sort_find(const char *name)
{
	for (unsigned int i = 0; i < pk_top_nr_columns + PK_TOP_NR_ORDERS; i++)
		if (!strcmp(pk_top_sort_name(i), name))
			return i;
	return -1;
}

int pk_top_io_sort_find(enum pk_show show, const char *name)
{
	const struct pk_io_column *c;
	unsigned int nr = pk_io_columns_of(show, &c);

	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(c[i].name, name))
			return i;
	for (unsigned int i = PK_TOP_BY_ID; i < PK_TOP_NR_ORDERS; i++)
		if (!strcmp(order_names[i], name))
			return nr + i;
	return -1;
}

uint64_t pk_top_column_ns(const struct pk_top_column *c, const struct pk_live_amount *a)
{
	uint64_t sum = 0;

	for (unsigned int line = 0; line < PKPROF_NR_LINES; line++)
		if (c->lines >> line & 1)
			sum += a->ns[line];
	return sum;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

/* All figures of a row: only to tell who does anything from who does nothing. */
static double sum_of(const struct pk_io_column *c, unsigned int nr,
		     const struct pk_live_io_amount *io, uint64_t interval_ns)
{
	double sum = 0;

	for (unsigned int i = 0; i < nr; i++) {
		double v = pk_io_column_value(&c[i], io, interval_ns);

		sum += v > 0 ? v : 0;
	}
	return sum;
}

static int compare_io(const struct pk_top *t, const struct pk_top_row *x, const struct pk_top_row *y)
{
	const struct pk_io_column *c;
	unsigned int nr = pk_io_columns_of(t->show, &c), sort = t->io_sort[t->show];
	uint64_t interval_ns = pk_top_io_interval_ns(t);
	double vx, vy;

	if (sort == nr + PK_TOP_BY_NAME)
		return strcasecmp(x->name, y->name);
	if (sort >= nr)
		return -compare_numbers(x->id, y->id);
	vx = pk_io_column_value(&c[sort], x->io, interval_ns);
	vy = pk_io_column_value(&c[sort], y->io, interval_ns);
	if (vx == vy) {
		vx = sum_of(c, nr, x->io, interval_ns);
		vy = sum_of(c, nr, y->io, interval_ns);
	}
	return vx > vy ? -1 : vx < vy;
}

/* Most first, but ids and names upwards; equal ones by id. */
static int compare(const void *a, const void *b, void *top)
{
	const struct pk_top_row *x = a, *y = b;
	const struct pk_top *t = top;
	int order;

	if (pk_top_is_io(t))
		order = compare_io(t, x, y);
	else if (t->sort < pk_top_nr_columns)
		order = compare_numbers(pk_top_column_ns(&pk_top_columns[t->sort], x->amount),
					pk_top_column_ns(&pk_top_columns[t->sort], y->amount));
	else if (t->sort == pk_top_nr_columns + PK_TOP_BY_SWITCHES)
		order = compare_numbers(x->amount->nr_switches, y->amount->nr_switches);
	else if (t->sort == pk_top_nr_columns + PK_TOP_BY_NAME)
		order = strcasecmp(x->name, y->name);
	else
		order = -compare_numbers(x->id, y->id);
	if (t->reverse)
		order = -order;
	return order ? order : -compare_numbers(x->id, y->id);
}

static bool is_wanted(const struct pk_top *t, const char *name)
{
	return !*t->filter || strcasestr(name, t->filter);
}

static int add_processes(struct pk_top *t)
{
	static const struct pk_live_io_amount nothing;

	PK_VEC_FOREACH(&t->picture->processes, p) {
		struct pk_top_row row = { p->tgid, p->nr_threads, p->exited, p->kthread,
					  p->exited ? "(exited)" : p->comm, &p->amount,
					  t->io ? pk_live_io_find(t->io, p->tgid) : &nothing };

		if (is_wanted(t, row.name) && pk_vec_add(&t->rows, row))
			return -ENOMEM;
	}
	return 0;
}

static int add_threads(struct pk_top *t)
{
	PK_VEC_FOREACH(&t->picture->threads, th) {
		struct pk_top_row row = { th->tid, 1, false, th->kthread, th->comm, &th->amount, NULL };

		if (th->tgid == t->process && is_wanted(t, row.name) && pk_vec_add(&t->rows, row))
			return -ENOMEM;
	}
	return 0;
}

/* The cursor stays on its process when rows change places. */
static void find_cursor(struct pk_top *t)
{
	for (size_t i = 0; t->selected && i < t->rows.nr; i++) {
		if (t->rows.data[i].id == t->selected) {
			t->cursor = i;
			return;
		}
	}
	if (t->cursor >= t->rows.nr)
		t->cursor = t->rows.nr ? t->rows.nr - 1 : 0;
	if (t->selected)
		t->selected = t->rows.nr ? t->rows.data[t->cursor].id : 0;
}

int pk_top_show(struct pk_top *t, const struct pk_live_picture *p)
{
	int rc = 0;

	if (p)
		t->picture = p;
	t->rows.nr = 0;
	if (!t->picture)
		return 0;
	if (t->view == PK_TOP_PROCESSES)
		rc = add_processes(t);
	else if (t->view == PK_TOP_THREADS)
		rc = add_threads(t);
	if (rc)
		return rc;
	if (t->rows.nr)
		qsort_r(t->rows.data, t->rows.nr, sizeof(*t->rows.data), compare, t);
	if (t->view != PK_TOP_STACKS)
		find_cursor(t);
	return 0;
}
