// SPDX-License-Identifier: GPL-2.0-or-later
/* From counts to time and shares: scope, standard errors, phases, books. */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "analysis/books.h"
#include "analysis/phase_times.h"
#include "analysis/ranking.h"
#include "analysis/scope.h"
#include "analysis/table.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "model_fixture.h"

#define S 1000000000ULL

static void assert_near(double got, double wanted)
{
	if (fabs(got - wanted) > 1e-9 * fabs(wanted) + 1e-12)
		fail_msg("%.12g, not %.12g", got, wanted);
}

static void test_ratio_and_error(void **state)
{
	(void)state;
	assert_near(pk_ratio(1, 4), 0.25);
	assert_true(isnan(pk_ratio(1, 0)));
	assert_true(isnan(pk_ratio(0, 0)));
	assert_near(pk_share_error(0.5, 100), 0.05);
	assert_near(pk_share_error(0.1, 90000), 0.001);
	assert_near(pk_share_error(0, 100), 0);
	assert_near(pk_share_error(1, 100), 0);
	/* more samples than instants: a share above 1 has no error of its own */
	assert_near(pk_share_error(1.3, 100), 0);
	assert_true(isnan(pk_share_error(0.5, 0)));
}

/*
 * The error is what it says: of many recordings with independent instants, about
 * 68 % are within one of it, 95 % within two.
 */
static void test_error_covers(void **state)
{
	const int runs = 4000, n = 500;
	const double p = 0.3;
	int within_one = 0, within_two = 0;
	uint64_t seed = 1;

	(void)state;
	for (int run = 0; run < runs; run++) {
		int hits = 0;
		double share, se;

		for (int i = 0; i < n; i++)
			hits += (pk_hash64(seed++ * 0x9e3779b97f4a7c15ULL) >> 11) * 0x1p-53 < p;
		share = (double)hits / n;
		se = pk_share_error(share, n);
		within_one += fabs(share - p) <= se;
		within_two += fabs(share - p) <= 2 * se;
	}
	assert_true(within_one > 0.65 * runs && within_one < 0.72 * runs);
	assert_true(within_two > 0.935 * runs && within_two < 0.97 * runs);
}

static const struct {
	const char *online, *asked;
	uint16_t sampled[3];
	const char *cpus;
	uint32_t nr_online;
} cpu_cases[] = {
	{ "0-3", NULL, { 0, 1, 0 }, "0 1 2 3 ", 4 },
	{ "0", NULL, { 0, 0, 0 }, "0 ", 1 },
	{ "4", NULL, { 0, 1, 0 }, "0 1 2 3 ", 4 },
	{ "0-1,4,6-7", NULL, { 6, 4, 0 }, "0 1 4 6 7 ", 5 },
	{ "0-7", "2,5", { 2, 5, 2 }, "2 5 ", 8 },
	{ "0-7", "3", { 3, 3, 3 }, "3 ", 8 },
	/* a CPU that came online later; senseless lists */
	{ "0-1", NULL, { 0, 5, 1 }, "0 1 5 ", 3 },
	{ NULL, NULL, { 2, 0, 2 }, "0 2 ", 2 },
	{ NULL, "1-3", { 2, 2, 2 }, "1 2 3 ", 3 },
	{ "x", NULL, { 1, 1, 1 }, "1 ", 1 },
	{ "3-1", NULL, { 0, 0, 0 }, "0 ", 1 },
	{ "0-1", "7,5-99999999999999999999,7", { 0, 65535, 65535 }, NULL, 3 },
};

static void test_cpus(void **state)
{
	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(cpu_cases); i++) {
		struct pk_profile p;
		struct pk_model m;
		struct pk_filter f;
		struct pk_scope s;
		struct pk_strbuf b = { 0 };

		fix_init(&p);
		if (cpu_cases[i].online)
			fix_fact(&p, "cpu.online", cpu_cases[i].online);
		if (cpu_cases[i].asked)
			fix_fact(&p, "record.cpus", cpu_cases[i].asked);
		for (size_t n = 0; n < 3; n++) {
			fix_sample(&p, n, 1, 1, 0, 0, 0);
			p.samples.cpu[n] = cpu_cases[i].sampled[n];
		}
		pk_filter_init(&f);
		assert_int_equal(pk_model_build(&p, NULL, &m, NULL), 0);
		assert_int_equal(pk_scope_init(&m, &f, &s, NULL), 0);
		PK_VEC_FOREACH(&s.cpus, cpu)
			pk_strbuf_printf(&b, "%u ", *cpu);
		pk_strbuf_putc(&b, '\0');
		if (cpu_cases[i].cpus)
			assert_string_equal(b.data, cpu_cases[i].cpus);
		else
			assert_int_equal(s.cpus.nr, 1 + 65536 - 5);
		assert_int_equal(s.nr_cpus, s.cpus.nr);
		assert_int_equal(s.nr_online, cpu_cases[i].nr_online);
		pk_strbuf_deinit(&b);
		pk_scope_deinit(&s);
		pk_filter_deinit(&f);
		pk_model_deinit(&m);
		pk_profile_deinit(&p);
	}
}

static void test_scope(void **state)
{
	struct pk_profile p;
	struct pk_model m;
	struct pk_filter f;
	struct pk_scope s;

	(void)state;
	fix_init(&p);
	fix_fact(&p, "cpu.online", "0-1");
	fix_fact(&p, "record.period_ns", "10000000");
	p.start_ns = 100 * S;
	p.end_ns = 110 * S;
	for (uint64_t i = 0; i < 500; i++)
		fix_sample(&p, 100 * S + i * 20000000, 1, 1, 0, 0, 0);
	assert_int_equal(pk_model_build(&p, NULL, &m, NULL), 0);
	pk_filter_init(&f);
	assert_int_equal(pk_scope_init(&m, &f, &s, NULL), 0);
	assert_false(s.filtered);
	assert_int_equal(s.nr_samples, 500);
	assert_int_equal(pk_scope_ns(&s, 500), 5 * S);
	assert_near(pk_scope_instants(&s, 2, 10 * S), 2000);
	assert_near(pk_scope_share(&s, 500, 2), 0.25);
	assert_near(pk_scope_share(&s, 500, 1), 0.5);
	pk_scope_deinit(&s);

	f.from_ns = 104 * S;
	f.to_ns = 106 * S;
	assert_int_equal(pk_scope_init(&m, &f, &s, NULL), 0);
	assert_true(s.filtered);
	assert_int_equal(s.nr_samples, 100);
	assert_int_equal(s.wall_ns, 2 * S);
	assert_near(pk_scope_share(&s, 100, 1), 0.5);
	s.period_ns = 0;
	assert_true(pk_scope_ns(&s, 1) == PK_CELL_NONE);
	assert_true(isnan(pk_scope_share(&s, 1, 1)));
	pk_scope_deinit(&s);
	pk_filter_deinit(&f);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

static void test_phases(void **state)
{
	struct pk_phase_times t;
	struct pk_filter f;
	struct pk_profile p;

	(void)state;
	fix_init(&p);
	p.start_ns = 10;
	p.end_ns = 100;
	assert_int_equal(pk_phase_times_init(&p, &t), 0);
	assert_int_equal(t.spans.nr, 0);
	assert_int_equal(pk_phase_times_find(&t, 50), 0);
	pk_phase_times_deinit(&t);

	fix_mark(&p, 30, "a");
	fix_mark(&p, 60, "b");
	assert_int_equal(pk_phase_times_init(&p, &t), 0);
	assert_int_equal(t.spans.nr, 3);
	assert_int_equal(t.spans.data[0].text, 0);
	assert_int_equal(t.spans.data[2].to_ns, 100);
	assert_int_equal(pk_phase_times_find(&t, 9), 3);
	assert_int_equal(pk_phase_times_find(&t, 10), 0);
	assert_int_equal(pk_phase_times_find(&t, 29), 0);
	assert_int_equal(pk_phase_times_find(&t, 30), 1);
	assert_int_equal(pk_phase_times_find(&t, 60), 2);
	assert_int_equal(pk_phase_times_find(&t, 1000), 2);
	pk_filter_init(&f);
	assert_int_equal(pk_phase_wall_ns(&t.spans.data[1], &f), 30);
	f.from_ns = 40;
	f.to_ns = 70;
	assert_int_equal(pk_phase_wall_ns(&t.spans.data[0], &f), 0);
	assert_int_equal(pk_phase_wall_ns(&t.spans.data[1], &f), 20);
	assert_int_equal(pk_phase_wall_ns(&t.spans.data[2], &f), 10);
	assert_int_equal(pk_filter_add_phase(&f, &p, "b", NULL), 0);
	assert_int_equal(pk_phase_wall_ns(&t.spans.data[1], &f), 0);
	assert_int_equal(pk_phase_wall_ns(&t.spans.data[2], &f), 10);
	pk_filter_deinit(&f);
	pk_phase_times_deinit(&t);
	pk_profile_deinit(&p);
}

static void add_books(struct pk_profile *p, uint32_t cpu, uint64_t time_ns,
		      const struct pkprof_counters *k, uint64_t delivered)
{
	struct pk_counters *c = pk_vec_push(&p->counters);

	assert_non_null(c);
	*c = (struct pk_counters){ .time_ns = time_ns, .cpu = cpu, .delivered = delivered,
				   .kernel = *k };
}

static void test_books(void **state)
{
	struct pkprof_counters k = { .source = PKPROF_SRC_CPU, .generated = 100, .hits = 120,
				     .timed_hits = 10, .timed_ns = 5000, .entry_ns = 300 };
	struct pk_books_sum sums[PKPROF_NR_SOURCES];
	struct pk_profile p;

	(void)state;
	fix_init(&p);
	k.lost[PKPROF_LOSS_OVERRUN] = 4;
	add_books(&p, 0, 1, &k, 50);
	/* later books of the same CPU replace the earlier ones */
	k.generated = 1000;
	k.hits = 1000;
	add_books(&p, 0, 2, &k, 990);
	k.entry_ns = 500;
	k.timed_hits = 30;
	k.timed_ns = 35000;
	k.lost[PKPROF_LOSS_RING_FULL] = 6;
	add_books(&p, 1, 2, &k, 990);
	k = (struct pkprof_counters){ .source = PKPROF_SRC_TASK, .generated = 3, .hits = 3 };
	add_books(&p, 1, 2, &k, 3);
	k.source = 77;	/* of a later version */
	add_books(&p, 1, 2, &k, 3);
	assert_int_equal(pk_books_sum(&p, sums), 0);
	assert_int_equal(sums[PKPROF_SRC_CPU].nr_cpus, 2);
	assert_int_equal(sums[PKPROF_SRC_CPU].generated, 2000);
	assert_int_equal(sums[PKPROF_SRC_CPU].delivered, 1980);
	assert_int_equal(pk_books_lost(&sums[PKPROF_SRC_CPU]), 14);
	assert_int_equal(pk_books_unaccounted(&sums[PKPROF_SRC_CPU]), 6);
	/* 40000 ns of 40 timed runs, and (300 + 500) / 2 on the way */
	assert_near(pk_books_hit_ns(&sums[PKPROF_SRC_CPU]), 1400);
	assert_near(pk_books_cost_ns(&sums[PKPROF_SRC_CPU]), 2800000);
	assert_true(isnan(pk_books_cost_ns(&sums[PKPROF_SRC_TASK])));
	assert_near(pk_books_cost_ns(&sums[PKPROF_SRC_DEF]), 0);
	assert_int_equal(sums[PKPROF_SRC_DEF].nr_cpus, 0);
	pk_profile_deinit(&p);
}

static void test_ranking(void **state)
{
	const uint64_t weights[] = { 5, 0, 7, 5, 0, 7 }, ties[] = { 1, 0, 0, 2, 9, 0 };
	const uint32_t wanted[] = { 2, 5, 3, 0, 4 };
	struct pk_ranking r;

	(void)state;
	assert_int_equal(pk_ranking_init(weights, ties, 6, 0, &r), 0);
	assert_int_equal(r.ranks.nr, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(r.ranks.data[i].idx, wanted[i]);
	pk_ranking_deinit(&r);
	assert_int_equal(pk_ranking_init(weights, NULL, 6, 3, &r), 0);
	assert_int_equal(r.ranks.nr, 3);
	assert_int_equal(r.nr_left_out, 1);
	assert_int_equal(r.ranks.data[2].idx, 0);
	pk_ranking_deinit(&r);
	assert_int_equal(pk_ranking_init(weights, NULL, 0, 3, &r), 0);
	assert_int_equal(r.ranks.nr, 0);
	pk_ranking_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio_and_error),
		cmocka_unit_test(test_error_covers),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_ranking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
