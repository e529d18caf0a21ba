// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From readings of connections to pieces: whatever is told when, each count and each value
 * of a distribution is in exactly one piece; and what is told is checked.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/nets.h"
#include "source/ledger.h"

#define T0 2000000000ULL
#define NR 30

/* The kernel's side: rows, cumulative. */
static struct {
	struct pk_nets n;
	struct pk_reading_times times;
	struct pk_writer *w;
	int fd;
	struct pk_profile p;
	uint64_t rng, now_ns;
	struct {
		uint64_t counts[PKPROF_NR_NET_COUNTS];
		uint32_t bucket[PKPROF_HIST_BUCKETS];
		uint64_t sum;
	} row[NR];
} m;

static uint64_t below(uint64_t n)
{
	return fixture_random(&m.rng) % n;
}

static void start(uint64_t seed)
{
	memset(&m, 0, sizeof(m));
	m.rng = seed;
	m.now_ns = T0;
	m.fd = fixture_fd();
	assert_int_equal(pk_writer_create(m.fd, "test", &m.w, NULL), 0);
	m.times.last_ns = T0;
	pk_nets_init(&m.n, m.w, &m.times);
}

static void load(void)
{
	struct image i;

	pk_nets_deinit(&m.n);
	assert_int_equal(pk_writer_finish(m.w, m.now_ns), 0);
	pk_writer_destroy(m.w);
	i = fixture_read(m.fd);
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &m.p, NULL), 0);
	assert_sane(&m.p);
	image_free(&i);
}

static struct pkprof_net_conns *told(unsigned int i)
{
	static uint64_t room[1024];
	struct pkprof_net_conns *c = (void *)room;

	memset(room, 0, sizeof(room));
	c->id = i;
	c->tgid = i < 2 ? 0 : 100 + i;
	c->role = i % PKPROF_NR_NET_ROLES;
	c->family = i < 2 ? 0 : 4 + 2 * (i % 3 == 0);
	c->port = 80 + i;
	c->remote[0] = 10;
	c->remote[15] = i;
	memcpy(c->counts, m.row[i].counts, sizeof(c->counts));
	c->sums[PKPROF_NET_SERVICE] = m.row[i].sum;
	for (unsigned int b = 0; b < PKPROF_HIST_BUCKETS; b++)
		if (m.row[i].bucket[b])
			c->buckets[c->nr_buckets++] = (struct pkprof_net_bucket){
				.bucket = b, .dist = PKPROF_NET_SERVICE, .nr = m.row[i].bucket[b],
			};
	assert_null(pk_net_conns_fault(c, sizeof(*c) + c->nr_buckets * sizeof(c->buckets[0])));
	return c;
}

static void grow(unsigned int i)
{
	m.row[i].counts[below(PKPROF_NR_NET_COUNTS)] += 1 + below(1000);
	m.row[i].bucket[below(40)]++;
	m.row[i].sum += 17;
}

/* A reading tells some of those that changed; a broken one ends in between. */
static void reading(bool complete)
{
	m.now_ns += 1 + below(900000000);
	pk_reading_times_begin(&m.times, m.now_ns);
	for (unsigned int i = 0; i < NR; i++)
		if (complete || below(2))
			assert_int_equal(pk_nets_conns(&m.n, told(i)), 0);
	pk_reading_times_end(&m.times, complete);
}

static void compare(void)
{
	uint64_t counts[NR][PKPROF_NR_NET_COUNTS] = { 0 }, sums[NR] = { 0 };
	uint32_t buckets[NR][PKPROF_HIST_BUCKETS] = { 0 };

	PK_VEC_FOREACH(&m.p.net_conns, x) {
		unsigned int i = x->port - 80;

		assert_true(x->from_ns < x->to_ns && x->from_ns >= T0 - 1);
		assert_int_equal(x->tgid, i < 2 ? 0 : 100 + i);
		for (unsigned int c = 0; c < PKPROF_NR_NET_COUNTS; c++)
			counts[i][c] += x->counts[c];
		sums[i] += x->sums[PKPROF_NET_SERVICE];
		for (uint32_t b = 0; b < x->nr_buckets; b++) {
			const struct pk_hist_bucket *it = &m.p.net_buckets.data[x->first_bucket + b];

			assert_int_equal(it->bucket / PKPROF_HIST_BUCKETS, PKPROF_NET_SERVICE);
			buckets[i][it->bucket % PKPROF_HIST_BUCKETS] += it->nr;
		}
	}
	for (unsigned int i = 0; i < NR; i++) {
		assert_memory_equal(counts[i], m.row[i].counts, sizeof(counts[i]));
		assert_memory_equal(buckets[i], m.row[i].bucket, sizeof(buckets[i]));
		assert_int_equal(sums[i], m.row[i].sum);
	}
}

static void test_nothing_twice_and_nothing_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		start(seed);
		for (unsigned int r = 0; r < 30; r++) {
			for (uint64_t k = below(40); k; k--)
				grow(below(NR));
			reading(below(4));
		}
		reading(true);
		load();
		compare();
		pk_profile_deinit(&m.p);
	}
}

static void test_addresses(void **state)
{
	struct pkprof_net_conns *c;

	(void)state;
	start(1);
	pk_reading_times_begin(&m.times, T0 + 5);
	m.row[4].counts[0] = m.row[3].counts[0] = m.row[0].counts[0] = 1;
	c = told(4);
	c->role = PKPROF_NET_OPENED;
	memcpy(c->remote, "\x0a\x01\x02\x03", 4);
	assert_int_equal(pk_nets_conns(&m.n, c), 0);
	c = told(3);
	c->role = PKPROF_NET_ACCEPTED;
	memset(c->remote, 0, 16);
	memset(c->local, 0, 16);
	c->remote[15] = c->local[15] = 1;
	c->local[0] = 0xfd;
	assert_int_equal(pk_nets_conns(&m.n, c), 0);
	assert_int_equal(pk_nets_conns(&m.n, told(0)), 0);
	pk_reading_times_end(&m.times, true);
	load();
	assert_int_equal(m.p.net_conns.nr, 3);
	PK_VEC_FOREACH(&m.p.net_conns, x) {
		const char *remote = pk_strtab_get(&m.p.strings, x->remote);
		const char *local = pk_strtab_get(&m.p.strings, x->local);

		assert_string_equal(remote, x->port == 84 ? "10.1.2.3" : x->port == 83 ? "::1" : "");
		assert_string_equal(local, x->port == 83 ? "fd00::1" : "");
	}
	pk_profile_deinit(&m.p);
}

/* A row of a Unix socket, with a name behind its buckets. */
static struct pkprof_net_conns *told_unix(unsigned int i, const char *name, size_t bytes)
{
	struct pkprof_net_conns *c = told(i);

	c->family = PKPROF_NET_FAMILY_UNIX;
	c->port = bytes;
	memset(c->remote, 0, sizeof(c->remote));
	memcpy(&c->buckets[c->nr_buckets], name, bytes);
	assert_null(pk_net_conns_fault(c, pk_ledger_piece_bytes(PKPROF_A_NET_CONNS, c)));
	return c;
}

static void test_names(void **state)
{
	static const char longest[PKPROF_NET_MAX_NAME] = "\0a name\0as long as there is room for";
	struct pkprof_net_conns *c;
	uint32_t peer = 4711;

	(void)state;
	start(1);
	pk_reading_times_begin(&m.times, T0 + 5);
	grow(4);
	grow(5);
	grow(6);
	grow(7);
	assert_int_equal(pk_nets_conns(&m.n, told_unix(4, "/run/a.sock", 11)), 0);
	assert_int_equal(pk_nets_conns(&m.n, told_unix(5, longest, sizeof(longest))), 0);
	c = told_unix(6, "", 0);
	memcpy(c->remote, &peer, sizeof(peer));
	assert_int_equal(pk_nets_conns(&m.n, c), 0);
	assert_int_equal(pk_nets_conns(&m.n, told_unix(7, "", 0)), 0);
	pk_reading_times_end(&m.times, true);
	load();
	assert_int_equal(m.p.net_conns.nr, 4);
	PK_VEC_FOREACH(&m.p.net_conns, x) {
		const char *remote = pk_strtab_get(&m.p.strings, x->remote);
		const char *local = pk_strtab_get(&m.p.strings, x->local);

		assert_int_equal(x->family, PKPROF_NET_FAMILY_UNIX);
		assert_int_equal(x->port, 0);
		if (x->tgid == 104) {
			assert_string_equal(remote, "/run/a.sock");
		} else if (x->tgid == 105) {
			assert_int_equal(strlen(remote), sizeof(longest));
			assert_memory_equal(remote, "@a name@as long", 15);
		} else {
			assert_string_equal(remote, "");
		}
		assert_string_equal(local, x->tgid == 106 ? "4711" : "");
	}
	pk_profile_deinit(&m.p);
}

static void test_what_makes_no_sense(void **state)
{
	struct pkprof_net_conns *c;
	size_t bytes;

	(void)state;
	start(1);
	grow(5);
	grow(5);
	c = told(5);
	bytes = sizeof(*c) + c->nr_buckets * sizeof(c->buckets[0]);
	assert_non_null(pk_net_conns_fault(c, bytes - 1));
	assert_non_null(pk_net_conns_fault(c, sizeof(*c) - 1));
	c->role = PKPROF_NR_NET_ROLES;
	assert_non_null(pk_net_conns_fault(c, bytes));
	c = told(5);
	c->family = 5;
	assert_non_null(pk_net_conns_fault(c, bytes));
	c = told(5);
	c->buckets[0].bucket = PKPROF_HIST_BUCKETS;
	assert_non_null(pk_net_conns_fault(c, bytes));
	c = told(5);
	c->buckets[0].dist = PKPROF_NR_NET_DISTS;
	assert_non_null(pk_net_conns_fault(c, bytes));
	c = told_unix(5, "/run/a.sock", 11);
	bytes = pk_ledger_piece_bytes(PKPROF_A_NET_CONNS, c);
	assert_non_null(pk_net_conns_fault(c, bytes - 1));
	c->port = PKPROF_NET_MAX_NAME + 1;
	assert_non_null(pk_net_conns_fault(c, bytes + PKPROF_NET_NAME_ROOM(PKPROF_NET_MAX_NAME)));
	load();
	pk_profile_deinit(&m.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_twice_and_nothing_lost),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
