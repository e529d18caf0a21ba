// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds of time: waits by stack and line, filters that cut them, and chains of
 * wake-ups as towers. Times are in periods of the instants, so weights are, too.
 */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/calltree.h"
#include "base/strbuf.h"
#include "model_fixture.h"

#define LOG2 20
#define P    (1ULL << LOG2)
#define BASE 0x400000ULL
#define KERNEL 0xffffffff81000000ULL
#define STEP 0x100ULL	/* bytes of a function */

static const char *const kernel_names[] = { "sys_read", "schedule", "wake_up",
					    "asm_common_interrupt", "common_interrupt", "disk_done",
					    "do_softirq", "asm_sysvec_timer" };
enum { SYS_READ, SCHEDULE, WAKE_UP, ASM_IRQ, IRQ, DISK_DONE, SOFTIRQ, TIMER };

struct world {
	struct pk_profile p;
	struct pk_model m;
	struct pk_filter f;
	struct pk_scope s;
	bool built;
};

static void add_process(struct world *w, uint32_t tgid, const char *comm, uint32_t file)
{
	fix_alive(&w->p, tgid, comm);
	fix_map(&w->p, 0, tgid, BASE, 0x10000, file, 0);
}

/* Processes 10 app, 20 broker, 30 store, 40 other; functions a, b, c, ... in all. */
static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char name[2] = "a";
	uint32_t file;

	assert_non_null(w);
	*state = w;
	fix_init(&w->p);
	file = fix_file(&w->p, "/bin/prog");
	for (uint64_t i = 0; i < 8; i++, name[0]++)
		fix_symbol(&w->p, PK_SPACE_FILE, file, i * STEP, STEP, name, "/bin/prog");
	for (uint64_t i = 0; i < sizeof(kernel_names) / sizeof(kernel_names[0]); i++)
		fix_symbol(&w->p, PK_SPACE_KERNEL, 0, KERNEL + i * STEP, STEP, kernel_names[i],
			   "[kernel]");
	fix_sort_symbols(&w->p);
	add_process(w, 10, "app", file);
	add_process(w, 20, "broker", file);
	add_process(w, 30, "store", file);
	add_process(w, 40, "other", file);
	pk_filter_init(&w->f);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->built) {
		pk_scope_deinit(&w->s);
		pk_model_deinit(&w->m);
	}
	pk_filter_deinit(&w->f);
	pk_profile_deinit(&w->p);
	free(w);
	return 0;
}

static uint32_t user(struct world *w, const char *letters)
{
	uint64_t addr[8];
	size_t nr = strlen(letters);

	for (size_t i = 0; i < nr; i++)
		addr[i] = BASE + (letters[i] - 'a') * STEP + 1;
	return fix_stack(&w->p, addr, nr);
}

static uint32_t kernel(struct world *w, const unsigned int *idx, size_t nr)
{
	uint64_t addr[8];

	for (size_t i = 0; i < nr; i++)
		addr[i] = KERNEL + idx[i] * STEP + 1;
	return fix_stack(&w->p, addr, nr);
}
#define KSTACK(w, ...)                                                                             \
	kernel(w, (const unsigned int[]){ __VA_ARGS__ },                                           \
	       sizeof((const unsigned int[]){ __VA_ARGS__ }) / sizeof(unsigned int))

/* Blocked in [since, woken), runnable until @time; in periods. */
static struct pk_wait *add_wait(struct world *w, double since, double woken, double time,
				uint32_t tid, unsigned int line, const char *letters)
{
	struct pk_wait *x = pk_vec_push(&w->p.waits);

	assert_non_null(x);
	*x = (struct pk_wait){
		.since_ns = since * P,
		.woken_ns = woken * P,
		.time_ns = time * P,
		.nr_blocked = woken - since,
		.nr_runq = time - woken,
		.tid = tid,
		.tgid = tid,
		.line = line,
		.runq_line = PKPROF_LINE_WAKEUP,
		.period_log2 = LOG2,
		.ustack = user(w, letters),
		.kstack = KSTACK(w, SYS_READ, SCHEDULE),
	};
	return x;
}

static struct pk_wake *add_wake(struct world *w, double since, double time, uint32_t tid,
				uint32_t waker, const char *letters)
{
	struct pk_wake *x = pk_vec_push(&w->p.wakes);

	assert_non_null(x);
	*x = (struct pk_wake){
		.since_ns = since * P,
		.time_ns = time * P,
		.tid = tid,
		.tgid = tid,
		.waker_tid = waker,
		.waker_tgid = waker,
		.ustack = user(w, letters),
		.kstack = KSTACK(w, WAKE_UP),
	};
	return x;
}

static void add_disk_interrupt(struct world *w, double since, double time, uint32_t tid)
{
	struct pk_wake *x = add_wake(w, since, time, tid, 40, "h");

	x->flags = PKPROF_WAKE_IRQ;
	x->kstack = KSTACK(w, SYS_READ, ASM_IRQ, IRQ, DISK_DONE, WAKE_UP);
}

static void build(struct world *w)
{
	w->p.end_ns = 200 * P;
	assert_int_equal(pk_model_build(&w->p, NULL, &w->m, NULL), 0);
	assert_int_equal(pk_scope_init(&w->m, &w->f, &w->s, NULL), 0);
	w->built = true;
}

/* "name self/total" of all calls, in periods, indented by depth. */
static void assert_tree(struct world *w, const char *kind, struct pk_calltree_opts o,
			const char *wanted)
{
	struct pk_strbuf b = { 0 };
	struct pk_calltree t;

	assert_int_equal(pk_kind_parse(kind, &o.kind, NULL), 0);
	assert_int_equal(pk_calltree_init(&w->s, &o, &t), 0);
	PK_VEC_FOREACH(&t.calls, c) {
		for (uint32_t i = 0; i < c->depth; i++)
			pk_strbuf_putc(&b, ' ');
		pk_strbuf_printf(&b, "%s %.4g/%.4g\n", pk_calltree_name(&t, c->label),
				 (double)c->self / P, (double)c->total / P);
		assert_true(c->error >= 0 && (!c->total || c->error > 0));
	}
	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, wanted);
	pk_strbuf_deinit(&b);
	pk_calltree_deinit(&t);
}

static const struct pk_calltree_opts plain;

/* --- one wait by itself ------------------------------------------------------------------ */

static void add_two_waits(struct world *w)
{
	struct pk_wait *open;

	add_wait(w, 10, 30, 34, 10, PKPROF_LINE_DISK, "ab");
	/* preempted: never blocked */
	add_wait(w, 40, 40, 42, 10, PKPROF_LINE_PREEMPTED, "ac")->runq_line =
		PKPROF_LINE_PREEMPTED;
	open = add_wait(w, 100, 150, 150, 20, PKPROF_LINE_PIPE, "a");
	open->flags = PKPROF_WAIT_OPEN;
	open->woken_ns = 0;
}

static void test_off(void **state)
{
	struct world *w = *state;

	add_two_waits(w);
	build(w);
	assert_tree(w, "off", plain,
		    "all 0/76\n"
		    " app 0/26\n"
		    "  a 0/26\n"
		    "   b 0/24\n"
		    "    sys_read 0/24\n"
		    "     schedule 24/24\n"
		    "   c 0/2\n"
		    "    sys_read 0/2\n"
		    "     schedule 2/2\n"
		    " broker 0/50\n"
		    "  a 0/50\n"
		    "   sys_read 0/50\n"
		    "    schedule 0/50\n"
		    "     [still waiting] 50/50\n");
	assert_tree(w, "off", (struct pk_calltree_opts){ .reverse = true },
		    "all 0/76\n"
		    " app 0/26\n"
		    "  schedule 0/26\n"
		    "   sys_read 0/26\n"
		    "    b 0/24\n"
		    "     a 24/24\n"
		    "    c 0/2\n"
		    "     a 2/2\n"
		    " broker 0/50\n"
		    "  [still waiting] 0/50\n"
		    "   schedule 0/50\n"
		    "    sys_read 0/50\n"
		    "     a 50/50\n");
}

static void test_lines(void **state)
{
	struct world *w = *state;

	add_two_waits(w);
	build(w);
	assert_tree(w, "wait:disk", plain,
		    "all 0/20\n app 0/20\n  a 0/20\n   b 0/20\n    sys_read 0/20\n"
		    "     schedule 20/20\n");
	assert_tree(w, "wait:runq", plain,
		    "all 0/4\n app 0/4\n  a 0/4\n   b 0/4\n    sys_read 0/4\n"
		    "     schedule 4/4\n");
	assert_tree(w, "wait:preempted", plain,
		    "all 0/2\n app 0/2\n  a 0/2\n   c 0/2\n    sys_read 0/2\n"
		    "     schedule 2/2\n");
	assert_tree(w, "wait:futex", plain, "all 0/0\n");
	assert_tree(w, "cpu", plain, "all 0/0\n");
}

/* Kernel threads without work are left out, but where their line is asked for. */
static void test_idle(void **state)
{
	static const char *const kinds[] = { "off", "wakeup" };
	struct world *w = *state;

	add_wait(w, 10, 30, 34, 10, PKPROF_LINE_KTHREAD, "ab");
	build(w);
	assert_tree(w, "off", plain,
		    "all 0/4\n app 0/4\n  a 0/4\n   b 0/4\n    sys_read 0/4\n"
		    "     schedule 4/4\n");
	assert_tree(w, "wakeup", plain, "all 0/0\n");
	assert_tree(w, "wait:kthread", plain,
		    "all 0/20\n app 0/20\n  a 0/20\n   b 0/20\n    sys_read 0/20\n"
		    "     schedule 20/20\n");
	for (size_t i = 0; i < 2; i++) {
		struct pk_calltree_opts o = { 0 };
		struct pk_calltree t;

		assert_int_equal(pk_kind_parse(kinds[i], &o.kind, NULL), 0);
		assert_int_equal(pk_calltree_init(&w->s, &o, &t), 0);
		assert_true(t.left_out == 20 * P);
		pk_calltree_deinit(&t);
	}
}

/* A wait that a range cuts counts pro rata. */
static void test_range(void **state)
{
	struct world *w = *state;

	add_two_waits(w);
	w->f.from_ns = 28 * P;
	w->f.to_ns = 110 * P;
	w->f.comm = "app";
	build(w);
	assert_tree(w, "off", plain,
		    "all 0/8\n app 0/8\n  a 0/8\n   b 0/6\n    sys_read 0/6\n"
		    "     schedule 6/6\n   c 0/2\n    sys_read 0/2\n     schedule 2/2\n");
	assert_tree(w, "wait:runq", plain,
		    "all 0/4\n app 0/4\n  a 0/4\n   b 0/4\n    sys_read 0/4\n"
		    "     schedule 4/4\n");
	w->f.comm = NULL;
	w->f.tgid = 20;
	assert_tree(w, "wait:pipe", plain,
		    "all 0/10\n broker 0/10\n  a 0/10\n   sys_read 0/10\n    schedule 0/10\n"
		    "     [still waiting] 10/10\n");
}

static void test_phases(void **state)
{
	struct world *w = *state;

	add_two_waits(w);
	fix_mark(&w->p, 12 * P, "load");
	fix_mark(&w->p, 14 * P, "rest");
	fix_mark(&w->p, 29 * P, "load");
	fix_mark(&w->p, 33 * P, "rest");
	assert_int_equal(pk_filter_add_phase(&w->f, &w->p, "load", NULL), 0);
	build(w);
	assert_tree(w, "wait:disk", plain,
		    "all 0/3\n app 0/3\n  a 0/3\n   b 0/3\n    sys_read 0/3\n"
		    "     schedule 3/3\n");
	assert_tree(w, "wait:runq", plain,
		    "all 0/3\n app 0/3\n  a 0/3\n   b 0/3\n    sys_read 0/3\n"
		    "     schedule 3/3\n");
}

/* --- chains ------------------------------------------------------------------------------ */

/* app waits for broker, that for store, that for the disk. */
static void add_chain(struct world *w)
{
	add_wait(w, 10, 70, 72, 30, PKPROF_LINE_DISK, "ef");
	add_wait(w, 5, 90, 90, 20, PKPROF_LINE_PIPE, "cd");
	add_wait(w, 0, 100, 101, 10, PKPROF_LINE_SOCKET, "ab");
	add_disk_interrupt(w, 10, 70, 30);
	add_wake(w, 5, 90, 20, 30, "eg");
	add_wake(w, 0, 100, 10, 20, "ch");
}

static void test_chain(void **state)
{
	struct world *w = *state;

	add_chain(w);
	w->f.comm = "app";
	build(w);
	assert_tree(w, "wakeup", plain,
		    "all 0/100\n"
		    " app 0/100\n"
		    "  a 0/100\n"
		    "   b 0/100\n"
		    "    sys_read 0/100\n"
		    "     schedule 0/100\n"
		    "      [woken by broker] 0/100\n"
		    "       c 0/100\n"
		    "        h 0/100\n"
		    "         wake_up 15/100\n"
		    "          [after waiting: pipe] 0/85\n"
		    "           c 0/85\n"
		    "            d 0/85\n"
		    "             sys_read 0/85\n"
		    "              [woken by store] 0/85\n"
		    "               e 0/85\n"
		    "                g 0/85\n"
		    "                 wake_up 23/85\n"
		    "                  [after waiting: disk] 0/60\n"
		    "                   e 0/60\n"
		    "                    f 0/60\n"
		    "                     sys_read 0/60\n"
		    "                      [woken by an interrupt] 0/60\n"
		    "                       common_interrupt 0/60\n"
		    "                        disk_done 0/60\n"
		    "                         wake_up 60/60\n"
		    "                  [after waiting: runq] 0/2\n"
		    "                   e 0/2\n"
		    "                    f 0/2\n"
		    "                     sys_read 2/2\n");
}

static const char first_20[] =
	"all 0/20\n"
	" app 0/20\n"
	"  a 0/20\n"
	"   b 0/20\n"
	"    sys_read 0/20\n"
	"     schedule 0/20\n"
	"      [woken by broker] 0/20\n"
	"       c 0/20\n"
	"        h 0/20\n"
	"         wake_up 5/20\n"
	"          [after waiting: pipe] 0/15\n"
	"           c 0/15\n"
	"            d 0/15\n"
	"             sys_read 0/15\n"
	"              [woken by store] 0/15\n"
	"               e 0/15\n"
	"                g 0/15\n"
	"                 wake_up 5/15\n"
	"                  [after waiting: disk] 0/10\n"
	"                   e 0/10\n"
	"                    f 0/10\n"
	"                     sys_read 0/10\n"
	"                      [woken by an interrupt] 0/10\n"
	"                       common_interrupt 0/10\n"
	"                        disk_done 0/10\n"
	"                         wake_up 10/10\n";

/* Of what the others waited for, only what was within the range. */
static void test_chain_range(void **state)
{
	struct world *w = *state;

	add_chain(w);
	w->f.comm = "app";
	w->f.to_ns = 20 * P;
	build(w);
	assert_tree(w, "wakeup", plain, first_20);
}

/* Likewise of a phase. */
static void test_chain_phase(void **state)
{
	struct world *w = *state;

	add_chain(w);
	fix_mark(&w->p, 0, "first");
	fix_mark(&w->p, 20 * P, "rest");
	assert_int_equal(pk_filter_add_phase(&w->f, &w->p, "first", NULL), 0);
	w->f.comm = "app";
	build(w);
	assert_tree(w, "wakeup", plain, first_20);
}

/* All were waiting when the recording began: instants stand for the time since then. */
static void test_chain_before(void **state)
{
	struct world *w = *state;

	w->p.start_ns = 80 * P;
	add_wait(w, 20, 90, 90, 20, PKPROF_LINE_PIPE, "c")->nr_blocked = 10;
	add_wait(w, 0, 100, 100, 10, PKPROF_LINE_SOCKET, "a")->nr_blocked = 20;
	add_wake(w, 0, 100, 10, 20, "d");
	w->f.comm = "app";
	build(w);
	assert_tree(w, "wakeup", plain,
		    "all 0/20\n"
		    " app 0/20\n"
		    "  a 0/20\n"
		    "   sys_read 0/20\n"
		    "    schedule 0/20\n"
		    "     [woken by broker] 0/20\n"
		    "      d 0/20\n"
		    "       wake_up 10/20\n"
		    "        [after waiting: pipe] 0/10\n"
		    "         c 0/10\n"
		    "          sys_read 0/10\n"
		    "           [waker not recorded] 10/10\n");
}

/* Short waits of the waker stand for all that no instant met: they may be too many. */
static void test_too_many(void **state)
{
	struct world *w = *state;

	for (unsigned int i = 0; i < 6; i++) {
		add_wait(w, 10 + i, 10.5 + i, 10.5 + i, 20, PKPROF_LINE_SLEEP, "c")->nr_blocked = 1;
		add_wake(w, 10 + i, 10.5 + i, 20, 0, "")->flags = PKPROF_WAKE_IDLE;
	}
	add_wait(w, 10, 13, 13, 10, PKPROF_LINE_SOCKET, "a");
	w->p.waits.data[6].time_ns = 16 * P;
	w->p.waits.data[6].woken_ns = 16 * P;
	add_wake(w, 10, 16, 10, 20, "c");
	w->f.comm = "app";
	build(w);
	assert_tree(w, "wakeup", plain,
		    "all 0/3\n"
		    " app 0/3\n"
		    "  a 0/3\n"
		    "   sys_read 0/3\n"
		    "    schedule 0/3\n"
		    "     [woken by broker] 0/3\n"
		    "      c 0/3\n"
		    "       wake_up 0/3\n"
		    "        [after waiting: sleep] 0/3\n"
		    "         c 0/3\n"
		    "          sys_read 0/3\n"
		    "           [woken by an idle CPU] 0/3\n"
		    "            wake_up 3/3\n");
}

/* Who is in the tower already is not followed again; nor are ends that nobody knows. */
static void test_ends(void **state)
{
	struct world *w = *state;
	struct pk_wait *open;

	/* two that wake each other, on clocks that do not agree */
	add_wait(w, 10, 20, 20, 20, PKPROF_LINE_PIPE, "c");
	add_wait(w, 10, 21, 21, 10, PKPROF_LINE_PIPE, "a");
	add_wait(w, 50, 60, 60, 30, PKPROF_LINE_FUTEX, "e");
	open = add_wait(w, 70, 80, 80, 40, PKPROF_LINE_TTY, "g");
	open->flags = PKPROF_WAIT_OPEN;
	open->woken_ns = 0;
	add_wake(w, 10, 20, 20, 10, "b");
	add_wake(w, 10, 21, 10, 20, "d");
	build(w);
	assert_tree(w, "wakeup", plain,
		    "all 0/41\n"
		    " app 0/11\n"
		    "  a 0/11\n"
		    "   sys_read 0/11\n"
		    "    schedule 0/11\n"
		    "     [woken by broker] 0/11\n"
		    "      d 0/11\n"
		    "       wake_up 1/11\n"
		    "        [after waiting: pipe] 0/10\n"
		    "         c 0/10\n"
		    "          sys_read 0/10\n"
		    "           [woken by app] 0/10\n"
		    "            b 0/10\n"
		    "             wake_up 10/10\n"
		    " broker 0/10\n"
		    "  c 0/10\n"
		    "   sys_read 0/10\n"
		    "    schedule 0/10\n"
		    "     [woken by app] 0/10\n"
		    "      b 0/10\n"
		    "       wake_up 10/10\n"
		    " other 0/10\n"
		    "  g 0/10\n"
		    "   sys_read 0/10\n"
		    "    schedule 0/10\n"
		    "     [still waiting] 10/10\n"
		    " store 0/10\n"
		    "  e 0/10\n"
		    "   sys_read 0/10\n"
		    "    schedule 0/10\n"
		    "     [waker not recorded] 10/10\n");
}

/* Soft interrupts: a task's own sending is its doing, what an interrupt left behind is not. */
static void test_softirq(void **state)
{
	struct world *w = *state;
	struct pk_wake *x;

	add_wait(w, 10, 20, 20, 10, PKPROF_LINE_SOCKET, "a");
	add_wait(w, 30, 40, 40, 10, PKPROF_LINE_SOCKET, "b");
	x = add_wake(w, 10, 20, 10, 20, "c");
	x->flags = PKPROF_WAKE_SOFTIRQ;
	x->kstack = KSTACK(w, SYS_READ, SOFTIRQ, WAKE_UP);
	x = add_wake(w, 30, 40, 10, 20, "c");
	x->flags = PKPROF_WAKE_SOFTIRQ;
	x->kstack = KSTACK(w, SYS_READ, TIMER, SOFTIRQ, WAKE_UP);
	build(w);
	assert_tree(w, "wakeup", plain,
		    "all 0/20\n"
		    " app 0/20\n"
		    "  a 0/10\n"
		    "   sys_read 0/10\n"
		    "    schedule 0/10\n"
		    "     [woken by broker] 0/10\n"
		    "      c 0/10\n"
		    "       sys_read 0/10\n"
		    "        do_softirq 0/10\n"
		    "         wake_up 10/10\n"
		    "  b 0/10\n"
		    "   sys_read 0/10\n"
		    "    schedule 0/10\n"
		    "     [woken by an interrupt] 0/10\n"
		    "      do_softirq 0/10\n"
		    "       wake_up 10/10\n");
}

/* --- names -------------------------------------------------------------------------------- */

static void test_words(void **state)
{
	static const char *const wrong[] = { "", "of", "offf", "wait", "wait:", "wait:cpu",
					     "wait:lost", "wait:disks", "disk", "cpu:disk", "io:", "io:flush", "io:times" };
	struct pk_strbuf word = { 0 };
	struct pk_kind_choice c;
	const char *help;
	unsigned int i;

	(void)state;
	for (i = 0; pk_kind_word(i, &word, &help); i++) {
		assert_int_equal(pk_kind_parse(word.data, &c, NULL), 0);
		assert_true(*help);
		assert_int_equal(pk_kind_word_of(&c) != NULL, strchr(word.data, ':') && strcmp(word.data, "io:time"));
		pk_strbuf_clear(&word);
	}
	assert_int_equal(i, 5 + PKPROF_NR_LINES - 2 + PKPROF_NR_BLOCK_OPS - 2);
	assert_int_equal(pk_kind_parse("wait:disk", &c, NULL), 0);
	assert_int_equal(c.word, PKPROF_LINE_DISK);
	assert_int_equal(pk_kind_parse(NULL, &c, NULL), 0);
	assert_string_equal(pk_kind_of(&c)->name, "cpu");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pk_err err = { 0 };

		assert_int_equal(pk_kind_parse(wrong[i], &c, &err), -EINVAL);
		assert_int_equal(err.exit_code, PK_EXIT_USAGE);
		assert_non_null(strstr(err.msg, "off, wait:runq"));
	}
	pk_strbuf_deinit(&word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_range, setup, teardown),
		cmocka_unit_test_setup_teardown(test_phases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain_range, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain_phase, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_softirq, setup, teardown),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
