// SPDX-License-Identifier: GPL-2.0-or-later
/* The live ledger, interval by interval; see stat_view.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/unit.h"
#include "base/utf8.h"
#include "source/names.h"
#include "view/stat_io.h"
#include "view/stat_view.h"

#define ID_COLUMNS	8 /* a pid or tid with a blank */
#define NUMBER_COLUMNS	7
#define COMM_COLUMNS	(PKPROF_COMM_LEN + 2)
#define JSON_NAME_BYTES 32

/* In this order lines get columns where not all of them fit. */
static const uint8_t by_interest[] = {
	PKPROF_LINE_CPU,    PKPROF_LINE_WAKEUP,	   PKPROF_LINE_PREEMPTED, PKPROF_LINE_DISK,
	PKPROF_LINE_FUTEX,  PKPROF_LINE_SOCKET,	   PKPROF_LINE_POLL,	  PKPROF_LINE_FAULT,
	PKPROF_LINE_KLOCK,  PKPROF_LINE_PIPE,	   PKPROF_LINE_SLEEP,	  PKPROF_LINE_THROTTLED,
	PKPROF_LINE_CHILD,  PKPROF_LINE_AIO,	   PKPROF_LINE_RTLOCK,	  PKPROF_LINE_TTY,
	PKPROF_LINE_OTHER,  PKPROF_LINE_STOPPED, PKPROF_LINE_KTHREAD,  PKPROF_LINE_LOST,
};
_Static_assert(PK_ARRAY_SIZE(by_interest) == PKPROF_NR_LINES, "a new line needs a place");

/* --- columns ---------------------------------------------------------------- */

static unsigned int column_width(const char *name)
{
	size_t len = strlen(name) + 1;

	return len < NUMBER_COLUMNS ? NUMBER_COLUMNS : len;
}

static bool has_line(const struct pk_stat_layout *o, unsigned int line)
{
	for (unsigned int i = 0; i < o->nr_lines; i++)
		if (o->lines[i] == line)
			return true;
	return false;
}

/* Give the line a column, if it has none and there is room. */
static void add_line(struct pk_stat_layout *o, unsigned int line, unsigned int *room)
{
	unsigned int need = column_width(pk_line_name(line));

	if (has_line(o, line) || need > *room)
		return;
	o->lines[o->nr_lines++] = line;
	*room -= need;
}

void pk_stat_layout_init(struct pk_stat_layout *o, unsigned int width)
{
	/* id, threads or process, switches, the rest, name */
	unsigned int fixed = 2 * ID_COLUMNS + 2 * NUMBER_COLUMNS + 1 + COMM_COLUMNS;
	unsigned int room = !width ? UINT32_MAX : width > fixed ? width - fixed : 0;

	o->nr_lines = 0;
	add_line(o, PKPROF_LINE_CPU, &room);
	if (o->key < PKPROF_NR_LINES)
		add_line(o, o->key, &room);
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		add_line(o, by_interest[i], &room);
	o->rest = o->nr_lines < PKPROF_NR_LINES;
}

void pk_stat_view_header(const struct pk_stat_layout *o, struct pk_strbuf *out)
{
	/* those of files and connections are said with each interval */
	if (o->show != PK_SHOW_TIME)
		return;
	pk_strbuf_printf(out, "%*s%*s", ID_COLUMNS - 1, o->threads ? "TID" : "PID", ID_COLUMNS,
			 o->threads ? "PID" : "THREADS");
	for (unsigned int i = 0; i < o->nr_lines; i++)
		pk_strbuf_printf(out, "%*s", column_width(pk_line_name(o->lines[i])),
				 pk_line_name(o->lines[i]));
	if (o->rest)
		pk_strbuf_printf(out, "%*s", NUMBER_COLUMNS, "rest");
	pk_strbuf_printf(out, "%*s COMMAND\n", NUMBER_COLUMNS, "switch");
}

/* --- rows ------------------------------------------------------------------- */

static bool wanted(const struct pk_stat_layout *o, uint32_t tgid,
		   const struct pk_live_amount *amount)
{
	if (!o->idle && !pk_live_amount_value(amount, o->key))
		return false;
	for (size_t i = 0; i < o->nr_tgids; i++)
		if (o->tgids[i] == tgid)
			return true;
	return !o->nr_tgids;
}

static void put_share(double ns, double interval_ns, unsigned int columns, struct pk_strbuf *out)
{
	double pct = 100 * ns / interval_ns;

	if (!ns)
		pk_strbuf_printf(out, "%*s", columns, "0");
	else
		pk_strbuf_printf(out, "%*.*f", columns, pct < 1000 ? 1 : 0, pct);
}

static void put_amount(const struct pk_stat_layout *o, const struct pk_live_amount *a,
		       double interval_ns, struct pk_strbuf *out)
{
	uint64_t rest_ns = pk_live_amount_total(a);

	for (unsigned int i = 0; i < o->nr_lines; i++) {
		unsigned int columns = column_width(pk_line_name(o->lines[i]));

		put_share(a->ns[o->lines[i]], interval_ns, columns, out);
		rest_ns -= a->ns[o->lines[i]];
	}
	if (o->rest)
		put_share(rest_ns, interval_ns, NUMBER_COLUMNS, out);
	pk_strbuf_printf(out, "%*.0f ", NUMBER_COLUMNS, a->nr_switches * 1e9 / interval_ns);
}

static void put_comm(const char *comm, bool kthread, struct pk_strbuf *out)
{
	if (kthread)
		pk_strbuf_putc(out, '[');
	pk_utf8_put_printable(out, comm, 0, true);
	pk_strbuf_puts(out, kthread ? "]\n" : "\n");
}

static void put_process(const struct pk_stat_layout *o, const struct pk_live_process *p,
			double interval_ns, struct pk_strbuf *out)
{
	if (p->exited)
		pk_strbuf_printf(out, "%*s%*s", ID_COLUMNS - 1, "-", ID_COLUMNS, "-");
	else
		pk_strbuf_printf(out, "%*" PRIu32 "%*" PRIu32, ID_COLUMNS - 1, p->tgid, ID_COLUMNS,
				 p->nr_threads);
	put_amount(o, &p->amount, interval_ns, out);
	put_comm(p->comm, p->kthread, out);
}

static void put_thread(const struct pk_stat_layout *o, const struct pk_live_thread *t,
		       double interval_ns, struct pk_strbuf *out)
{
	pk_strbuf_printf(out, "%*" PRIu32 "%*" PRIu32, ID_COLUMNS - 1, t->tid, ID_COLUMNS, t->tgid);
	put_amount(o, &t->amount, interval_ns, out);
	put_comm(t->comm, t->kthread, out);
}

static void put_pct(const char *what, uint64_t part, uint64_t whole, struct pk_strbuf *out)
{
	pk_strbuf_printf(out, ", %s %.1f %%", what, whole ? 100.0 * part / whole : 0.0);
}

/* Shares of the CPUs that were online. */
static void put_system(const struct pk_live_picture *p, const char *time, struct pk_strbuf *out)
{
	const struct pk_live_system *s = &p->system;
	uint64_t cpus_ns = s->busy_ns + s->idle_ns, interval_ns = p->to_ns - p->from_ns;

	pk_strbuf_printf(out, "%s  %.3f s, CPUs %u", time, interval_ns / 1e9, s->nr_online);
	put_pct("busy", s->busy_ns, cpus_ns, out);
	put_pct("idle", s->idle_ns, cpus_ns, out);
	put_pct("stolen", s->steal_ns, cpus_ns, out);
	put_pct("softirq", s->softirq_ns, cpus_ns, out);
	pk_strbuf_puts(out, "; ");
	pk_unit_put_count(out, (uint64_t)(s->nr_switches * 1e9 / interval_ns));
	pk_strbuf_puts(out, " switches/s, ");
	pk_unit_put_count(out, s->nr_threads);
	pk_strbuf_puts(out, " threads, ");
	pk_unit_put_count(out, s->nr_processes);
	pk_strbuf_puts(out, " processes");
	if (s->nr_overflow) {
		pk_strbuf_puts(out, "; ");
		pk_unit_put_count(out, s->nr_overflow);
		pk_strbuf_puts(out, " tasks without account");
		put_pct("CPU", s->overflow_cpu_ns, interval_ns, out);
	}
	pk_strbuf_putc(out, '\n');
}

void pk_stat_view_interval(const struct pk_stat_layout *o, struct pk_live_picture *p,
			   struct pk_live_io *io, const char *time, struct pk_strbuf *out)
{
	double interval_ns = p->to_ns - p->from_ns;
	size_t nr = 0, max = o->max_rows ? o->max_rows : SIZE_MAX;

	put_system(p, time, out);
	if (o->show != PK_SHOW_TIME) {
		pk_stat_io_put(o, p, io, out);
		return;
	}
	if (o->threads) {
		pk_live_picture_sort_threads(p, o->key);
		for (size_t i = 0; i < p->threads.nr && nr < max; i++) {
			const struct pk_live_thread *t = &p->threads.data[i];

			if (!wanted(o, t->tgid, &t->amount))
				continue;
			put_thread(o, t, interval_ns, out);
			nr++;
		}
		return;
	}
	pk_live_picture_sort_processes(p, o->key);
	for (size_t i = 0; i < p->processes.nr && nr < max; i++) {
		const struct pk_live_process *r = &p->processes.data[i];

		if (!wanted(o, r->tgid, &r->amount))
			continue;
		put_process(o, r, interval_ns, out);
		nr++;
	}
}

/* --- JSON ------------------------------------------------------------------- */

static void json_system(struct pk_json *j, const struct pk_live_system *s)
{
	pk_json_object(j, "system");
	pk_json_u64(j, "cpus", s->nr_cpus);
	pk_json_u64(j, "online", s->nr_online);
	pk_json_u64(j, "busy_ns", s->busy_ns);
	pk_json_u64(j, "idle_ns", s->idle_ns);
	pk_json_u64(j, "offline_ns", s->offline_ns);
	pk_json_u64(j, "steal_ns", s->steal_ns);
	pk_json_u64(j, "softirq_ns", s->softirq_ns);
	pk_json_u64(j, "irq_ns", s->irq_ns);
	pk_json_u64(j, "iowait_ns", s->iowait_ns);
	pk_json_u64(j, "switches", s->nr_switches);
	pk_json_u64(j, "threads", s->nr_threads);
	pk_json_u64(j, "processes", s->nr_processes);
	pk_json_u64(j, "overflow", s->nr_overflow);
	pk_json_u64(j, "overflow_cpu_ns", s->overflow_cpu_ns);
	pk_json_end(j);
}

static void json_amount(struct pk_json *j, const struct pk_live_amount *a)
{
	char name[JSON_NAME_BYTES];

	pk_json_u64(j, "switches", a->nr_switches);
	pk_json_u64(j, "runq_waits", a->nr_runq);
	pk_json_u64(j, "total_ns", pk_live_amount_total(a));
	for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
		snprintf(name, sizeof(name), "%s_ns", pk_line_name(line));
		pk_json_u64(j, name, a->ns[line]);
	}
}

static void json_thread(struct pk_json *j, const struct pk_live_thread *t)
{
	pk_json_object(j, NULL);
	pk_json_u64(j, "tid", t->tid);
	pk_json_u64(j, "pid", t->tgid);
	pk_json_string(j, "comm", t->comm);
	pk_json_bool(j, "kthread", t->kthread);
	json_amount(j, &t->amount);
	pk_json_end(j);
}

/* @io: NULL: not asked for. */
static void json_process(struct pk_json *j, const struct pk_live_process *p,
			 const struct pk_live_io *io)
{
	pk_json_object(j, NULL);
	pk_json_u64(j, "pid", p->tgid);
	pk_json_string(j, "comm", p->comm);
	pk_json_bool(j, "exited", p->exited);
	pk_json_bool(j, "kthread", p->kthread);
	pk_json_u64(j, "threads", p->nr_threads);
	json_amount(j, &p->amount);
	if (io)
		pk_stat_io_json_amount(j, "io", pk_live_io_find(io, p->tgid));
	pk_json_end(j);
}

static void json_rows(struct pk_json *j, const struct pk_stat_layout *o, struct pk_live_picture *p,
		      const struct pk_live_io *io)
{
	size_t nr = 0, max = o->max_rows ? o->max_rows : SIZE_MAX;

	if (o->threads) {
		pk_live_picture_sort_threads(p, o->key);
		for (size_t i = 0; i < p->threads.nr && nr < max; i++)
			if (wanted(o, p->threads.data[i].tgid, &p->threads.data[i].amount)) {
				json_thread(j, &p->threads.data[i]);
				nr++;
			}
		return;
	}
	pk_live_picture_sort_processes(p, o->key);
	for (size_t i = 0; i < p->processes.nr && nr < max; i++)
		if (wanted(o, p->processes.data[i].tgid, &p->processes.data[i].amount)) {
			json_process(j, &p->processes.data[i], io);
			nr++;
		}
}

void pk_stat_view_json(const struct pk_stat_layout *o, struct pk_live_picture *p,
		       struct pk_live_io *io, uint64_t wall_ns, struct pk_strbuf *out)
{
	struct pk_json j = pk_json_of(out, 0);

	pk_json_object(&j, NULL);
	pk_json_u64(&j, "wall_ns", wall_ns);
	pk_json_u64(&j, "from_ns", p->from_ns);
	pk_json_u64(&j, "to_ns", p->to_ns);
	json_system(&j, &p->system);
	if (o->show != PK_SHOW_TIME)
		pk_stat_io_json(&j, p, io);
	pk_json_array(&j, o->threads ? "threads" : "processes");
	json_rows(&j, o, p, o->show != PK_SHOW_TIME ? io : NULL);
	pk_json_end(&j);
	pk_json_end(&j);
}
