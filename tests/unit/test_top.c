// SPDX-License-Identifier: GPL-2.0-or-later
/* The live screen without a terminal: keys, rows and pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "view/top.h"

#define MS 1000000ULL

static struct pk_live_picture picture;
static struct pk_hottest hottest;
static struct pk_top top;

static void add_process(uint32_t tgid, const char *comm, uint32_t nr_threads, uint64_t cpu_ms,
			uint64_t disk_ms, uint64_t switches)
{
	struct pk_live_process *p = pk_vec_push(&picture.processes);

	assert_non_null(p);
	p->tgid = tgid;
	p->exited = !tgid;
	p->nr_threads = nr_threads;
	snprintf(p->comm, sizeof(p->comm), "%s", comm);
	p->amount.ns[PKPROF_LINE_CPU] = cpu_ms * MS;
	p->amount.ns[PKPROF_LINE_DISK] = disk_ms * MS;
	p->amount.ns[PKPROF_LINE_WAKEUP] = 10 * MS;
	p->amount.ns[PKPROF_LINE_PREEMPTED] = 5 * MS;
	p->amount.ns[PKPROF_LINE_SLEEP] = 1000 * MS * nr_threads - cpu_ms * MS - disk_ms * MS;
	p->amount.nr_switches = switches;
	p->amount.nr_runq = 5;
}

static void add_thread(uint32_t tid, uint32_t tgid, const char *comm, uint64_t cpu_ms)
{
	struct pk_live_thread *t = pk_vec_push(&picture.threads);

	assert_non_null(t);
	t->tid = tid;
	t->tgid = tgid;
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
	t->amount.ns[PKPROF_LINE_CPU] = cpu_ms * MS;
	t->amount.nr_switches = tid;
}

static int setup(void **state)
{
	struct pk_hot_stack hot = { 60, strdup("nginx"), strdup("crc32 < gzip < main < _start") };

	(void)state;
	picture = (struct pk_live_picture){ .from_ns = 5000 * MS, .to_ns = 6000 * MS };
	picture.system = (struct pk_live_system){
		.nr_cpus = 4, .nr_online = 4, .busy_ns = 1500 * MS, .idle_ns = 2500 * MS,
		.steal_ns = 40 * MS, .softirq_ns = 8 * MS, .nr_switches = 12345,
		.nr_processes = 5, .nr_threads = 13,
	};
	add_process(300, "postgres", 2, 250, 700, 900);
	add_process(20, "nginx", 8, 1100, 0, 11000);
	add_process(1, "systemd", 1, 0, 0, 3);
	add_process(0, "", 0, 0, 0, 0);
	picture.processes.data[3].amount.ns[PKPROF_LINE_CPU] = 33 * MS;
	picture.processes.data[3].amount.ns[PKPROF_LINE_SLEEP] = 0;
	add_process(9, "kworker/0:1", 1, 1, 0, 40);
	picture.processes.data[4].kthread = true;
	add_thread(20, 20, "nginx", 100);
	add_thread(21, 20, "nginx worker", 1000);
	add_thread(300, 300, "postgres", 250);
	pk_top_init(&top);
	hottest = (struct pk_hottest){ .nr_samples = 80 };
	assert_int_equal(pk_vec_add(&hottest.stacks, hot), 0);
	hot = (struct pk_hot_stack){ 20, strdup("a name\tthat is too long"), strdup("[no stack]") };
	assert_int_equal(pk_vec_add(&hottest.stacks, hot), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_top_deinit(&top);
	pk_hottest_deinit(&hottest);
	pk_vec_deinit(&picture.processes);
	pk_vec_deinit(&picture.threads);
	return 0;
}

/* The page as text, blanks at the ends of lines left out. */
static char *page_text(unsigned int height, unsigned int width)
{
	struct pk_top_page page;
	struct pk_strbuf b = { 0 };

	assert_int_equal(pk_top_show(&top, &picture), 0);
	assert_int_equal(pk_top_page_make(&top, height, width, true, "12:34:56", &page), 0);
	assert_true(page.lines.nr <= height);
	PK_VEC_FOREACH(&page.lines, l) {
		assert_true(!l->text.data || pk_utf8_columns(l->text.data) <= width);
		pk_strbuf_puts(&b, l->text.data ? l->text.data : "");
		while (b.len && b.data[b.len - 1] == ' ')
			b.data[--b.len] = '\0';
		pk_strbuf_puts(&b, "\n");
	}
	pk_top_page_deinit(&page);
	assert_false(pk_strbuf_failed(&b));
	return b.data;
}

static void assert_page(unsigned int height, unsigned int width, const char *wanted)
{
	char *text = page_text(height, width);

	assert_string_equal(text, wanted);
	free(text);
}

static void press(const char *keys)
{
	for (; *keys; keys++) {
		assert_int_equal(pk_top_show(&top, &picture), 0);
		pk_top_key(&top, *keys);
	}
}

static void press_one(int key)
{
	assert_int_equal(pk_top_show(&top, &picture), 0);
	pk_top_key(&top, key);
}

/* Ids of the rows in their order. */
static void assert_rows(const char *wanted)
{
	struct pk_strbuf b = { 0 };

	assert_int_equal(pk_top_show(&top, &picture), 0);
	pk_strbuf_puts(&b, "");
	PK_VEC_FOREACH(&top.rows, r)
		pk_strbuf_printf(&b, "%s%u", b.len ? " " : "", r->id);
	assert_string_equal(b.data ? b.data : "", wanted);
	pk_strbuf_deinit(&b);
}

/* --- pages ---------------------------------------------------------------------------- */

static void test_page(void **state)
{
	(void)state;
	snprintf(top.session, sizeof(top.session), "pkprof-user (pid 812)");
	assert_page(14, 80,
		    "pkprof top  12:34:56  every 1 s                   session: pkprof-user (pid 812)\n"
		    "CPUs 4: busy 37.5 %, idle 62.5 %, stolen 1.0 %, softirq 0.2 %\n"
		    "12,345 switches/s, run queue 75.0 ms/s (3.000 ms each), 13 threads, 5 processes\n"
		    "\n"
		    "    PID  THR   cpu  runq  disk  lock  sock  poll klock  switch NAME     (%)\n"
		    "     20    8 110.0   1.5     .     .     .     .     .   11000 nginx\n"
		    "    300    2  25.0   1.5  70.0     .     .     .     .     900 postgres\n"
		    "      -    -   3.3   1.5     .     .     .     .     .       0 (exited)\n"
		    "      9    1   0.1   1.5     .     .     .     .     .      40 [kworker/0:1]\n"
		    "      1    1     .   1.5     .     .     .     .     .       3 systemd\n"
		    "\n"
		    "\n"
		    "\n"
		    "q quit  h help  v io/net  <> sort  / filter  Enter threads  s stacks  spc pause\n");
}

/* More columns, milliseconds, and the sorted column always there. */
static void test_columns(void **state)
{
	char *text;

	(void)state;
	press("m");
	text = page_text(12, 100);
	assert_non_null(strstr(text, "  PID  THR   cpu  runq  disk  lock  sock  poll klock fault "
				     " pipe sleep throt  switch NAME  (ms/s)\n"));
	assert_non_null(strstr(text, "     20    8  1100  15.0     .     .     .     .     .     . "
				     "    .  6900     .   11000 nginx\n"));
	free(text);
	top.sort = pk_top_sort_find("idle");
	text = page_text(12, 80);
	assert_non_null(strstr(text, "  PID  THR   cpu  runq  disk  lock  sock  poll  idle  switch"));
	free(text);
	for (unsigned int i = 0; i < pk_top_nr_columns + PK_TOP_NR_ORDERS; i++)
		assert_int_equal(pk_top_sort_find(pk_top_sort_name(i)), i);
	assert_int_equal(pk_top_sort_find("CPU"), -1);
}

/* Every line of the ledger is in one column, and in no other. */
static void test_lines(void **state)
{
	uint32_t all = 0;

	(void)state;
	for (unsigned int i = 0; i < pk_top_nr_columns; i++) {
		assert_int_equal(all & pk_top_columns[i].lines, 0);
		all |= pk_top_columns[i].lines;
		for (unsigned int k = 0; k < i && pk_top_columns[i].key; k++)
			assert_int_not_equal(pk_top_columns[i].key, pk_top_columns[k].key);
	}
	assert_int_equal(all, (1u << PKPROF_NR_LINES) - 1);
}

/* The head of the sorted column stands out. */
static void test_mark(void **state)
{
	struct pk_top_page page;
	const struct pk_top_line *head;

	(void)state;
	for (unsigned int sort = 0; sort < pk_top_nr_columns + PK_TOP_NR_ORDERS; sort++) {
		const char *name = pk_top_sort_name(sort);
		char marked[16];

		top.sort = sort;
		assert_int_equal(pk_top_show(&top, &picture), 0);
		assert_int_equal(pk_top_page_make(&top, 24, 80, true, "", &page), 0);
		head = &page.lines.data[4];
		assert_int_equal(head->style, PK_TOP_HEAD);
		assert_int_equal(head->text.len, 80);
		snprintf(marked, sizeof(marked), "%.*s", (int)(head->mark_to - head->mark_from),
			 head->text.data + head->mark_from);
		assert_non_null(strcasestr(marked, name));
		pk_top_page_deinit(&page);
	}
}

static void test_sizes(void **state)
{
	(void)state;
	for (top.view = PK_TOP_PROCESSES; top.view <= PK_TOP_STACKS; top.view++)
		for (unsigned int help = 0; help < 2; help++)
			for (unsigned int height = 1; height < 40; height += 3)
				for (unsigned int width = 1; width < 200; width += 7) {
					top.process = 20;
					top.help = help;
					top.stacks = &hottest;
					free(page_text(height, width));
				}
}

static void test_help(void **state)
{
	char *text;

	(void)state;
	press("h");
	text = page_text(24, 80);
	/* all of it fits the smallest screen that is promised */
	for (unsigned int i = 0; i < pk_top_nr_columns; i++) {
		char name[16];

		snprintf(name, sizeof(name), " %s ", pk_top_columns[i].name);
		assert_non_null(strstr(text, name));
	}
	assert_non_null(strstr(text, "q       quit"));
	free(text);
	press("q");
	assert_false(top.quit);
	assert_false(top.help);
	press("q");
	assert_true(top.quit);
}

static void test_stacks(void **state)
{
	(void)state;
	press("s");
	snprintf(top.stacks_said, sizeof(top.stacks_said), "no stacks: busy");
	assert_page(8, 60,
		    "pkprof top  12:34:56  every 1 s                   no session\n"
		    "CPUs 4: busy 37.5 %, idle 62.5 %, stolen 1.0 %, softirq 0.2\n"
		    "12,345 switches/s, run queue 75.0 ms/s (3.000 ms each), 13 t\n"
		    "no stacks: busy\n"
		    "  CPU %  PROCESS         STACK: executing function < its cal\n"
		    "\n"
		    "\n"
		    "q quit  h help  s processes  space pause\n");
	top.stacks = &hottest;
	snprintf(top.stacks_said, sizeof(top.stacks_said), "80 samples");
	assert_page(8, 44,
		    "pkprof top  12:34:56  every 1 s   no session\n"
		    "CPUs 4: busy 37.5 %, idle 62.5 %, stolen 1.0\n"
		    "12,345 switches/s, run queue 75.0 ms/s (3.00\n"
		    "80 samples\n"
		    "  CPU %  PROCESS         STACK: executing fu\n"
		    "   75.0  nginx           crc32 < gzip < mai…\n"
		    "   25.0  a name?that is… [no stack]\n"
		    "q quit  h help  s processes  space pause\n");
	press_one(PK_TOP_KEY_DOWN);
	assert_int_equal(top.cursor, 1);
	press("s");
	assert_int_equal(top.view, PK_TOP_PROCESSES);
	assert_int_equal(top.cursor, 0);
}

/* Names of programs may hold anything; without UTF-8 nothing but ASCII comes out. */
static void test_names(void **state)
{
	struct pk_top_page page;
	char *text;

	(void)state;
	snprintf(picture.processes.data[1].comm, PKPROF_COMM_LEN, "gr\xc3\xbc\x1b[31m\xff");
	text = page_text(10, 80);
	assert_non_null(strstr(text, "gr\xc3\xbc?[31m\xef\xbf\xbd\n"));
	free(text);
	assert_int_equal(pk_top_page_make(&top, 10, 80, false, "", &page), 0);
	PK_VEC_FOREACH(&page.lines, l)
		for (size_t i = 0; i < l->text.len; i++)
			assert_true(l->text.data[i] >= ' ' && l->text.data[i] < 0x7f);
	pk_top_page_deinit(&page);
}

/* --- rows ------------------------------------------------------------------------------ */

static void test_order(void **state)
{
	(void)state;
	assert_rows("20 300 0 9 1");
	press("r");
	assert_rows("1 9 0 300 20");
	press("d");
	assert_rows("300 0 1 9 20");
	press("d");
	assert_rows("0 1 9 20 300");
	press("w");
	assert_rows("20 300 9 1 0");
	press("i");
	assert_rows("0 1 9 20 300");
	press("n");
	assert_rows("0 9 20 300 1");
	press("c>");
	assert_int_equal(top.sort, 1);
	press("<<");
	assert_string_equal(pk_top_sort_name(top.sort), "name");
	press_one(PK_TOP_KEY_RIGHT);
	assert_string_equal(pk_top_sort_name(top.sort), "cpu");
	assert_false(top.reverse);
}

static void test_filter(void **state)
{
	char *text;

	(void)state;
	press("/GRXq");
	assert_true(top.editing);
	assert_false(top.quit);
	press_one(PK_TOP_KEY_ERASE);
	press_one(PK_TOP_KEY_ERASE);
	assert_rows("300");
	text = page_text(10, 80);
	assert_non_null(strstr(text, "\nonly names with: GR_\n"));
	free(text);
	press_one(PK_TOP_KEY_ENTER);
	assert_false(top.editing);
	assert_rows("300");
	press_one(PK_TOP_KEY_ESCAPE);
	assert_rows("20 300 0 9 1");
	for (unsigned int i = 0; i < 100; i++)
		press(i ? "x" : "/");
	assert_int_equal(strlen(top.filter), PK_TOP_NAME_BYTES - 1);
	assert_rows("");
	free(page_text(24, 80));
	press_one(PK_TOP_KEY_ESCAPE);
	assert_string_equal(top.filter, "");
}

/* The cursor follows its process, unless it is on the first row. */
static void test_cursor(void **state)
{
	(void)state;
	press_one(PK_TOP_KEY_DOWN);
	assert_rows("20 300 0 9 1");
	assert_int_equal(top.cursor, 1);
	press("d");
	assert_rows("300 0 1 9 20");
	assert_int_equal(top.cursor, 0);
	press("c");
	assert_rows("20 300 0 9 1");
	assert_int_equal(top.cursor, 1);
	press_one(PK_TOP_KEY_HOME);
	press("d");
	assert_rows("300 0 1 9 20");
	assert_int_equal(top.cursor, 0);
	press_one(PK_TOP_KEY_END);
	assert_int_equal(top.cursor, 4);
	/* its process is gone */
	picture.processes.nr = 2;
	assert_rows("300 20");
	assert_int_equal(top.cursor, 1);
	press_one(PK_TOP_KEY_DOWN);
	press_one(PK_TOP_KEY_DOWN);
	assert_int_equal(top.cursor, 1);
	press_one(PK_TOP_KEY_UP);
	press_one(PK_TOP_KEY_UP);
	assert_int_equal(top.cursor, 0);
}

/* Rows scroll so that the cursor is always on the screen. */
static void test_scroll(void **state)
{
	char name[16];
	char *text;

	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		add_process(1000 + i, name, 1, 0, 0, 0);
	}
	press("i");
	free(page_text(16, 80));
	assert_int_equal(top.page, 10);
	press_one(PK_TOP_KEY_PAGE_DOWN);
	press_one(PK_TOP_KEY_PAGE_DOWN);
	text = page_text(16, 80);
	assert_int_equal(top.cursor, 20);
	assert_int_equal(top.first, 11);
	assert_non_null(strstr(text, " p15\n"));
	assert_null(strstr(text, " p16\n"));
	free(text);
	press_one(PK_TOP_KEY_PAGE_UP);
	press_one(PK_TOP_KEY_PAGE_UP);
	press_one(PK_TOP_KEY_PAGE_UP);
	free(page_text(16, 80));
	assert_int_equal(top.cursor, 0);
	assert_int_equal(top.first, 0);
	/* a smaller screen */
	press_one(PK_TOP_KEY_END);
	free(page_text(9, 80));
	press_one(PK_TOP_KEY_RESIZE);
	assert_int_equal(top.first, 52);
}

static void test_threads(void **state)
{
	(void)state;
	press_one(PK_TOP_KEY_ENTER);
	assert_rows("21 20");
	assert_page(9, 80,
		    "pkprof top  12:34:56  every 1 s                                       no session\n"
		    "CPUs 4: busy 37.5 %, idle 62.5 %, stolen 1.0 %, softirq 0.2 %\n"
		    "12,345 switches/s, run queue 75.0 ms/s (3.000 ms each), 13 threads, 5 processes\n"
		    "threads of nginx (pid 20); Esc: all processes\n"
		    "    TID        cpu  runq  disk  lock  sock  poll klock  switch NAME     (%)\n"
		    "     21      100.0     .     .     .     .     .     .      21 nginx worker\n"
		    "     20       10.0     .     .     .     .     .     .      20 nginx\n"
		    "\n"
		    "q quit  h help  v io/net  <> sort  / filter  Enter threads  s stacks  spc pause\n");
	press_one(PK_TOP_KEY_ENTER);
	assert_int_equal(top.view, PK_TOP_THREADS);
	press("r");
	press_one(PK_TOP_KEY_ESCAPE);
	assert_rows("1 9 0 300 20");
	assert_int_equal(top.cursor, 4);
	/* the exited have no threads any more */
	press("c");
	press_one(PK_TOP_KEY_HOME);
	press_one(PK_TOP_KEY_DOWN);
	press_one(PK_TOP_KEY_DOWN);
	assert_int_equal(top.rows.data[top.cursor].id, 0);
	press_one(PK_TOP_KEY_ENTER);
	assert_int_equal(top.view, PK_TOP_PROCESSES);
}

static void test_interval(void **state)
{
	char *text;

	(void)state;
	press("-");
	assert_int_equal(top.interval_ns, 500 * MS);
	press("-----");
	assert_int_equal(top.interval_ns, PK_TOP_MIN_INTERVAL_NS);
	press(" ");
	text = page_text(10, 80);
	assert_non_null(strstr(text, "every 100 ms  PAUSED"));
	free(text);
	press(" ++++");
	assert_int_equal(top.interval_ns, 2000 * MS);
	assert_false(top.paused);
	press("++++++++");
	assert_int_equal(top.interval_ns, PK_TOP_MAX_INTERVAL_NS);
	top.interval_ns = 1500 * MS;
	press("+");
	assert_int_equal(top.interval_ns, 2000 * MS);
}

/* Before the first interval is over there is nothing but the frame. */
/* Sums of two readings of a second: one device, two processes, and one that is gone. */
static struct pk_live_io *io_of(void)
{
	static struct pk_live_io io;
	struct pk_live_device *d;

	pk_live_io_deinit(&io);
	io.picture.from_ns = 5000 * MS;
	io.picture.to_ns = 6000 * MS;
	io.picture.sources = PK_LIVE_IO_SOURCES;
	for (unsigned int i = 0; i < 2; i++) {
		struct pk_live_io_process *p = pk_vec_push(&io.picture.processes);

		assert_non_null(p);
		p->tgid = i ? 20 : 300;
		p->amount.nr[PK_LIVE_READS] = i ? 3 : 12000;
		p->amount.nr[PK_LIVE_READ_BYTES] = i ? 3000 : 50 << 20;
		p->amount.nr[PK_LIVE_OUT_BYTES] = i ? 2048 : 0;
		assert_int_equal(pk_map64_set(&io.by_tgid, p->tgid, i), 0);
	}
	io.picture.processes.data[0].amount.nr[PK_LIVE_REQUESTS] = 100;
	io.picture.processes.data[0].amount.nr[PK_LIVE_REQUEST_BYTES] = 409600;
	io.picture.processes.data[0].amount.nr[PK_LIVE_REQUEST_NS] = 50 * MS;
	io.picture.processes.data[0].amount.times.count = 100;
	pk_dist_add_bucket(&io.picture.processes.data[0].amount.times, pk_dist_bucket(500000), 100);
	io.picture.total = io.picture.processes.data[0].amount;
	d = pk_vec_push(&io.picture.devices);
	assert_non_null(d);
	strcpy(d->name, "nvme0n1p12");
	d->reads = 100;
	d->read_bytes = 409600;
	d->busy_ns = 250 * MS;
	d->load_ns = 500 * MS;
	d->queue_ns = 10 * MS;
	d->device_ns = 40 * MS;
	d->times = io.picture.total.times;
	return &io;
}

static void test_io(void **state)
{
	(void)state;
	press("v");
	assert_int_equal(top.show, PK_SHOW_IO);
	free(page_text(24, 80));	/* before there is anything */
	top.io = io_of();
	pk_live_io_join(&top.io->picture, &picture);
	assert_rows("300 20 0 1 9");
	assert_page(15, 80,
		    "pkprof top  12:34:56  every 1 s                                       no session\n"
		    "CPUs 4: busy 37.5 %, idle 62.5 %, stolen 1.0 %, softirq 0.2 %\n"
		    "12,345 switches/s, run queue 75.0 ms/s (3.000 ms each), 13 threads, 5 processes\n"
		    "\n"
		    " DEVICE    rd/s   rdB/s    wr/s   wrB/s   busy%   depth   queue  device   p99ms\n"
		    " nvme0~     100  400.0K       0       0    25.0    0.50   0.100   0.400   0.522\n"
		    "    PID    rd/s   rdB/s    wr/s   wrB/s   req/s  reqB/s      ms   p99ms NAME\n"
		    "      -   12000   50.0M       .       .     100  400.0K   0.500   0.522 (all)\n"
		    "    300   12000   50.0M       .       .     100  400.0K   0.500   0.522 postgres\n"
		    "     20     3.0    2.9K       .       .       .       .       .       . nginx\n"
		    "      -       .       .       .       .       .       .       .       . (exited)\n"
		    "      1       .       .       .       .       .       .       .       . systemd\n"
		    "      9       .       .       .       .       .       .       .       . [kwork…]\n"
		    "\n"
		    "q quit  h help  v io/net  <> sort  / filter  Enter threads  s stacks  spc pause\n");
	press(">>");
	assert_int_equal(top.io_sort[PK_SHOW_IO], 7);
	press(">");
	assert_int_equal(top.io_sort[PK_SHOW_IO], 8 + PK_TOP_BY_ID);	/* switches are no figure here */
	assert_rows("0 1 9 20 300");
	press("<<<<<<<<");
	assert_int_equal(top.io_sort[PK_SHOW_IO], 0);
	press("r");
	assert_rows("0 1 9 20 300");
	press("v");
	assert_int_equal(top.show, PK_SHOW_NET);
	assert_rows("20 0 1 9 300");
	for (unsigned int width = 1; width < 140; width += 3)
		free(page_text(24, width));
	press("v");
	assert_int_equal(top.show, PK_SHOW_TIME);
	assert_int_equal(top.sort, 0);
	assert_int_equal(pk_top_io_sort_find(PK_SHOW_IO, "outB/s"), -1);
	assert_int_equal(pk_top_io_sort_find(PK_SHOW_NET, "name"), 7 + PK_TOP_BY_NAME);
	pk_live_io_deinit(top.io);
}

static void test_nothing(void **state)
{
	struct pk_top_page page;
	struct pk_top none;

	(void)state;
	pk_top_init(&none);
	for (int key = 0; key < 0x1010; key++) {
		assert_int_equal(pk_top_show(&none, NULL), 0);
		pk_top_key(&none, key);
		assert_int_equal(pk_top_page_make(&none, 24, 80, true, "", &page), 0);
		pk_top_page_deinit(&page);
	}
	pk_top_deinit(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_help, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stacks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cursor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scroll, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interval, setup, teardown),
		cmocka_unit_test_setup_teardown(test_io, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
