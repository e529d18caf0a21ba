// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From readings of the ledger to pieces: a model of the kernel's accounts moves through
 * random transitions, births, deaths and readings, and knows what was true. Every piece
 * must be the truth of its time, to the nanosecond, and the pieces must leave no gap.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/accounts.h"
#include "source/ledger.h"

#define T0 5000000000ULL
#define MAX_ACCOUNTS 400

/* --- the model -------------------------------------------------------------------- */

struct change {
	uint64_t at_ns;
	uint8_t state;
};

struct model_account {
	uint32_t tid;		/* tgid is its number, whatever becomes of the tid */
	uint64_t from_ns, since_ns, end_ns;	/* end 0: alive */
	uint8_t state;
	bool told_of_end, lost;
	uint64_t last_told_ns;	/* begin of the last reading that told of it; if it changed
				 * in the course of it, when it was read */
	struct pkprof_ledger_line line[PKPROF_NR_LINES];
	PK_VEC(struct change) history;
};

static struct {
	uint64_t rng, now_ns, epoch_ns;
	uint64_t ledger_ns;		/* when the ledger was attached */
	struct model_account account[MAX_ACCOUNTS];
	unsigned int nr, nr_queued;
	unsigned int queue[MAX_ACCOUNTS];	/* the dead whose records are in the ring */
	struct pk_accounts a;
	struct pk_writer *w;
	int fd;
	struct pk_profile p;
	bool busy;		/* things happen during readings, too */
} m;

static uint64_t below(uint64_t n)
{
	return fixture_random(&m.rng) % n;
}

static void start(uint64_t seed)
{
	memset(&m, 0, sizeof(m));
	m.rng = seed;
	m.now_ns = m.ledger_ns = T0;
	m.fd = fixture_fd();
	assert_int_equal(pk_writer_create(m.fd, "test", &m.w, NULL), 0);
	pk_accounts_init(&m.a, m.w, T0);
}

static void load(void)
{
	struct image i;

	assert_int_equal(pk_accounts_finish(&m.a), 0);
	pk_accounts_deinit(&m.a);
	assert_int_equal(pk_writer_finish(m.w, m.now_ns), 0);
	pk_writer_destroy(m.w);
	i = fixture_read(m.fd);
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &m.p, NULL), 0);
	assert_int_equal(m.p.state, PK_FILE_CLOSED);
	assert_sane(&m.p);
	image_free(&i);
}

static void done(void)
{
	pk_profile_deinit(&m.p);
	for (unsigned int i = 0; i < m.nr; i++)
		pk_vec_deinit(&m.account[i].history);
}

static void birth(uint64_t from_ns)
{
	struct model_account *x = &m.account[m.nr];
	struct change c = { from_ns, below(PKPROF_NR_LINES) };

	x->tid = 1000 + m.nr++;
	x->from_ns = x->since_ns = from_ns;
	x->state = c.state;
	assert_int_equal(pk_vec_add(&x->history, c), 0);
}

static void change_state(struct model_account *x)
{
	struct change c = { m.now_ns, below(PKPROF_NR_LINES) };

	x->line[x->state].ns += m.now_ns - x->since_ns;
	x->line[x->state].nr++;
	x->since_ns = m.now_ns;
	x->state = c.state;
	assert_int_equal(pk_vec_add(&x->history, c), 0);
}

static void death(unsigned int number)
{
	struct model_account *x = &m.account[number];

	change_state(x);
	x->end_ns = m.now_ns;
	x->lost = !below(8);
	if (!x->lost)
		m.queue[m.nr_queued++] = number;
}

/* One random event of an account that lives. */
static void happen(void)
{
	unsigned int number = below(m.nr);
	struct model_account *x = &m.account[number];

	m.now_ns += 1 + below(100000);
	if (x->end_ns)
		return;
	switch (below(40)) {
	case 0:
	case 3:
		if (m.nr < MAX_ACCOUNTS)
			birth(m.now_ns);
		break;
	case 1:
		death(number);
		break;
	case 2:
		x->tid += 100000;	/* exec by another thread than the leader */
		break;
	default:
		/* half of them sleep most of the time */
		if (number % 2 || !below(50))
			change_state(x);
	}
}

static void tell(const struct model_account *x, int (*take)(struct pk_accounts *a,
							   const struct pkprof_ledger_thread *t),
		 uint64_t read_ns)
{
	uint64_t room[sizeof(struct pkprof_ledger_thread) / 8 + 2 * PKPROF_NR_LINES] = { 0 };
	struct pkprof_ledger_thread *t = (void *)room;

	t->id = 77000 + (x - m.account);
	t->tid = x->tid;
	t->tgid = x - m.account;
	t->from_ns = x->from_ns;
	t->since_ns = x->since_ns;
	t->read_ns = read_ns;
	t->state = x->state;
	t->flags = x->end_ns ? PKPROF_LEDGER_DEAD : 0;
	for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
		if (!x->line[line].ns && !x->line[line].nr)
			continue;
		t->lines[t->nr_lines] = x->line[line];
		t->lines[t->nr_lines++].line = line;
	}
	assert_null(pk_ledger_thread_fault(t, sizeof(room)));
	assert_int_equal(take(&m.a, t), 0);
}

/* The ring's records come in any order: those of different CPUs. */
static void drain(void)
{
	while (m.nr_queued) {
		unsigned int i = below(m.nr_queued);
		struct model_account *x = &m.account[m.queue[i]];

		tell(x, pk_accounts_death, x->since_ns);
		x->told_of_end = true;
		m.queue[i] = m.queue[--m.nr_queued];
	}
}

/* Time goes on while the accounts are told; the dead that are not freed yet may be told, too. */
static void reading(uint64_t epoch_ns, bool complete)
{
	struct pkprof_ledger_info info = { .from_ns = m.ledger_ns, .now_ns = m.now_ns };

	assert_int_equal(pk_accounts_begin(&m.a, &info), 0);
	for (unsigned int i = 0; i < m.nr; i++) {
		struct model_account *x = &m.account[i];

		if (m.busy && !below(10))
			happen();
		if (!complete && i > m.nr / 2)
			break;
		if (x->since_ns < epoch_ns || (x->end_ns && (x->end_ns < info.now_ns || below(2))))
			continue;
		tell(x, pk_accounts_thread, x->end_ns ? x->since_ns : m.now_ns);
		if (!x->end_ns)
			x->last_told_ns = x->since_ns <= info.now_ns ? info.now_ns : m.now_ns;
	}
	pk_accounts_end(&m.a, complete);
	if (complete)
		m.epoch_ns = info.now_ns;
}

/* --- what must be true -------------------------------------------------------------- */

/* Time in @line between two instants. */
static uint64_t true_ns(const struct model_account *x, unsigned int line, uint64_t from_ns,
			uint64_t to_ns)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < x->history.nr; i++) {
		uint64_t a = x->history.data[i].at_ns;
		uint64_t b = i + 1 < x->history.nr ? x->history.data[i + 1].at_ns : UINT64_MAX;

		a = a > from_ns ? a : from_ns;
		b = b < to_ns ? b : to_ns;
		if (x->history.data[i].state == line && a < b)
			sum += b - a;
	}
	return sum;
}

static void check_piece(const struct pk_ledger_piece *p)
{
	const struct model_account *x = &m.account[p->tgid];
	uint64_t ns[PKPROF_NR_LINES] = { 0 };

	for (uint32_t i = 0; i < p->nr_parts; i++)
		ns[m.p.ledger_parts.data[p->first_part + i].line] +=
			m.p.ledger_parts.data[p->first_part + i].ns;
	for (unsigned int line = 0; line < PKPROF_NR_LINES; line++)
		assert_int_equal(ns[line], true_ns(x, line, p->from_ns, p->to_ns));
}

/* The account's pieces follow each other from its beginning on; where the last one ends. */
static uint64_t check_chain(unsigned int number)
{
	uint64_t at_ns = m.account[number].from_ns;

	PK_VEC_FOREACH(&m.p.ledger, p) {
		if (p->tgid != number)
			continue;
		assert_int_equal(p->from_ns, at_ns);
		at_ns = p->to_ns;
	}
	return at_ns;
}

static void check_all(void)
{
	uint64_t ns = 0;

	PK_VEC_FOREACH(&m.p.ledger, p) {
		check_piece(p);
		ns += p->to_ns - p->from_ns;
	}
	assert_int_equal(ns, m.a.stats.ns);
	for (unsigned int i = 0; i < m.nr; i++) {
		const struct model_account *x = &m.account[i];
		uint64_t end_ns = check_chain(i);

		if (x->told_of_end)
			assert_int_equal(end_ns, x->end_ns);
		else if (x->lost)
			assert_true(end_ns <= x->end_ns);
		else
			assert_int_equal(end_ns, x->last_told_ns > x->from_ns ? x->last_told_ns :
										 x->from_ns);
	}
}

/* --- tests ----------------------------------------------------------------------------- */

static void run(uint64_t seed, bool marks, bool failures)
{
	start(seed);
	m.busy = true;
	for (int i = 0; i < 50; i++)
		birth(T0 + i);
	m.now_ns += 100;
	reading(0, true);
	for (int round = 0; round < 40; round++) {
		for (uint64_t n = below(400); n; n--)
			happen();
		drain();
		if (marks && below(2)) {
			pk_accounts_mark(&m.a, m.now_ns - below(50000));
			m.now_ns += 10000;
		}
		if (failures && !below(4))
			reading(m.epoch_ns, false);
		for (uint64_t n = below(5); n; n--)
			happen();
		reading(m.epoch_ns, true);
	}
	m.now_ns++;
	reading(0, true);
	drain();
	load();
	assert_int_equal(m.a.stats.nr_mended, 0);
	check_all();
	/* or else nothing was tested */
	assert_true(m.nr > 60 && m.p.ledger.nr > 500);
	done();
}

static void test_random_lives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++)
		run(seed, false, false);
}

static void test_random_lives_with_marks(void **state)
{
	(void)state;
	for (uint64_t seed = 100; seed <= 130; seed++)
		run(seed, true, false);
}

static void test_readings_that_fail(void **state)
{
	(void)state;
	for (uint64_t seed = 200; seed <= 230; seed++)
		run(seed, true, true);
}

/* A sleeper is one piece, however many readings there were; and it is cut at no mark. */
static void test_sleepers_cost_nothing(void **state)
{
	(void)state;
	start(1);
	birth(T0);
	m.now_ns += 5;
	reading(0, true);
	for (int i = 0; i < 100; i++) {
		m.now_ns += 1000000;
		reading(m.epoch_ns, true);
	}
	m.now_ns += 7;
	reading(0, true);
	load();
	assert_int_equal(m.p.ledger.nr, 1);
	assert_int_equal(m.p.ledger.data[0].from_ns, T0);
	assert_int_equal(m.p.ledger.data[0].to_ns, m.now_ns);
	check_all();
	done();
}

/* What was quiet until a reading, then changed: two pieces, the first one pure. */
static void test_quiet_then_busy(void **state)
{
	uint64_t quiet_ns;

	(void)state;
	start(1);
	birth(T0);
	reading(0, true);
	m.now_ns += 1000;
	reading(m.epoch_ns, true);
	quiet_ns = m.now_ns;
	m.now_ns += 1000;
	change_state(&m.account[0]);
	m.now_ns += 1000;
	reading(m.epoch_ns, true);
	load();
	assert_int_equal(m.p.ledger.nr, 2);
	assert_int_equal(m.p.ledger.data[0].to_ns, quiet_ns);
	assert_int_equal(m.p.ledger.data[0].nr_parts, 1);
	check_all();
	done();
}

/* All that did not change between the mark and the reading is cut at the mark. */
static void test_cut_at_mark(void **state)
{
	uint64_t mark_ns;

	(void)state;
	start(3);
	birth(T0);
	birth(T0);
	reading(0, true);
	m.now_ns += 1000;
	change_state(&m.account[0]);
	change_state(&m.account[1]);
	m.now_ns += 1000;
	mark_ns = m.now_ns;
	pk_accounts_mark(&m.a, mark_ns);
	m.now_ns += 1000;
	change_state(&m.account[1]);
	m.now_ns += 1000;
	reading(m.epoch_ns, true);
	load();
	assert_int_equal(m.p.ledger.data[0].tid, 1000);
	assert_int_equal(m.p.ledger.data[0].to_ns, mark_ns);
	assert_int_equal(check_chain(0), m.now_ns);
	assert_int_equal(check_chain(1), m.now_ns);
	check_all();
	done();
}

/* An account that the ledger had before the session: what was before is not ours. */
static void test_older_than_the_session(void **state)
{
	uint64_t since_ns;

	(void)state;
	start(5);
	birth(T0 - 2000000000);		/* quiet since before the start */
	birth(T0 - 2000000000);		/* changed between start and first reading */
	m.now_ns += 3000;
	change_state(&m.account[1]);
	since_ns = m.now_ns;
	m.ledger_ns = T0 - 2000000000;
	m.now_ns += 1000;
	reading(0, true);
	m.now_ns += 1000;
	reading(0, true);
	load();
	assert_int_equal(m.p.ledger.nr, 3);
	assert_int_equal(m.p.ledger.data[0].to_ns, since_ns);
	assert_int_equal(m.p.ledger.data[0].from_ns, T0);
	assert_int_equal(m.p.ledger_parts.data[m.p.ledger.data[0].first_part].line,
			 PKPROF_LINE_LOST);
	assert_int_equal(m.a.stats.lost_ns, since_ns - T0);
	PK_VEC_FOREACH(&m.p.ledger, p)
		if (p->tgid == 0)
			assert_int_equal(p->from_ns, T0);
	done();
}

/* The start attaches the ledger first and takes its time then: all of that is known. */
static void test_attached_by_the_start(void **state)
{
	(void)state;
	start(5);
	birth(T0 - 5000);
	birth(T0 - 4000);
	m.ledger_ns = T0 - 5000;
	m.now_ns += 3000;
	change_state(&m.account[1]);
	m.now_ns += 1000;
	reading(0, true);
	load();
	assert_int_equal(m.a.stats.lost_ns, 0);
	check_all();
	assert_int_equal(check_chain(0), m.now_ns);
	done();
}

/* A wait that turns out to be another one than was told: no time is made up or dropped. */
static void test_told_otherwise_later(void **state)
{
	struct model_account *x = &m.account[0];

	(void)state;
	start(7);
	birth(T0);
	x->state = PKPROF_LINE_OTHER;
	reading(0, true);
	m.now_ns += 1000;
	change_state(x);
	x->state = PKPROF_LINE_OTHER;
	m.now_ns += 1000;
	reading(m.epoch_ns, true);
	/* one quiet reading: so the time up to it is written under the old name */
	m.now_ns += 50000000;
	reading(m.epoch_ns, true);
	m.now_ns += 10;
	x->state = PKPROF_LINE_DISK;
	change_state(x);
	reading(m.epoch_ns, true);
	load();
	assert_int_equal(m.a.stats.nr_mended, 1);
	assert_int_equal(check_chain(0), m.now_ns);
	done();
}

static void test_cpus(void **state)
{
	struct pkprof_ledger_cpu c = { .cpu = 1, .from_ns = T0, .read_ns = T0 + 100, .busy_ns = 60,
				       .idle_ns = 40, .nr_switches = 3, .steal_ns = 1000,
				       .iowait_ns = 500 };

	(void)state;
	start(1);
	assert_int_equal(pk_accounts_cpu(&m.a, &c), 0);
	assert_int_equal(pk_accounts_cpu(&m.a, &c), 0);
	c.read_ns += 50;
	c.busy_ns += 20;
	c.idle_ns += 25;
	c.offline_ns += 5;
	c.steal_ns += 7;
	c.iowait_ns -= 100;	/* as kernels do */
	c.nr_switches++;
	assert_int_equal(pk_accounts_cpu(&m.a, &c), 0);
	load();
	assert_int_equal(m.p.cpus.nr, 2);
	assert_int_equal(m.p.cpus.data[0].from_ns, T0);
	assert_int_equal(m.p.cpus.data[0].busy_ns, 60);
	assert_int_equal(m.p.cpus.data[0].steal_ns, 0);
	assert_int_equal(m.p.cpus.data[1].from_ns, T0 + 100);
	assert_int_equal(m.p.cpus.data[1].to_ns, T0 + 150);
	assert_int_equal(m.p.cpus.data[1].idle_ns, 25);
	assert_int_equal(m.p.cpus.data[1].offline_ns, 5);
	assert_int_equal(m.p.cpus.data[1].steal_ns, 7);
	assert_int_equal(m.p.cpus.data[1].iowait_ns, 0);
	done();
}

/* Many short lives: the list of accounts does not grow with them. */
static void test_the_dead_are_forgotten(void **state)
{
	struct pkprof_ledger_thread t = { .from_ns = T0, .since_ns = T0 + 10, .read_ns = T0 + 10,
					  .flags = PKPROF_LEDGER_DEAD };
	struct pkprof_ledger_info info = { .from_ns = T0, .now_ns = T0 };
	uint64_t room[sizeof(t) / 8 + 2];

	(void)state;
	start(1);
	for (int round = 0; round < 100; round++) {
		info.now_ns += 1000;
		assert_int_equal(pk_accounts_begin(&m.a, &info), 0);
		pk_accounts_end(&m.a, true);
		for (int i = 0; i < 1000; i++) {
			struct pkprof_ledger_thread *x = memcpy(room, &t, sizeof(t));

			x->id = round * 1000 + i;
			x->from_ns = info.now_ns;
			x->since_ns = x->read_ns = info.now_ns + 10;
			x->nr_lines = 1;
			x->lines[0] = (struct pkprof_ledger_line){ .ns = 10, .nr = 1 };
			assert_int_equal(pk_accounts_death(&m.a, x), 0);
			/* a reading that was under way may tell of it once more */
			assert_int_equal(pk_accounts_death(&m.a, x), 0);
		}
	}
	assert_true(m.a.threads.nr <= 5000);
	load();
	assert_int_equal(m.p.ledger.nr, 100000);
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_lives),
		cmocka_unit_test(test_random_lives_with_marks),
		cmocka_unit_test(test_readings_that_fail),
		cmocka_unit_test(test_sleepers_cost_nothing),
		cmocka_unit_test(test_quiet_then_busy),
		cmocka_unit_test(test_cut_at_mark),
		cmocka_unit_test(test_older_than_the_session),
		cmocka_unit_test(test_attached_by_the_start),
		cmocka_unit_test(test_told_otherwise_later),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_the_dead_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
