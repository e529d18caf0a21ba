// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From readings of distributions to pieces: whatever is told when, all values are in
 * exactly one piece, at a time when they can have come.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/hists.h"

#define T0 2000000000ULL
#define NR 60

static struct {
	struct pk_hists h;
	struct pk_writer *w;
	int fd;
	struct pk_profile p;
	uint64_t rng, now_ns;
	/* the kernel's side, by number, which is the id */
	struct {
		uint64_t start_ns, count, sum_ns, changed_ns;
		uint32_t nr[PKPROF_HIST_BUCKETS];
		bool dead;
	} dist[NR];
} m;

static void start(uint64_t seed)
{
	memset(&m, 0, sizeof(m));
	m.rng = seed;
	m.now_ns = T0;
	m.fd = fixture_fd();
	assert_int_equal(pk_writer_create(m.fd, "test", &m.w, NULL), 0);
	pk_hists_init(&m.h, m.w, T0);
	for (int i = 0; i < NR; i++)
		m.dist[i].start_ns = T0;
}

static void load(void)
{
	struct image i;

	pk_hists_deinit(&m.h);
	assert_int_equal(pk_writer_finish(m.w, m.now_ns), 0);
	pk_writer_destroy(m.w);
	i = fixture_read(m.fd);
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &m.p, NULL), 0);
	assert_sane(&m.p);
	image_free(&i);
}

static uint64_t below(uint64_t n)
{
	return fixture_random(&m.rng) % n;
}

static struct pkprof_hist *told(unsigned int i)
{
	static uint64_t room[sizeof(struct pkprof_hist) / 8 + PKPROF_HIST_BUCKETS];
	struct pkprof_hist *h = (void *)room;

	memset(room, 0, sizeof(room));
	h->key = PKPROF_HIST_PROCESS;
	h->id = i;
	h->start_ns = m.dist[i].start_ns;
	h->count = m.dist[i].count;
	h->sum_ns = m.dist[i].sum_ns;
	h->max_ns = 77;
	for (unsigned int b = 0; b < PKPROF_HIST_BUCKETS; b++)
		if (m.dist[i].nr[b])
			h->buckets[h->nr_buckets++] = (struct pkprof_hist_bucket){
				.bucket = b, .nr = m.dist[i].nr[b] };
	return h;
}

static void value(unsigned int i)
{
	unsigned int bucket = below(20) * below(15);

	m.now_ns += 1 + below(1000);
	m.dist[i].nr[bucket]++;
	m.dist[i].count++;
	m.dist[i].sum_ns += bucket;
	m.dist[i].changed_ns = m.now_ns;
}

static void reading(uint64_t epoch_ns, bool final)
{
	struct pkprof_ledger_info info = { .from_ns = T0, .now_ns = m.now_ns };

	assert_int_equal(pk_hists_begin(&m.h, &info, final), 0);
	for (unsigned int i = 0; i < NR; i++)
		if (!m.dist[i].dead && m.dist[i].count && m.dist[i].changed_ns >= epoch_ns)
			assert_int_equal(pk_hists_take(&m.h, told(i)), 0);
	pk_hists_end(&m.h, true);
}

/* What the pieces of one say together. */
static void check(unsigned int i)
{
	uint64_t count = 0, sum_ns = 0, end_ns = 0;
	uint32_t nr[PKPROF_HIST_BUCKETS] = { 0 };

	PK_VEC_FOREACH(&m.p.hists, p) {
		if (p->id != i)
			continue;
		assert_true(p->from_ns >= end_ns && p->from_ns >= T0);
		end_ns = p->to_ns;
		count += p->count;
		sum_ns += p->sum_ns;
		for (uint32_t b = 0; b < p->nr_buckets; b++)
			nr[m.p.hist_buckets.data[p->first_bucket + b].bucket] +=
				m.p.hist_buckets.data[p->first_bucket + b].nr;
	}
	assert_int_equal(count, m.dist[i].count);
	assert_int_equal(sum_ns, m.dist[i].sum_ns);
	assert_memory_equal(nr, m.dist[i].nr, sizeof(nr));
}

static void test_all_values_once(void **state)
{
	uint64_t epoch_ns;

	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		start(seed);
		epoch_ns = 0;
		for (int round = 0; round < 50; round++) {
			uint64_t begin_ns = m.now_ns;

			reading(epoch_ns, false);
			epoch_ns = begin_ns;
			for (uint64_t n = below(100); n; n--) {
				unsigned int i = below(round + 9);

				if (!m.dist[i].dead)
					value(i);
			}
			if (below(2) && !m.dist[round].dead && m.dist[round].count) {
				m.now_ns += 10;
				m.dist[round].dead = true;
				assert_int_equal(pk_hists_death(&m.h, told(round), m.now_ns), 0);
				/* told once more by a reading that was under way */
				assert_int_equal(pk_hists_take(&m.h, told(round)), 0);
			}
		}
		m.now_ns++;
		value(NR - 1);
		reading(0, true);
		/* these died between the last reading and the end; the last one was new in it */
		for (unsigned int i = NR - 20; i < NR; i++)
			if (!m.dist[i].dead && m.dist[i].count)
				assert_int_equal(pk_hists_death(&m.h, told(i), m.now_ns), 0);
		load();
		for (unsigned int i = 0; i < NR; i++)
			check(i);
		assert_true(m.p.hists.nr > 200);
		pk_profile_deinit(&m.p);
	}
}

/* A process id that is used again is another process. */
static void test_reused_id(void **state)
{
	(void)state;
	start(1);
	value(5);
	reading(0, false);
	m.dist[5].start_ns = m.now_ns + 5;
	value(5);
	m.now_ns += 10;
	m.dist[5].count = 1;
	memset(m.dist[5].nr, 0, sizeof(m.dist[5].nr));
	m.dist[5].nr[3] = 1;
	reading(0, false);
	load();
	assert_int_equal(m.p.hists.nr, 2);
	assert_int_equal(m.p.hists.data[1].from_ns, m.dist[5].start_ns);
	assert_int_equal(m.p.hists.data[1].count, 1);
	pk_profile_deinit(&m.p);
}

/* What the ledger held before the session is not ours. */
static void test_older_than_the_session(void **state)
{
	struct pkprof_ledger_info info = { .from_ns = T0 - 1500000000, .now_ns = T0 + 10 };

	(void)state;
	start(1);
	m.dist[1].start_ns = T0 - 1400000000;
	m.dist[2].start_ns = T0 + 1;
	value(1);
	value(2);
	assert_int_equal(pk_hists_begin(&m.h, &info, false), 0);
	assert_int_equal(pk_hists_take(&m.h, told(1)), 0);
	assert_int_equal(pk_hists_take(&m.h, told(2)), 0);
	pk_hists_end(&m.h, true);
	value(1);
	reading(0, true);
	load();
	assert_int_equal(m.p.hists.nr, 2);
	assert_int_equal(m.p.hists.data[0].id, 2);
	assert_int_equal(m.p.hists.data[1].id, 1);
	assert_int_equal(m.p.hists.data[1].count, 1);
	assert_int_equal(m.p.hists.data[1].from_ns, T0 + 10);
	pk_profile_deinit(&m.p);
}

/* Memory is bounded; what found no room is in the last reading as a whole. */
static void test_no_room(void **state)
{
	struct pkprof_ledger_info info = { .from_ns = T0, .now_ns = T0 + 10 };
	uint64_t room[sizeof(struct pkprof_hist) / 8 + PKPROF_HIST_BUCKETS] = { 0 };
	struct pkprof_hist *h = (void *)room;
	uint64_t count = 0;

	(void)state;
	start(1);
	h->key = PKPROF_HIST_PROCESS;
	h->nr_buckets = PKPROF_HIST_BUCKETS;
	h->count = PKPROF_HIST_BUCKETS;
	for (unsigned int b = 0; b < PKPROF_HIST_BUCKETS; b++)
		h->buckets[b] = (struct pkprof_hist_bucket){ .bucket = b, .nr = 1 };
	for (int round = 0; round < 3; round++) {
		info.now_ns += 100;
		assert_int_equal(pk_hists_begin(&m.h, &info, round == 2), 0);
		for (h->id = 0; h->id < 10000; h->id++)
			assert_int_equal(pk_hists_take(&m.h, h), 0);
		pk_hists_end(&m.h, true);
		assert_true(m.h.bytes <= PK_HISTS_MAX_BYTES + sizeof(room));
	}
	assert_true(m.h.stats.nr_delayed > 0);
	load();
	PK_VEC_FOREACH(&m.p.hists, p)
		count += p->count;
	assert_int_equal(count, 10000 * PKPROF_HIST_BUCKETS);
	pk_profile_deinit(&m.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_values_once),
		cmocka_unit_test(test_reused_id),
		cmocka_unit_test(test_older_than_the_session),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
