// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger is read before the recording's end and may be much older: all of its
 * figures are of the time that it was kept and read for this recording.
 */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "analysis/analysis.h"
#include "analysis/ledger_sums.h"
#include "base/cleanup.h"
#include "model_fixture.h"

#define S 1000000000ULL

struct env {
	struct pk_profile p;
	struct pk_model m;
	struct pk_filter f;
	struct pk_scope s;
	struct pk_ledger_sums l;
	struct pk_result ret;
};

/* A recording of 10 s. */
static void begin(struct env *e)
{
	*e = (struct env){ 0 };
	fix_init(&e->p);
	e->p.end_ns = 10 * S;
	fix_alive(&e->p, 1, "one");
	pk_filter_init(&e->f);
}

static void sum_up(struct env *e)
{
	struct pk_analysis_opts o = { 0 };

	if (!e->m.profile)
		assert_int_equal(pk_model_build(&e->p, NULL, &e->m, NULL), 0);
	assert_int_equal(pk_scope_init(&e->m, &e->f, &e->s, NULL), 0);
	assert_int_equal(pk_ledger_sums_init(&e->s, &e->l), 0);
	assert_int_equal(pk_analysis_ledger.run(&e->s, &o, &e->ret, NULL), 0);
}

static void forget_sums(struct env *e)
{
	pk_ledger_sums_deinit(&e->l);
	pk_scope_deinit(&e->s);
	pk_result_deinit(&e->ret);
	e->ret = (struct pk_result){ 0 };
}

static void end(struct env *e)
{
	forget_sums(e);
	pk_filter_deinit(&e->f);
	pk_model_deinit(&e->m);
	pk_profile_deinit(&e->p);
}

static void running(struct env *e, uint64_t from_ns, uint64_t to_ns)
{
	struct pk_ledger_part part = { .ns = to_ns - from_ns, .nr = 1, .line = PKPROF_LINE_CPU };

	fix_piece(&e->p, from_ns, to_ns, 1, 1, &part, 1);
}

static const union pk_cell *cell(const struct env *e, const char *table, size_t row,
				 const char *column)
{
	const struct pk_table *t = pk_result_find(&e->ret, table);

	assert_non_null(t);
	assert_true(row < t->nr_rows);
	for (unsigned int i = 0; i < t->nr_columns; i++)
		if (!strcmp(t->columns[i].key, column))
			return &pk_table_cells(t, row)[i];
	fail_msg("no column %s", column);
	return NULL;
}

/* Who runs all the time is one thread at a time, and what came later is in no figure. */
static void test_read_before_the_end(void **state)
{
	struct env e;

	(void)state;
	begin(&e);
	fix_fact(&e.p, "ledger.from_ns", "0");
	fix_fact(&e.p, "ledger.to_ns", "8000000000");
	fix_mark(&e.p, 0, "a");
	fix_mark(&e.p, 6 * S, "b");
	running(&e, 0, 8 * S);
	running(&e, 8 * S, 9 * S);
	sum_up(&e);
	assert_int_equal(e.l.kept.ns, 8 * S);
	assert_int_equal(pk_account_ns(&e.l.all), 8 * S);
	assert_int_equal(e.l.all.life_ns, 8 * S);
	assert_int_equal(cell(&e, "totals", 0, "wall_ns")->n, 8 * S);
	assert_true(cell(&e, "totals", 0, "mean_threads")->real == 1);
	assert_true(cell(&e, "lines", 0, "mean_threads")->real == 1);
	assert_int_equal(cell(&e, "phases", 1, "duration_ns")->n, 2 * S);
	assert_true(cell(&e, "phases", 0, "mean_active")->real == 1);
	assert_true(cell(&e, "phases", 1, "mean_active")->real == 1);
	end(&e);
}

/* Attached shortly before the start: that time is the first phase's, and a filter's not. */
static void test_attached_before_the_start(void **state)
{
	struct env e;

	(void)state;
	begin(&e);
	e.p.start_ns = S;
	fix_fact(&e.p, "ledger.from_ns", "500000000");
	fix_mark(&e.p, 4 * S, "b");
	running(&e, S / 2, 10 * S);
	sum_up(&e);
	assert_int_equal(e.l.kept.ns, 9 * S + S / 2);
	assert_int_equal(cell(&e, "phases", 0, "duration_ns")->n, 3 * S + S / 2);
	assert_true(cell(&e, "phases", 0, "mean_active")->real == 1);
	assert_true(cell(&e, "totals", 0, "mean_threads")->real == 1);
	forget_sums(&e);
	e.f.from_ns = 2 * S;
	e.f.to_ns = 5 * S;
	sum_up(&e);
	assert_int_equal(e.l.kept.ns, 3 * S);
	assert_true(cell(&e, "totals", 0, "mean_threads")->real == 1);
	end(&e);
}

/* Somebody else had it running for long: what was before the recording is not its own. */
static void test_much_older(void **state)
{
	struct env e;

	(void)state;
	begin(&e);
	e.p.start_ns = 5 * S;
	fix_fact(&e.p, "ledger.from_ns", "1");
	running(&e, 4 * S, 10 * S);
	sum_up(&e);
	assert_int_equal(e.l.kept.from_ns, 5 * S);
	assert_int_equal(pk_account_ns(&e.l.all), 5 * S);
	assert_int_equal(e.l.all.life_ns, 5 * S);
	end(&e);
}

/* Facts that contradict each other: nothing is of that time. */
static void test_senseless(void **state)
{
	static const char *const facts[][2] = {
		{ "9000000000", "8000000000" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "20000000000", "0" },
	};

	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(facts); i++) {
		struct env e;

		begin(&e);
		fix_fact(&e.p, "ledger.from_ns", facts[i][0]);
		fix_fact(&e.p, "ledger.to_ns", facts[i][1]);
		fix_mark(&e.p, 2 * S, "b");
		running(&e, 0, 10 * S);
		sum_up(&e);
		assert_int_equal(e.l.kept.ns, 0);
		assert_int_equal(pk_account_ns(&e.l.all), 0);
		assert_true(isnan(cell(&e, "totals", 0, "mean_threads")->real));
		end(&e);
	}
}

static void cpu_piece(struct env *e, uint32_t cpu, uint64_t busy_ns, uint64_t offline_ns)
{
	fix_cpu_piece(&e->p, 0, 10 * S, cpu, busy_ns);
	e->p.cpus.data[e->p.cpus.nr - 1].offline_ns = offline_ns;
	e->p.cpus.data[e->p.cpus.nr - 1].idle_ns -= offline_ns;
	e->p.cpus.data[e->p.cpus.nr - 1].steal_ns = busy_ns / 4;
}

/* Numbers that the kernel keeps for CPUs nobody has do not thin out the shares. */
static void test_possible_cpus(void **state)
{
	struct env e;

	(void)state;
	begin(&e);
	running(&e, 0, 10 * S);
	cpu_piece(&e, 0, 10 * S, 0);
	cpu_piece(&e, 1, 2 * S, 5 * S);
	cpu_piece(&e, 2, 0, 10 * S);
	cpu_piece(&e, 3, 0, 10 * S);
	sum_up(&e);
	assert_int_equal(e.l.machine.to_ns, 20 * S);
	assert_true(cell(&e, "totals", 0, "steal_share")->real == 3.0 / 15);
	assert_int_equal(pk_result_find(&e.ret, "cpus")->nr_rows, 2);
	assert_int_equal(cell(&e, "closure", 0, "cpus_wall_ns")->n, 20 * S);
	assert_int_equal(cell(&e, "closure", 0, "offline_ns")->n, 5 * S);
	assert_true(cell(&e, "closure", 0, "error_share")->real == 2.0 / 15);
	end(&e);
}

/* Tasks without room are counted as a whole: a part of the recording has no figure. */
static void test_overflow(void **state)
{
	struct env e;

	(void)state;
	begin(&e);
	fix_fact(&e.p, "ledger.from_ns", "0");
	fix_fact(&e.p, "ledger.overflow_cpu_ns", "4000000000");
	running(&e, 0, 10 * S);
	cpu_piece(&e, 0, 10 * S, 0);
	cpu_piece(&e, 1, 4 * S, 0);
	sum_up(&e);
	assert_int_equal(cell(&e, "closure", 0, "overflow_cpu_ns")->n, 4 * S);
	assert_true(cell(&e, "closure", 0, "error_share")->real == 0);
	forget_sums(&e);
	e.f.to_ns = 5 * S;
	sum_up(&e);
	assert_int_equal(cell(&e, "closure", 0, "overflow_cpu_ns")->n, 0);
	assert_true(cell(&e, "closure", 0, "error_share")->real == 0.2);
	end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_before_the_end),
		cmocka_unit_test(test_attached_before_the_start),
		cmocka_unit_test(test_much_older),
		cmocka_unit_test(test_senseless),
		cmocka_unit_test(test_possible_cpus),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
