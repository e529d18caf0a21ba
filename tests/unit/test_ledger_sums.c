// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of the ledger: shares of cut pieces are whole and complete, accounts belong to the
 * life that had the number then, filters leave what they say, distributions likewise.
 */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "analysis/hist_groups.h"
#include "analysis/ledger_sums.h"
#include "base/cleanup.h"
#include "base/map64.h"
#include "model_fixture.h"

#define S 1000000000ULL

static uint64_t seed = 1;

static uint64_t below(uint64_t n)
{
	return pk_hash64(seed++) % n;
}

static void test_share_out(void **state)
{
	const uint64_t even[] = { 10, 10, 10 }, big[] = { 1ULL << 62, 1ULL << 61, 5 };
	uint64_t ret[PK_SHARE_OUT_MAX];

	(void)state;
	pk_share_out(even, 3, 10, ret);
	assert_int_equal(ret[0] + ret[1] + ret[2], 10);
	assert_true(ret[0] - 3 <= 1 && ret[1] - 3 <= 1 && ret[2] - 3 <= 1);
	pk_share_out(even, 3, 30, ret);
	assert_true(ret[0] == 10 && ret[1] == 10 && ret[2] == 10);
	pk_share_out(even, 3, 0, ret);
	assert_true(!ret[0] && !ret[1] && !ret[2]);
	/* no overflow on the way */
	pk_share_out(big, 3, (1ULL << 62) + 1, ret);
	assert_true(ret[0] + ret[1] + ret[2] == (1ULL << 62) + 1);
	assert_true(ret[0] > ret[1] && ret[2] <= 5);
}

/* Random weights: the sum is exact, each share within 1 of the true one, nothing from 0. */
static void test_share_out_random(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint64_t w[PK_SHARE_OUT_MAX], ret[PK_SHARE_OUT_MAX], sum = 0, total, got = 0;
		unsigned int nr = 1 + below(PK_SHARE_OUT_MAX);
		uint64_t scale = 1 + below(1ULL << below(50));

		for (unsigned int i = 0; i < nr; i++)
			sum += w[i] = below(3) ? below(scale) : 0;
		if (!sum)
			continue;
		total = below(sum + 1);
		pk_share_out(w, nr, total, ret);
		for (unsigned int i = 0; i < nr; i++) {
			long double exact = (long double)w[i] * total / sum;

			assert_true(fabsl(exact - ret[i]) < 1);
			assert_true(w[i] || !ret[i]);
			assert_true(ret[i] <= w[i]);
			got += ret[i];
		}
		assert_true(got == total);
	}
}

static struct pk_scope open_scope(struct pk_profile *p, struct pk_model *m, struct pk_filter *f)
{
	struct pk_scope s;

	if (!m->profile)
		assert_int_equal(pk_model_build(p, NULL, m, NULL), 0);
	assert_int_equal(pk_scope_init(m, f, &s, NULL), 0);
	return s;
}

/* Pieces of random lengths and parts, back to back from 0 to 1000 s. */
static void random_account(struct pk_profile *p, uint32_t tid)
{
	uint64_t from = 0, end = 1000 * S;

	while (from < end) {
		uint64_t length = below(3) ? 1 + below(7 * S) : 1 + below(1000), left;
		struct pk_ledger_part parts[PKPROF_NR_LINES];
		uint32_t nr = 0;

		if (length > end - from)
			length = end - from;
		left = length;
		for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
			uint64_t ns = line == PKPROF_LINE_LOST ? left : below(left + 1) / 2;

			if (!ns)
				continue;
			parts[nr++] = (struct pk_ledger_part){ .ns = ns, .nr = below(100),
							       .line = line };
			left -= ns;
		}
		fix_piece(p, from, from + length, tid, tid, parts, nr);
		from += length;
	}
}

/* However the time is cut, what is inside is booked to the ns. */
static void test_cut_closes(void **state)
{
	struct pk_profile p;
	struct pk_model m = { 0 };
	struct pk_filter f;
	struct pk_ledger_sums l;
	uint64_t whole[PKPROF_NR_LINES];

	(void)state;
	fix_init(&p);
	fix_alive(&p, 7, "seven");
	random_account(&p, 7);
	pk_filter_init(&f);
	{
		struct pk_scope s = open_scope(&p, &m, &f);

		assert_int_equal(pk_ledger_sums_init(&s, &l), 0);
		assert_true(pk_account_ns(&l.all) == 1000 * S);
		assert_true(l.all.life_ns == 1000 * S);
		memcpy(whole, l.all.ns, sizeof(whole));
		pk_ledger_sums_deinit(&l);
		pk_scope_deinit(&s);
	}
	for (int round = 0; round < 200; round++) {
		uint64_t sum[PKPROF_NR_LINES] = { 0 }, cut[] = { 0, 0, 0, UINT64_MAX };

		cut[1] = below(1000 * S);
		cut[2] = cut[1] + below(1000 * S - cut[1]);
		for (int i = 0; i < 3; i++) {
			uint64_t to = cut[i + 1] < 1000 * S ? cut[i + 1] : 1000 * S;
			struct pk_scope s;

			f.from_ns = cut[i];
			f.to_ns = cut[i + 1];
			s = open_scope(&p, &m, &f);
			assert_int_equal(pk_ledger_sums_init(&s, &l), 0);
			assert_true(pk_account_ns(&l.all) == to - cut[i]);
			assert_true(l.all.life_ns == to - cut[i]);
			for (unsigned int line = 0; line < PKPROF_NR_LINES; line++)
				sum[line] += l.all.ns[line];
			pk_ledger_sums_deinit(&l);
			pk_scope_deinit(&s);
		}
		/* and the parts are the whole, up to the rounding at two cuts */
		for (unsigned int line = 0; line < PKPROF_NR_LINES; line++)
			assert_true(llabs((long long)(sum[line] - whole[line])) <= 2);
	}
	pk_filter_deinit(&f);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

static void one_line(struct pk_profile *p, uint64_t from, uint64_t to, uint32_t tid, uint32_t tgid,
		     enum pkprof_line line)
{
	struct pk_ledger_part part = { .ns = to - from, .nr = 1, .line = line };

	fix_piece(p, from, to, tid, tgid, &part, 1);
}

/*
 * A pid used twice is two processes; threads without a sample are there; the account goes
 * on a little after the exit; a thread that only its account tells of is made up.
 */
static void test_lives(void **state)
{
	struct pk_profile p;
	struct pk_model m = { 0 };
	struct pk_filter f;
	struct pk_scope s;
	struct pk_ledger_sums l;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 10, "first");
	fix_thread(&p, 1 * S, 11, 10, "worker");
	fix_exit(&p, 4 * S, 11, 10, 0);
	fix_exit(&p, 5 * S, 10, 10, PKPROF_TASK_GROUP_DEAD);
	fix_fork(&p, 6 * S, 10, 1, "second");
	one_line(&p, 1 * S, 4 * S + 1000, 11, 10, PKPROF_LINE_FUTEX);
	one_line(&p, 0, 5 * S + 2000, 10, 10, PKPROF_LINE_SLEEP);
	one_line(&p, 6 * S, 9 * S, 10, 10, PKPROF_LINE_CPU);
	one_line(&p, 2 * S, 10 * S, 77, 77, PKPROF_LINE_DISK);
	p.end_ns = 10 * S;
	pk_filter_init(&f);
	s = open_scope(&p, &m, &f);
	assert_string_equal(pk_model_string(&m, m.threads.data[m.ledger_thread[0]].comm), "worker");
	assert_int_equal(m.threads.data[m.ledger_thread[0]].process,
			 m.threads.data[m.ledger_thread[1]].process);
	assert_int_not_equal(m.ledger_thread[1], m.ledger_thread[2]);
	assert_string_equal(pk_model_string(&m, m.threads.data[m.ledger_thread[2]].comm), "second");
	assert_int_equal(m.threads.data[m.ledger_thread[1]].end_ns, 5 * S + 2000);
	assert_int_equal(m.threads.data[m.ledger_thread[3]].start_ns, 2 * S);
	assert_int_equal(pk_ledger_sums_init(&s, &l), 0);
	assert_int_equal(l.nr_accounts, 4);
	assert_int_equal(l.process[m.threads.data[m.ledger_thread[0]].process].ns[PKPROF_LINE_FUTEX],
			 3 * S + 1000);
	assert_int_equal(l.process[m.threads.data[m.ledger_thread[0]].process].ns[PKPROF_LINE_SLEEP],
			 5 * S + 2000);
	/* the second life goes on to the end, its account does not */
	assert_int_equal(l.thread[m.ledger_thread[2]].life_ns, 4 * S);
	assert_int_equal(l.all.life_ns - pk_account_ns(&l.all), 1 * S);
	assert_int_equal(l.nr_missing, 0);
	pk_ledger_sums_deinit(&l);
	pk_scope_deinit(&s);
	pk_filter_deinit(&f);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

static void test_filter(void **state)
{
	struct pk_profile p;
	struct pk_model m = { 0 };
	struct pk_filter f;
	struct pk_scope s;
	struct pk_ledger_sums l;

	(void)state;
	fix_init(&p);
	fix_fact(&p, "record.period_ns", "10000000");
	p.end_ns = 10 * S;
	fix_alive(&p, 1, "one");
	fix_alive(&p, 2, "two");
	fix_alive(&p, 3, "none");
	fix_mark(&p, 2 * S, "a");
	fix_mark(&p, 4 * S, "b");
	fix_mark(&p, 8 * S, "a");
	one_line(&p, 0, 10 * S, 1, 1, PKPROF_LINE_CPU);
	one_line(&p, 0, 10 * S, 2, 2, PKPROF_LINE_POLL);
	fix_cpu_piece(&p, 0, 10 * S, 0, 10 * S);
	fix_cpu_piece(&p, 0, 10 * S, 1, 0);
	fix_sample(&p, 3 * S, 1, 1, 0, 0, PKPROF_SAMPLE_USER);
	fix_sample(&p, 5 * S, 1, 1, 0, 0, 0);
	fix_sample(&p, 9 * S, 1, 1, 0, 0, PKPROF_SAMPLE_SOFTIRQ);
	pk_filter_init(&f);
	assert_int_equal(pk_filter_add_phase(&f, &p, "a", NULL), 0);
	f.tgid = 1;
	s = open_scope(&p, &m, &f);
	assert_int_equal(pk_ledger_sums_init(&s, &l), 0);
	/* phases "a" are 2 s to 4 s and 8 s to the end */
	assert_int_equal(pk_account_ns(&l.all), 4 * S);
	assert_int_equal(l.all.ns[PKPROF_LINE_CPU], 4 * S);
	assert_int_equal(l.nr_accounts, 1);
	assert_int_equal(l.all.nr_samples, 2);
	assert_true(pk_account_user(&l.all) == 0.5 && pk_account_softirq(&l.all) == 0.5);
	/* the machine is whole whatever process was asked for */
	assert_int_equal(l.machine.to_ns, 8 * S);
	assert_int_equal(l.machine.busy_ns, 4 * S);
	assert_int_equal(l.common.tasks_cpu_ns, 4 * S);
	assert_int_equal(l.common.cpus.to_ns, 8 * S);
	assert_int_equal(l.cpu[1].idle_ns, 4 * S);
	pk_ledger_sums_deinit(&l);
	pk_scope_deinit(&s);

	f.tgid = 0;
	f.comm = "[nt]*";
	s = open_scope(&p, &m, &f);
	assert_int_equal(pk_ledger_sums_init(&s, &l), 0);
	assert_int_equal(pk_account_class_ns(&l.all, PK_LINE_IDLE), 4 * S);
	assert_int_equal(pk_account_class_ns(&l.all, PK_LINE_ACTIVE), 0);
	/* a thread that lived and has no account is seen */
	assert_int_equal(l.nr_missing, 1);
	assert_int_equal(l.all.life_ns, 8 * S);
	assert_true(isnan(pk_account_user(&l.all)));
	pk_ledger_sums_deinit(&l);
	pk_scope_deinit(&s);
	pk_filter_deinit(&f);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

/*
 * CPUs and threads are read one after the other: what is compared is the time that was
 * read of all CPUs.
 */
static void test_closure(void **state)
{
	struct pk_profile p;
	struct pk_model m = { 0 };
	struct pk_filter f;
	struct pk_scope s;
	struct pk_ledger_sums l;

	(void)state;
	fix_init(&p);
	p.end_ns = 10 * S;
	fix_alive(&p, 1, "one");
	fix_alive(&p, 2, "two");
	one_line(&p, 1 * S, 9 * S, 1, 1, PKPROF_LINE_CPU);
	one_line(&p, 0, 10 * S, 2, 2, PKPROF_LINE_CPU);
	fix_cpu_piece(&p, 1 * S, 8 * S, 0, 7 * S);
	fix_cpu_piece(&p, 2 * S, 9 * S, 1, 7 * S);
	pk_filter_init(&f);
	s = open_scope(&p, &m, &f);
	assert_int_equal(pk_ledger_sums_init(&s, &l), 0);
	assert_int_equal(l.common.from_ns, 2 * S);
	assert_int_equal(l.common.to_ns, 8 * S);
	assert_int_equal(l.common.cpus.to_ns, 12 * S);
	assert_int_equal(l.common.cpus.busy_ns, 12 * S);
	assert_int_equal(l.common.tasks_cpu_ns, 12 * S);
	assert_int_equal(l.machine.to_ns, 14 * S);
	assert_int_equal(l.cpu[1].to_ns, 7 * S);
	pk_ledger_sums_deinit(&l);
	pk_scope_deinit(&s);
	pk_filter_deinit(&f);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

/* --- distributions --------------------------------------------------------------------- */

static void add_hist(struct pk_profile *p, uint64_t from, uint64_t to, unsigned int key,
		     uint32_t id, uint64_t value, uint32_t nr, uint64_t max_ns)
{
	struct pk_hist_piece h = {
		.from_ns = from, .to_ns = to, .what = PKPROF_HIST_RUNQ, .key = key, .id = id,
		.count = nr, .sum_ns = nr * value, .max_ns = max_ns,
	};
	struct pk_hist_bucket b = { key == PKPROF_HIST_THREAD ? pk_dist_coarse_bucket(value) :
								pk_dist_bucket(value), nr };

	fix_hist(p, &h, &b, 1);
}

static void test_hists(void **state)
{
	struct pk_hist_groups g;
	struct pk_profile p;
	struct pk_model m = { 0 };
	struct pk_filter f;
	struct pk_scope s;
	struct pk_dist d;

	(void)state;
	fix_init(&p);
	p.end_ns = 10 * S;
	fix_alive(&p, 1, "one");
	fix_alive(&p, 2, "two");
	add_hist(&p, 0, 4 * S, PKPROF_HIST_CPU, 0, 1000, 40, 9000000);
	add_hist(&p, 0, 4 * S, PKPROF_HIST_PROCESS, 1, 1000, 30, 1010);
	add_hist(&p, 0, 4 * S, PKPROF_HIST_PROCESS, 0, 1000, 5, 1010);
	add_hist(&p, 4 * S, 8 * S, PKPROF_HIST_CPU, 0, 50000, 10, 9000000);
	add_hist(&p, 4 * S, 8 * S, PKPROF_HIST_CPU, 1, 50000, 10, 50100);
	add_hist(&p, 4 * S, 8 * S, PKPROF_HIST_PROCESS, 2, 50000, 20, 50100);
	add_hist(&p, 4 * S, 8 * S, PKPROF_HIST_THREAD, 2, 50000, 20, 50100);
	pk_filter_init(&f);
	s = open_scope(&p, &m, &f);
	assert_int_equal(pk_hist_groups_init(&s, PKPROF_HIST_RUNQ, &g), 0);
	assert_int_equal(g.groups.nr, 6);
	assert_true(g.groups.data[0].key == PKPROF_HIST_CPU && g.groups.data[0].nr == 2);
	assert_true(g.groups.data[4].owner == PK_NO_OWNER && g.groups.data[4].count == 5);
	pk_hist_groups_all(&g, &d);
	assert_true(d.count == 60 && d.sum_ns == 40 * 1000 + 20 * 50000);
	/* the 9 ms were before the recording: the bucket's end is what is known */
	assert_true(d.max_ns > 50100 && d.max_ns < 53300);
	pk_hist_groups_deinit(&g);
	assert_int_equal(pk_hist_groups_init(&s, PKPROF_HIST_SLICE, &g), 0);
	assert_int_equal(g.groups.nr, 0);
	pk_hist_groups_deinit(&g);
	pk_scope_deinit(&s);

	/* a quarter of a piece has a quarter of its values */
	f.from_ns = 3 * S;
	f.to_ns = 5 * S;
	s = open_scope(&p, &m, &f);
	assert_int_equal(pk_hist_groups_init(&s, PKPROF_HIST_RUNQ, &g), 0);
	pk_hist_groups_all(&g, &d);
	assert_true(d.count == 15);
	assert_true(pk_dist_quantile(&d, 0.5) < 1100 && pk_dist_quantile(&d, 0.7) > 45000);
	pk_hist_groups_deinit(&g);
	pk_scope_deinit(&s);

	/* CPUs and others are of no process */
	f.from_ns = 0;
	f.to_ns = UINT64_MAX;
	f.comm = "tw?";
	s = open_scope(&p, &m, &f);
	assert_int_equal(pk_hist_groups_init(&s, PKPROF_HIST_RUNQ, &g), 0);
	assert_int_equal(g.groups.nr, 2);
	pk_hist_groups_all(&g, &d);
	assert_true(d.count == 20 && d.max_ns == 50100 && !d.coarse);
	pk_hist_group_dist(&g, &g.groups.data[1], &d);
	assert_true(d.coarse && d.count == 20);
	pk_hist_groups_deinit(&g);
	pk_scope_deinit(&s);
	pk_filter_deinit(&f);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_out), cmocka_unit_test(test_share_out_random),
		cmocka_unit_test(test_cut_closes), cmocka_unit_test(test_lives),
		cmocka_unit_test(test_filter),	  cmocka_unit_test(test_closure),
		cmocka_unit_test(test_hists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
