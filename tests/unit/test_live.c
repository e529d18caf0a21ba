// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pictures of the live ledger. A small machine is simulated, whose threads change state,
 * are born and die also while it is being read; the pictures are compared with what it
 * did. Besides, single steps with numbers worked out by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/live.h"

/* --- the machine ----------------------------------------------------------- */

#define NR_TASKS     40
#define NR_PROCESSES 12 /* tgids are used again */

struct task {
	bool alive, kthread;
	uint64_t id, start_ns, from_ns, since_ns;
	uint32_t tid, tgid;
	unsigned int state;
	uint64_t ns[PKPROF_NR_LINES];
	uint32_t nr[PKPROF_NR_LINES];
};

struct sum {
	uint64_t ns[PKPROF_NR_LINES];
	uint32_t nr[PKPROF_NR_LINES];
	uint64_t changed_ns, nr_exited;
};

static struct machine {
	uint64_t now_ns, next_id;
	uint32_t random, next_tid;
	struct task tasks[NR_TASKS];
	struct sum dead[NR_PROCESSES]; /* 0: all that are gone */
	uint64_t start_ns[NR_PROCESSES], end_ns[NR_PROCESSES];
	uint64_t read_ns; /* the last reading began */
	unsigned int nr_deaths, nr_reused;
} m;

static uint32_t draw(uint32_t below)
{
	m.random = m.random * 1664525 + 1013904223;
	return (m.random >> 8) % below;
}

static unsigned int nr_threads(uint32_t tgid)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_TASKS; i++)
		nr += m.tasks[i].alive && m.tasks[i].tgid == tgid;
	return nr;
}

static void change(struct task *t, unsigned int state)
{
	t->ns[t->state] += m.now_ns - t->since_ns;
	t->nr[t->state]++;
	t->since_ns = m.now_ns;
	t->state = state;
}

static void birth(struct task *t)
{
	uint32_t tgid = 1 + draw(NR_PROCESSES - 1);
	bool leader = !nr_threads(tgid);

	/* numbers go round before they are used again: not while the machine is being read */
	if (leader && m.end_ns[tgid] >= m.read_ns)
		return;
	if (leader) {
		m.nr_reused += m.start_ns[tgid] != 0;
		m.start_ns[tgid] = m.now_ns;
	}
	*t = (struct task){
		.alive = true,
		.id = ++m.next_id,
		.start_ns = m.now_ns,
		.tgid = tgid,
		.tid = leader ? tgid : 100 + m.next_tid++,
		.state = PKPROF_LINE_WAKEUP,
	};
	m.now_ns += 1 + draw(50);
	t->from_ns = t->since_ns = m.now_ns;
}

static void add_sum(struct sum *to, const uint64_t *ns, const uint32_t *nr)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++) {
		to->ns[i] += ns[i];
		to->nr[i] += nr[i];
	}
	to->changed_ns = m.now_ns;
}

static void death(struct task *t)
{
	struct sum *d = &m.dead[t->tgid];

	change(t, t->state);
	t->alive = false;
	m.nr_deaths++;
	add_sum(d, t->ns, t->nr);
	d->nr_exited++;
	if (nr_threads(t->tgid))
		return;
	add_sum(&m.dead[0], d->ns, d->nr);
	m.dead[0].nr_exited += d->nr_exited;
	m.end_ns[t->tgid] = m.now_ns;
	*d = (struct sum){ 0 };
}

static void step(void)
{
	struct task *t = &m.tasks[draw(NR_TASKS)];

	m.now_ns += 1 + draw(1000);
	if (!t->alive) {
		if (!draw(4))
			birth(t);
	} else if (!draw(12)) {
		death(t);
	} else {
		change(t, draw(PKPROF_NR_LINES));
	}
}

/* --- reading it -------------------------------------------------------------- */

static union {
	struct pkprof_ledger_thread thread;
	struct pkprof_ledger_process process;
	uint8_t room[4096];
} piece;

static unsigned int put_lines(struct pkprof_ledger_line *lines, const uint64_t *ns,
			      const uint32_t *nr)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		if (ns[i] || nr[i])
			lines[n++] = (struct pkprof_ledger_line){ ns[i], nr[i], i, 0 };
	return n;
}

static void tell(unsigned int kind, const void *data, size_t bytes, struct pk_live_model *l)
{
	struct pk_err err = { 0 };

	if (pk_ledger_tell(kind, data, bytes, &pk_live_model_visitor, l, &err))
		fail_msg("refused: %s", err.msg);
}

static void tell_thread(const struct task *t, struct pk_live_model *l)
{
	struct pkprof_ledger_thread *r = &piece.thread;

	memset(&piece, 0, sizeof(piece));
	r->id = t->id;
	r->tid = t->tid;
	r->tgid = t->tgid;
	r->start_ns = t->start_ns;
	r->from_ns = t->from_ns;
	r->since_ns = t->since_ns;
	r->read_ns = m.now_ns;
	r->state = t->state;
	snprintf(r->comm, sizeof(r->comm), "p%u", t->tgid);
	r->nr_lines = put_lines(r->lines, t->ns, t->nr);
	tell(PKPROF_A_LEDGER_THREAD, r, pk_ledger_piece_bytes(PKPROF_A_LEDGER_THREAD, r), l);
}

static void tell_process(uint32_t tgid, struct pk_live_model *l)
{
	struct pkprof_ledger_process *r = &piece.process;

	memset(&piece, 0, sizeof(piece));
	r->tgid = tgid;
	r->nr_threads = tgid ? nr_threads(tgid) : 0;
	r->start_ns = tgid ? m.start_ns[tgid] : 0;
	r->nr_exited = m.dead[tgid].nr_exited;
	r->read_ns = m.now_ns;
	r->nr_lines = put_lines(r->lines, m.dead[tgid].ns, m.dead[tgid].nr);
	tell(PKPROF_A_LEDGER_PROCESS, r, pk_ledger_piece_bytes(PKPROF_A_LEDGER_PROCESS, r), l);
}

/* @unrest: the machine goes on meanwhile, in one of so many pauses between two pieces. */
static void read_machine(struct pk_live_model *l, unsigned int unrest)
{
	struct pkprof_ledger_info info = { .from_ns = 1, .now_ns = m.now_ns };
	uint64_t epoch_ns = pk_live_model_epoch(l);

#define UNREST()                                                                                   \
	if (unrest && !draw(unrest))                                                               \
	step()

	m.read_ns = m.now_ns;
	pk_live_model_begin(l);
	tell(PKPROF_A_LEDGER_INFO, &info, sizeof(info), l);
	for (unsigned int i = 1; i <= NR_PROCESSES; i++) {
		unsigned int tgid = i % NR_PROCESSES;

		if (m.dead[tgid].nr_exited && m.dead[tgid].changed_ns >= epoch_ns)
			tell_process(tgid, l);
		UNREST();
	}
	for (unsigned int i = 0; i < NR_TASKS; i++) {
		if (m.tasks[i].alive && m.tasks[i].since_ns >= epoch_ns)
			tell_thread(&m.tasks[i], l);
		UNREST();
	}
	for (unsigned int i = 0; i < NR_TASKS; i++) {
		if (m.tasks[i].alive)
			tell(PKPROF_A_LEDGER_ALIVE, &m.tasks[i].id, sizeof(m.tasks[i].id), l);
		UNREST();
	}
	assert_int_equal(pk_live_model_end(l), 0);
}

/* What the machine has done since it began, each line; up to now. */
static void truth(uint64_t *ns)
{
	memset(ns, 0, PKPROF_NR_LINES * sizeof(*ns));
	for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
		for (unsigned int i = 0; i < NR_PROCESSES; i++)
			ns[line] += m.dead[i].ns[line];
		for (unsigned int i = 0; i < NR_TASKS; i++)
			if (m.tasks[i].alive)
				ns[line] += m.tasks[i].ns[line];
	}
	for (unsigned int i = 0; i < NR_TASKS; i++)
		if (m.tasks[i].alive)
			ns[m.tasks[i].state] += m.now_ns - m.tasks[i].since_ns;
}

/* --- checks of one picture --------------------------------------------------- */

/* A living thread's lines are its life within the interval. */
static void check_threads(const struct pk_live_picture *p)
{
	uint64_t interval_ns = p->to_ns - p->from_ns;

	PK_VEC_FOREACH(&p->threads, t) {
		uint64_t total_ns = pk_live_amount_total(&t->amount);

		assert_true(total_ns <= interval_ns);
		if (t->start_ns < p->from_ns && t->start_ns + 50 < p->from_ns)
			assert_int_equal(total_ns, interval_ns);
	}
}

/* A process is its threads, living and dead. */
static void check_processes(const struct pk_live_picture *p)
{
	PK_VEC_FOREACH(&p->processes, r) {
		unsigned int nr = 0;

		PK_VEC_FOREACH(&p->threads, t)
			nr += t->tgid == r->tgid;
		assert_int_equal(r->nr_threads, nr);
		assert_int_equal(r->exited, r->tgid == 0);
	}
}

static void add_picture(const struct pk_live_picture *p, uint64_t *ns, uint64_t *nr)
{
	check_threads(p);
	check_processes(p);
	PK_VEC_FOREACH(&p->processes, r) {
		for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
			ns[i] += r->amount.ns[i];
		*nr += r->amount.nr_switches;
	}
}

/*
 * Whatever happens while it is read: from one quiet instant to another the pictures
 * sum up to what the machine did, each line to the ns.
 */
static void run_machine(uint32_t seed, unsigned int unrest)
{
	struct pk_live_model l = { 0 };
	uint64_t before[PKPROF_NR_LINES], after[PKPROF_NR_LINES], seen[PKPROF_NR_LINES] = { 0 };
	uint64_t switches = 0;

	memset(&m, 0, sizeof(m));
	m.random = seed;
	m.now_ns = 1000000;
	for (unsigned int i = 0; i < 300; i++)
		step();
	truth(before);
	read_machine(&l, 0);
	assert_int_equal(l.picture.from_ns, l.picture.to_ns);
	assert_int_equal(l.picture.processes.nr, 0);
	for (unsigned int i = 0; i < 200; i++) {
		for (unsigned int k = draw(200); k; k--)
			step();
		read_machine(&l, unrest);
		add_picture(&l.picture, seen, &switches);
	}
	m.now_ns += 1000;
	/* what is behind by one reading catches up with the next */
	for (unsigned int i = 0; i < 2; i++) {
		read_machine(&l, 0);
		add_picture(&l.picture, seen, &switches);
	}
	truth(after);
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		assert_int_equal(seen[i], after[i] - before[i]);
	assert_true(m.nr_deaths > 100 && m.nr_reused > 10);
	pk_live_model_deinit(&l);
}

static void test_quiet(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 20; seed++)
		run_machine(seed, 0);
}

static void test_unrest(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 40; seed++)
		run_machine(seed, 2 + seed % 8);
}

/* --- by hand ----------------------------------------------------------------- */

static struct pk_live_model live;

static void info_at(uint64_t now_ns)
{
	struct pkprof_ledger_info info = { .from_ns = 1, .now_ns = now_ns };

	pk_live_model_begin(&live);
	tell(PKPROF_A_LEDGER_INFO, &info, sizeof(info), &live);
}

/* Lines cpu and disk up to @since_ns, then @state. */
static void thread_at(uint64_t id, uint32_t tgid, uint64_t from_ns, uint64_t since_ns,
		      uint64_t cpu_ns, unsigned int state)
{
	struct pkprof_ledger_thread *t = &piece.thread;

	memset(&piece, 0, sizeof(piece));
	*t = (struct pkprof_ledger_thread){
		.id = id,
		.tid = tgid,
		.tgid = tgid,
		.start_ns = from_ns,
		.from_ns = from_ns,
		.since_ns = since_ns,
		.read_ns = since_ns + 10,
		.state = state,
		.comm = "hand",
		.nr_lines = 2,
	};
	t->lines[0] = (struct pkprof_ledger_line){ cpu_ns, 3, PKPROF_LINE_CPU, 0 };
	t->lines[1] = (struct pkprof_ledger_line){ since_ns - from_ns - cpu_ns, 1,
						   PKPROF_LINE_DISK, 0 };
	tell(PKPROF_A_LEDGER_THREAD, t, pk_ledger_piece_bytes(PKPROF_A_LEDGER_THREAD, t), &live);
}

static void alive(uint64_t id)
{
	tell(PKPROF_A_LEDGER_ALIVE, &id, sizeof(id), &live);
}

/* A sleeper is told once and sleeps on. */
static void test_sleeper(void **state)
{
	(void)state;
	info_at(1000);
	thread_at(1, 7, 100, 900, 300, PKPROF_LINE_SLEEP);
	alive(1);
	assert_int_equal(pk_live_model_end(&live), 0);
	for (uint64_t at = 2000; at < 5000; at += 1000) {
		info_at(at);
		alive(1);
		assert_int_equal(pk_live_model_end(&live), 0);
		assert_int_equal(live.picture.threads.nr, 1);
		assert_int_equal(live.picture.threads.data[0].amount.ns[PKPROF_LINE_SLEEP], 1000);
		assert_int_equal(pk_live_amount_total(&live.picture.threads.data[0].amount), 1000);
		assert_int_equal(live.picture.processes.data[0].amount.ns[PKPROF_LINE_SLEEP],
				 1000);
	}
	pk_live_model_deinit(&live);
}

/* Read late: 1000 ns of cpu and 1000 of disk since the knot, cut at three quarters. */
static void test_cut(void **state)
{
	const struct pk_live_amount *a;

	(void)state;
	info_at(1000);
	thread_at(1, 7, 0, 1000, 1000, PKPROF_LINE_CPU);
	alive(1);
	assert_int_equal(pk_live_model_end(&live), 0);
	info_at(2500);
	thread_at(1, 7, 0, 3000, 2000, PKPROF_LINE_SLEEP);
	alive(1);
	assert_int_equal(pk_live_model_end(&live), 0);
	a = &live.picture.threads.data[0].amount;
	assert_int_equal(a->ns[PKPROF_LINE_CPU], 750);
	assert_int_equal(a->ns[PKPROF_LINE_DISK], 750);
	/* and the rest in the next picture, with the sleep from 3000 on */
	info_at(4000);
	thread_at(1, 7, 0, 3000, 2000, PKPROF_LINE_SLEEP);
	alive(1);
	assert_int_equal(pk_live_model_end(&live), 0);
	a = &live.picture.threads.data[0].amount;
	assert_int_equal(a->ns[PKPROF_LINE_CPU], 250);
	assert_int_equal(a->ns[PKPROF_LINE_DISK], 250);
	assert_int_equal(a->ns[PKPROF_LINE_SLEEP], 1000);
	pk_live_model_deinit(&live);
}

/* Came and went between two readings: nobody has seen it but the sum of the gone. */
static void test_came_and_went(void **state)
{
	const struct pk_live_process *p;

	(void)state;
	info_at(1000);
	assert_int_equal(pk_live_model_end(&live), 0);
	info_at(2000);
	memset(&piece, 0, sizeof(piece));
	piece.process.nr_exited = 3;
	piece.process.read_ns = 2000;
	piece.process.nr_lines = 1;
	piece.process.lines[0] = (struct pkprof_ledger_line){ 700, 5, PKPROF_LINE_CPU, 0 };
	tell(PKPROF_A_LEDGER_PROCESS, &piece, sizeof(piece), &live);
	assert_int_equal(pk_live_model_end(&live), 0);
	assert_int_equal(live.picture.processes.nr, 1);
	p = &live.picture.processes.data[0];
	assert_true(p->exited);
	assert_string_equal(p->comm, "(exited)");
	assert_int_equal(p->amount.ns[PKPROF_LINE_CPU], 700);
	assert_int_equal(p->amount.nr_switches, 5);
	/* nothing more: no row */
	info_at(3000);
	assert_int_equal(pk_live_model_end(&live), 0);
	assert_int_equal(live.picture.processes.nr, 0);
	pk_live_model_deinit(&live);
}

/* Counts of 32 bits that went over. */
static void test_wrap(void **state)
{
	(void)state;
	info_at(1000);
	memset(&piece, 0, sizeof(piece));
	piece.process.nr_lines = 1;
	piece.process.lines[0] = (struct pkprof_ledger_line){ 700, UINT32_MAX, PKPROF_LINE_CPU, 0 };
	tell(PKPROF_A_LEDGER_PROCESS, &piece, sizeof(piece), &live);
	assert_int_equal(pk_live_model_end(&live), 0);
	info_at(2000);
	piece.process.lines[0] = (struct pkprof_ledger_line){ 701, 4, PKPROF_LINE_CPU, 0 };
	tell(PKPROF_A_LEDGER_PROCESS, &piece, sizeof(piece), &live);
	assert_int_equal(pk_live_model_end(&live), 0);
	assert_int_equal(live.picture.processes.data[0].amount.nr_switches, 5);
	pk_live_model_deinit(&live);
}

static void cpu_at(uint32_t cpu, uint64_t read_ns, uint64_t busy_ns, uint64_t steal_ns)
{
	struct pkprof_ledger_cpu c = {
		.cpu = cpu,
		.online = 1,
		.from_ns = 100,
		.read_ns = read_ns,
		.busy_ns = busy_ns,
		.idle_ns = read_ns - 100 - busy_ns,
		.nr_switches = busy_ns / 10,
		.steal_ns = steal_ns,
	};

	tell(PKPROF_A_LEDGER_CPU, &c, sizeof(c), &live);
}

static void test_system(void **state)
{
	const struct pk_live_system *s = &live.picture.system;

	(void)state;
	info_at(1000);
	cpu_at(0, 1000, 100, 5);
	cpu_at(3, 1010, 900, 0);
	assert_int_equal(pk_live_model_end(&live), 0);
	info_at(2000);
	cpu_at(0, 2000, 400, 25);
	cpu_at(3, 2010, 1900, 0);
	assert_int_equal(pk_live_model_end(&live), 0);
	assert_int_equal(s->nr_cpus, 2);
	assert_int_equal(s->nr_online, 2);
	assert_int_equal(s->busy_ns, 1300);
	assert_int_equal(s->idle_ns, 700);
	assert_int_equal(s->steal_ns, 20);
	assert_int_equal(s->nr_switches, 130);
	pk_live_model_deinit(&live);
}

/* A reading without its beginning, or of an earlier time, is none. */
static void test_no_reading(void **state)
{
	(void)state;
	pk_live_model_begin(&live);
	assert_int_equal(pk_live_model_end(&live), -EPROTO);
	pk_live_model_deinit(&live);
	info_at(2000);
	assert_int_equal(pk_live_model_end(&live), 0);
	info_at(1000);
	assert_int_equal(pk_live_model_end(&live), -EPROTO);
	pk_live_model_deinit(&live);
}

static void test_order(void **state)
{
	(void)state;
	info_at(1000);
	thread_at(1, 7, 100, 900, 300, PKPROF_LINE_SLEEP);
	thread_at(2, 9, 100, 900, 300, PKPROF_LINE_FUTEX);
	thread_at(3, 8, 100, 900, 300, PKPROF_LINE_FUTEX);
	for (uint64_t id = 1; id <= 3; id++)
		alive(id);
	assert_int_equal(pk_live_model_end(&live), 0);
	info_at(2000);
	for (uint64_t id = 1; id <= 3; id++)
		alive(id);
	assert_int_equal(pk_live_model_end(&live), 0);
	pk_live_picture_sort_processes(&live.picture, PKPROF_LINE_SLEEP);
	assert_int_equal(live.picture.processes.data[0].tgid, 7);
	pk_live_picture_sort_processes(&live.picture, PKPROF_LINE_FUTEX);
	assert_int_equal(live.picture.processes.data[0].tgid, 8);
	assert_int_equal(live.picture.processes.data[1].tgid, 9);
	pk_live_picture_sort_threads(&live.picture, PK_LIVE_BY_TOTAL);
	assert_int_equal(live.picture.threads.data[0].tid, 7);
	assert_int_equal(pk_live_amount_value(&live.picture.threads.data[0].amount,
					      PK_LIVE_BY_TOTAL), 1000);
	pk_live_model_deinit(&live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),	    cmocka_unit_test(test_unrest),
		cmocka_unit_test(test_sleeper),	    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_came_and_went), cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_system),	    cmocka_unit_test(test_no_reading),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
