// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the live screen says, line by line; see top.h. From the top: three lines about
 * the system, one for filter and messages, the heads of the columns, rows; the last line
 * names the keys. On a screen that is too low for all the rows give way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/unit.h"
#include "base/utf8.h"
#include "view/top.h"

#define ID_COLUMNS	7
#define THREAD_COLUMNS	5
#define TIME_COLUMNS	6
#define SWITCH_COLUMNS	8
#define MIN_NAME_COLUMNS 12
#define ROWS_OF_FRAME	6	/* lines that are not rows */
#define MIN_IO_NAME_COLUMNS 8	/* so that 80 columns have all figures */
#define MAX_DEVICES	3	/* that are shown above the rows */

struct maker {
	struct pk_top *t;
	struct pk_top_page *page;
	unsigned int height, width;
	bool unicode;
	struct pk_strbuf lost;	/* takes what finds no memory */
};

/* --- lines ----------------------------------------------------------------------------- */

static struct pk_strbuf *add_line(struct maker *m, enum pk_top_style style)
{
	struct pk_top_line *l = pk_vec_push(&m->page->lines);

	if (!l) {
		m->lost.failed = true;
		return &m->lost;
	}
	l->style = style;
	return &l->text;
}

/* Mark what is next in the last line. */
static void mark(struct maker *m, unsigned int columns)
{
	struct pk_top_line *l = &m->page->lines.data[m->page->lines.nr - 1];

	if (m->lost.failed)
		return;
	l->mark_from = l->text.len;
	l->mark_to = l->text.len + columns;
}

/* Right-hand text of a line, where there is room for it. */
static void put_right(const struct maker *m, struct pk_strbuf *b, const char *text)
{
	size_t len = strlen(text);

	if (!len || b->len + len + 2 > m->width)
		return;
	pk_strbuf_printf(b, "%*s", (int)(m->width - b->len), text);
}

/* --- the system ------------------------------------------------------------------------ */

static double pct(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

static void put_title(struct maker *m, const char *clock)
{
	struct pk_strbuf *b = add_line(m, PK_TOP_BOLD);
	char text[sizeof(m->t->session) + 16];

	pk_strbuf_printf(b, "pkprof top  %s  every ", clock);
	if (m->t->interval_ns < PK_NS_PER_S)
		pk_strbuf_printf(b, "%llu ms", m->t->interval_ns / PK_NS_PER_MS);
	else
		pk_strbuf_printf(b, "%.3g s", m->t->interval_ns / 1e9);
	if (m->t->paused)
		pk_strbuf_puts(b, "  PAUSED");
	snprintf(text, sizeof(text), "%s%s", *m->t->session ? "session: " : "no session",
		 m->t->session);
	put_right(m, b, text);
}

static void put_cpus(struct maker *m)
{
	const struct pk_live_system *s = m->t->picture ? &m->t->picture->system : NULL;
	struct pk_strbuf *b = add_line(m, PK_TOP_PLAIN);
	uint64_t all = s ? s->busy_ns + s->idle_ns : 0;

	if (!s) {
		pk_strbuf_puts(b, "the first interval is not over");
		return;
	}
	pk_strbuf_printf(b, "CPUs %u: busy %.1f %%, idle %.1f %%, stolen %.1f %%, softirq %.1f %%",
			 s->nr_online, pct(s->busy_ns, all), pct(s->idle_ns, all),
			 pct(s->steal_ns, all), pct(s->softirq_ns, all));
	if (s->nr_overflow)
		pk_strbuf_printf(b, ", %" PRIu64 " tasks without account", s->nr_overflow);
}

static void put_tasks(struct maker *m)
{
	const struct pk_live_picture *p = m->t->picture;
	struct pk_strbuf *b = add_line(m, PK_TOP_PLAIN);
	uint64_t runq_ns = 0, nr = 0;
	double seconds;

	if (!p || p->to_ns <= p->from_ns)
		return;
	seconds = (p->to_ns - p->from_ns) / 1e9;
	PK_VEC_FOREACH(&p->processes, r) {
		runq_ns += pk_top_column_ns(&pk_top_columns[1], &r->amount);
		nr += r->amount.nr_runq;
	}
	pk_unit_put_count(b, (uint64_t)(p->system.nr_switches / seconds + 0.5));
	pk_strbuf_puts(b, " switches/s, run queue ");
	pk_strbuf_printf(b, "%.1f ms/s", runq_ns / 1e6 / seconds);
	if (nr) {
		pk_strbuf_puts(b, " (");
		pk_unit_put_ns(b, runq_ns / nr);
		pk_strbuf_puts(b, " each)");
	}
	pk_strbuf_puts(b, ", ");
	pk_unit_put_count(b, p->system.nr_threads);
	pk_strbuf_puts(b, " threads, ");
	pk_unit_put_count(b, p->system.nr_processes);
	pk_strbuf_puts(b, " processes");
}

/* What is shown, if it is not everything. */
static void put_message(struct maker *m)
{
	const struct pk_top *t = m->t;
	struct pk_strbuf *b = add_line(m, t->editing ? PK_TOP_BOLD : PK_TOP_DIM);

	if (t->view == PK_TOP_STACKS)
		pk_strbuf_puts(b, t->stacks_said);
	else if (t->view == PK_TOP_THREADS)
		pk_strbuf_printf(b, "threads of %s (pid %" PRIu32 "); Esc: all processes",
				 t->process_name, t->process);
	else if (pk_top_is_io(t) && !pk_top_io_interval_ns(t))
		pk_strbuf_puts(b, "the first interval is not over");
	else if (pk_top_is_io(t))
		pk_io_put_note(&t->io->picture, t->show, b);
	if (t->editing || *t->filter)
		pk_strbuf_printf(b, "%sonly names with: %s%s", b->len ? "; " : "", t->filter,
				 t->editing ? "_" : "");
}

/* --- rows ------------------------------------------------------------------------------ */

/* Which columns of times fit; the one that is sorted by always does. */
static unsigned int choose_columns(const struct maker *m, unsigned int *columns)
{
	unsigned int fixed = ID_COLUMNS + THREAD_COLUMNS + SWITCH_COLUMNS + MIN_NAME_COLUMNS + 1;
	unsigned int room = m->width > fixed ? (m->width - fixed) / TIME_COLUMNS : 0, nr = 0;

	for (unsigned int i = 0; i < pk_top_nr_columns && nr < room; i++)
		columns[nr++] = i;
	if (nr && m->t->sort < pk_top_nr_columns && m->t->sort >= nr)
		columns[nr - 1] = m->t->sort;
	return nr;
}

static void put_head(struct maker *m, const unsigned int *columns, unsigned int nr)
{
	struct pk_strbuf *b = add_line(m, PK_TOP_HEAD);
	unsigned int order = m->t->sort - pk_top_nr_columns;
	bool threads = m->t->view == PK_TOP_THREADS;

	if (order == PK_TOP_BY_ID)
		mark(m, ID_COLUMNS);
	pk_strbuf_printf(b, "%*s%*s", ID_COLUMNS, threads ? "TID" : "PID", THREAD_COLUMNS,
			 threads ? "" : "THR");
	for (unsigned int i = 0; i < nr; i++) {
		if (columns[i] == m->t->sort)
			mark(m, TIME_COLUMNS);
		pk_strbuf_printf(b, "%*s", TIME_COLUMNS, pk_top_columns[columns[i]].name);
	}
	if (order == PK_TOP_BY_SWITCHES)
		mark(m, SWITCH_COLUMNS);
	pk_strbuf_printf(b, "%*s ", SWITCH_COLUMNS, "switch");
	if (order == PK_TOP_BY_NAME)
		mark(m, 4);
	pk_strbuf_printf(b, "NAME%*s", 8, m->t->ms ? "(ms/s)" : "(%)");
	while (b->len < m->width && !pk_strbuf_failed(b))
		pk_strbuf_putc(b, ' ');
}

/* Five columns of a share; "." for none, so that what is there stands out. */
static void put_time(const struct maker *m, struct pk_strbuf *b, uint64_t ns, double interval_ns)
{
	double value = (m->t->ms ? 1000 : 100) * ns / interval_ns;

	if (!ns)
		pk_strbuf_printf(b, "%*s", TIME_COLUMNS, ".");
	else
		pk_strbuf_printf(b, "%*.*f", TIME_COLUMNS, value < 999.95 ? 1 : 0, value);
}

static void put_row(struct maker *m, size_t i, const unsigned int *columns, unsigned int nr)
{
	const struct pk_top_row *row = &m->t->rows.data[i];
	const struct pk_live_picture *p = m->t->picture;
	double interval_ns = p->to_ns > p->from_ns ? p->to_ns - p->from_ns : 1;
	struct pk_strbuf *b = add_line(m, i == m->t->cursor ? PK_TOP_CURSOR : PK_TOP_PLAIN);
	size_t used;

	if (row->exited)
		pk_strbuf_printf(b, "%*s%*s", ID_COLUMNS, "-", THREAD_COLUMNS, "-");
	else
		pk_strbuf_printf(b, "%*" PRIu32, ID_COLUMNS, row->id);
	if (!row->exited && m->t->view == PK_TOP_PROCESSES)
		pk_strbuf_printf(b, "%*" PRIu32, THREAD_COLUMNS, row->nr_threads);
	else if (!row->exited)
		pk_strbuf_printf(b, "%*s", THREAD_COLUMNS, "");
	for (unsigned int k = 0; k < nr; k++)
		put_time(m, b, pk_top_column_ns(&pk_top_columns[columns[k]], row->amount),
			 interval_ns);
	pk_strbuf_printf(b, "%*.0f ", SWITCH_COLUMNS, row->amount->nr_switches * 1e9 / interval_ns);
	used = b->len;
	if (row->kthread)
		pk_strbuf_putc(b, '[');
	if (m->width > used + 2)
		pk_utf8_put_printable(b, row->name, m->width - used - 2, m->unicode);
	if (row->kthread)
		pk_strbuf_putc(b, ']');
}

static void keep_in_sight(struct pk_top *t, size_t room)
{
	t->page = room;
	if (t->cursor < t->first)
		t->first = t->cursor;
	if (room && t->cursor >= t->first + room)
		t->first = t->cursor - room + 1;
}

static void put_rows(struct maker *m, size_t room)
{
	unsigned int columns[32], nr = choose_columns(m, columns);

	_Static_assert(PKPROF_NR_LINES <= 32, "more columns than there is room for");
	put_head(m, columns, nr);
	for (size_t i = m->t->first; i < m->t->rows.nr && i < m->t->first + room; i++)
		put_row(m, i, columns, nr);
}

/* --- files and connections --------------------------------------------------------------- */

static size_t nr_devices(const struct pk_top *t)
{
	size_t nr = t->show == PK_SHOW_IO && pk_top_io_interval_ns(t) ? t->io->picture.devices.nr : 0;

	return nr < MAX_DEVICES ? nr : MAX_DEVICES;
}

/* Lines of the frame that only these have: devices with their head, and all processes. */
static size_t io_frame(const struct pk_top *t)
{
	return nr_devices(t) ? nr_devices(t) + 2 : 1;
}

static void put_devices(struct maker *m)
{
	size_t nr = nr_devices(m->t);
	struct pk_strbuf *b;

	if (!nr)
		return;
	pk_live_io_sort_devices(&m->t->io->picture);
	b = add_line(m, PK_TOP_HEAD);
	pk_io_put_device_head(b);
	while (b->len < m->width && !pk_strbuf_failed(b))
		pk_strbuf_putc(b, ' ');
	for (size_t i = 0; i < nr; i++)
		pk_io_put_device(&m->t->io->picture.devices.data[i], pk_top_io_interval_ns(m->t),
				 add_line(m, PK_TOP_PLAIN));
}

/* Which columns fit, as choose_columns(). */
static unsigned int choose_io(const struct maker *m, unsigned int nr_all, unsigned int *columns)
{
	unsigned int fixed = ID_COLUMNS + 1 + MIN_IO_NAME_COLUMNS, nr = 0;
	unsigned int room = m->width > fixed ? (m->width - fixed) / PK_IO_CELL_COLUMNS : 0;
	unsigned int sort = m->t->io_sort[m->t->show];

	for (unsigned int i = 0; i < nr_all && nr < room; i++)
		columns[nr++] = i;
	if (nr && sort < nr_all && sort >= nr)
		columns[nr - 1] = sort;
	return nr;
}

static void put_io_head(struct maker *m, const struct pk_io_column *c, unsigned int nr_all,
			const unsigned int *columns, unsigned int nr)
{
	struct pk_strbuf *b = add_line(m, PK_TOP_HEAD);
	unsigned int sort = m->t->io_sort[m->t->show];

	if (sort == nr_all + PK_TOP_BY_ID)
		mark(m, ID_COLUMNS);
	pk_strbuf_printf(b, "%*s", ID_COLUMNS, "PID");
	for (unsigned int i = 0; i < nr; i++) {
		if (columns[i] == sort)
			mark(m, PK_IO_CELL_COLUMNS);
		pk_strbuf_printf(b, "%*s", PK_IO_CELL_COLUMNS, c[columns[i]].name);
	}
	pk_strbuf_putc(b, ' ');
	if (sort == nr_all + PK_TOP_BY_NAME)
		mark(m, 4);
	pk_strbuf_puts(b, "NAME");
	while (b->len < m->width && !pk_strbuf_failed(b))
		pk_strbuf_putc(b, ' ');
}

static void put_io_row(struct maker *m, enum pk_top_style style, const struct pk_top_row *row,
		       const struct pk_io_column *c, const unsigned int *columns, unsigned int nr)
{
	struct pk_strbuf *b = add_line(m, style);
	uint64_t interval_ns = pk_top_io_interval_ns(m->t);
	size_t used;

	if (row->id)
		pk_strbuf_printf(b, "%*" PRIu32, ID_COLUMNS, row->id);
	else
		pk_strbuf_printf(b, "%*s", ID_COLUMNS, "-");
	for (unsigned int i = 0; i < nr; i++)
		pk_io_put_cell(&c[columns[i]],
			       pk_io_column_value(&c[columns[i]], row->io, interval_ns), ".", b);
	pk_strbuf_puts(b, row->kthread ? " [" : " ");
	used = b->len + row->kthread;
	if (m->width > used)
		pk_utf8_put_printable(b, row->name, m->width - used, m->unicode);
	if (row->kthread)
		pk_strbuf_putc(b, ']');
}

static void put_io_rows(struct maker *m, size_t room)
{
	static const struct pk_live_io_amount nothing;
	const struct pk_io_column *c;
	unsigned int columns[PK_NR_IO_COLUMNS];
	unsigned int nr_all = pk_io_columns_of(m->t->show, &c), nr = choose_io(m, nr_all, columns);
	struct pk_top_row all = { .name = "(all)",
				  .io = m->t->io ? &m->t->io->picture.total : &nothing };

	put_devices(m);
	put_io_head(m, c, nr_all, columns, nr);
	put_io_row(m, PK_TOP_BOLD, &all, c, columns, nr);
	for (size_t i = m->t->first; i < m->t->rows.nr && i < m->t->first + room; i++)
		put_io_row(m, i == m->t->cursor ? PK_TOP_CURSOR : PK_TOP_PLAIN,
			   &m->t->rows.data[i], c, columns, nr);
}

static void put_stacks(struct maker *m, size_t room)
{
	const struct pk_hottest *h = m->t->stacks;
	struct pk_strbuf *b = add_line(m, PK_TOP_HEAD);

	pk_strbuf_printf(b, "%7s  %-15s %s", "CPU %", "PROCESS",
			 "STACK: executing function < its caller < ...");
	while (b->len < m->width && !pk_strbuf_failed(b))
		pk_strbuf_putc(b, ' ');
	for (size_t i = m->t->first; h && i < h->stacks.nr && i < m->t->first + room; i++) {
		const struct pk_hot_stack *s = &h->stacks.data[i];
		struct pk_strbuf name = { 0 };

		b = add_line(m, i == m->t->cursor ? PK_TOP_CURSOR : PK_TOP_PLAIN);
		pk_utf8_put_printable(&name, s->process, 15, m->unicode);
		pk_strbuf_printf(b, "%7.1f  %-15s ", pct(s->nr_samples, h->nr_samples),
				 name.data ? name.data : "");
		if (m->width > 26)
			pk_utf8_put_printable(b, s->stack, m->width - 25, m->unicode);
		pk_strbuf_deinit(&name);
	}
}

/* --- help and keys --------------------------------------------------------------------- */

static const char *const help[] = {
	"Where the threads of each process were, in % of the interval: 100 is one thread",
	"there all the time, so that a process with many threads has more.",
	"",
	"  up, down, PgUp, PgDn, Home, End   move the cursor",
	"  Enter   threads of the process    Esc    back; without filter",
	"  < >     sort by the next column   r      the other way round",
	"  w i n   sort by switches, pid, name    v   files and devices, TCP, times again",
	"  /       only names with ...       space  pause, go on",
	"  + -     longer, shorter interval  m      ms per second instead of %",
	"  s       hottest stacks, from a session of our own; stacks are only for the owner",
	"  q       quit",
	"",
};

static void put_help(struct maker *m)
{
	pk_strbuf_puts(add_line(m, PK_TOP_BOLD), "pkprof top: keys and columns; any key goes back");
	for (size_t i = 0; i < PK_ARRAY_SIZE(help); i++)
		pk_strbuf_puts(add_line(m, PK_TOP_PLAIN), help[i]);
	for (unsigned int i = 0; i < pk_top_nr_columns; i++) {
		const struct pk_top_column *c = &pk_top_columns[i];
		bool right = i & 1;
		struct pk_strbuf *b = right && !m->lost.failed ?
					      &m->page->lines.data[m->page->lines.nr - 1].text :
					      add_line(m, PK_TOP_PLAIN);
		size_t from = right ? 41 : 0;

		while (right && b->len < from && !pk_strbuf_failed(b))
			pk_strbuf_putc(b, ' ');
		pk_strbuf_printf(b, " %c %-6s%.32s", c->key ? c->key : ' ', c->name, c->help);
	}
}

static void put_keys(struct maker *m)
{
	pk_strbuf_puts(add_line(m, PK_TOP_DIM),
		       m->t->view == PK_TOP_STACKS ?
			       "q quit  h help  s processes  space pause" :
			       "q quit  h help  v io/net  <> sort  / filter  Enter threads  "
			       "s stacks  spc pause");
}

/* --- the whole ------------------------------------------------------------------------- */

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Where the locale has no UTF-8, one mark for each character that is not ASCII. */
static void make_ascii(struct pk_strbuf *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->len; i++)
		if (!is_continuation(b->data[i]))
			b->data[to++] = (unsigned char)b->data[i] < 0x80 ? b->data[i] : '?';
	if (b->len)
		b->data[to] = '\0';
	b->len = to;
}

/* Nothing goes beyond the screen. */
static int fit(struct maker *m)
{
	bool failed = m->lost.failed;

	pk_strbuf_deinit(&m->lost);
	while (m->page->lines.nr > m->height)
		pk_strbuf_deinit(&m->page->lines.data[--m->page->lines.nr].text);
	PK_VEC_FOREACH(&m->page->lines, l) {
		unsigned int columns = 0;
		size_t at = 0;

		failed |= pk_strbuf_failed(&l->text);
		if (!m->unicode)
			make_ascii(&l->text);
		for (; at < l->text.len; at++)
			if (!is_continuation(l->text.data[at]) && columns++ == m->width)
				break;
		if (at < l->text.len) {
			l->text.len = at;
			l->text.data[at] = '\0';
		}
	}
	return failed ? -ENOMEM : 0;
}

int pk_top_page_make(struct pk_top *t, unsigned int height, unsigned int width, bool unicode,
		     const char *clock, struct pk_top_page *ret)
{
	struct maker m = { t, ret, height, width, unicode, { 0 } };
	size_t frame = ROWS_OF_FRAME + (pk_top_is_io(t) ? io_frame(t) : 0);
	size_t room = height > frame ? height - frame : 0;

	*ret = (struct pk_top_page){ 0 };
	if (t->help) {
		put_help(&m);
		return fit(&m);
	}
	keep_in_sight(t, room);
	put_title(&m, clock);
	put_cpus(&m);
	put_tasks(&m);
	put_message(&m);
	if (t->view == PK_TOP_STACKS)
		put_stacks(&m, room);
	else if (pk_top_is_io(t))
		put_io_rows(&m, room);
	else
		put_rows(&m, room);
	while (ret->lines.nr + 1 < height && pk_vec_push(&ret->lines))
		;
	put_keys(&m);
	return fit(&m);
}

void pk_top_page_deinit(struct pk_top_page *p)
{
	PK_VEC_FOREACH(&p->lines, l)
		pk_strbuf_deinit(&l->text);
	pk_vec_deinit(&p->lines);
}
