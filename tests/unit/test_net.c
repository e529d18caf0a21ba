// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/net_sums.c kmod/net_names.c kmod/hist.c */
/*
 * What sources tcp and unix add up: groups of keys, rows by process and peer, the pool of
 * their distributions, what is told of them, names of peers; where tables are full.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "key_group.h"
#include "net_names.h"
#include "net_sums.h"

#define CPUS 3

static struct {
	struct pk_net_keys keys;
	struct pk_net_cpu cpu[CPUS];
	struct pk_net_cpu *cpus[CPUS + 1];	/* the last one is not possible */
	void *memory[CPUS];
} m;

static int start(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	pk_net_keys_init(&m.keys, CPUS, 64ULL << 20);
	for (unsigned int i = 0; i < CPUS; i++) {
		m.memory[i] = calloc(1, pk_net_cpu_bytes(&m.keys));
		m.cpus[i] = &m.cpu[i];
		pk_net_cpu_init(&m.cpu[i], &m.keys, m.memory[i]);
	}
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CPUS; i++)
		free(m.memory[i]);
	return 0;
}

static struct pk_net_who who_of(u32 tgid, u8 role, u16 port)
{
	struct pk_net_who who = { .tgid = tgid, .role = role, .family = 4, .port = port };

	memcpy(who.remote, "\x0a\0\0\1", 4);
	if (role == PKPROF_NET_ACCEPTED)
		memcpy(who.local, "\x0a\0\0\2", 4);
	return who;
}

static struct pkprof_net_conns *tell(unsigned int at, u64 epoch_ns)
{
	static u64 room[PK_NET_MAX_BYTES / 8 + 1];
	struct pkprof_net_conns *told = (void *)room;
	size_t bytes = pk_net_tell(&m.keys, m.cpus, CPUS + 1, at, epoch_ns, told);

	assert_true(bytes <= PK_NET_MAX_BYTES);
	if (bytes)
		assert_int_equal(bytes, sizeof(*told) + told->nr_buckets * sizeof(told->buckets[0]));
	return bytes ? told : NULL;
}

static void test_rows(void **state)
{
	struct pk_net_who a = who_of(7, PKPROF_NET_ACCEPTED, 80), b = who_of(7, PKPROF_NET_OPENED, 80);
	unsigned int at = pk_net_cell_of(&m.keys, &a), other = pk_net_cell_of(&m.keys, &b);
	struct pkprof_net_conns *told;

	(void)state;
	assert_int_not_equal(at, other);
	assert_int_equal(at, pk_net_cell_of(&m.keys, &a));
	assert_null(tell(at, 0));
	pk_net_count(&m.cpu[0], at, PKPROF_NET_BYTES_IN, 5, 1000);
	pk_net_count(&m.cpu[2], at, PKPROF_NET_BYTES_IN, 6, 3000);
	pk_net_count(&m.cpu[1], other, PKPROF_NET_RETRANS, 1, 2000);
	told = tell(at, 0);
	assert_int_equal(told->tgid, 7);
	assert_int_equal(told->role, PKPROF_NET_ACCEPTED);
	assert_int_equal(told->port, 80);
	assert_memory_equal(told->remote, a.remote, 16);
	assert_memory_equal(told->local, a.local, 16);
	assert_int_equal(told->counts[PKPROF_NET_BYTES_IN], 11);
	assert_int_equal(told->counts[PKPROF_NET_RETRANS], 0);
	assert_int_equal(told->nr_buckets, 0);
	/* only what changed */
	assert_non_null(tell(at, 3000));
	assert_null(tell(at, 3001));
}

static void test_distributions(void **state)
{
	struct pk_net_who a = who_of(1, PKPROF_NET_ACCEPTED, 80);
	unsigned int at = pk_net_cell_of(&m.keys, &a);
	struct pkprof_net_conns *told;

	(void)state;
	pk_net_dist(&m.keys, &m.cpu[0], at, PKPROF_NET_SERVICE, 100, 1);
	pk_net_dist(&m.keys, &m.cpu[1], at, PKPROF_NET_SERVICE, 100, 2);
	pk_net_dist(&m.keys, &m.cpu[1], at, PKPROF_NET_SERVICE, 5000000, 3);
	pk_net_dist(&m.keys, &m.cpu[1], at, PKPROF_NET_ACCEPT, 3, 4);
	told = tell(at, 0);
	assert_int_equal(told->nr_buckets, 3);
	assert_int_equal(told->buckets[0].dist, PKPROF_NET_ACCEPT);
	assert_int_equal(told->buckets[0].bucket, 3);
	assert_int_equal(told->buckets[1].dist, PKPROF_NET_SERVICE);
	assert_int_equal(told->buckets[1].bucket, pk_hist_bucket(100));
	assert_int_equal(told->buckets[1].nr, 2);
	assert_int_equal(told->sums[PKPROF_NET_SERVICE], 5000200);
	assert_int_equal(told->maxes[PKPROF_NET_SERVICE], 5000000);
	assert_int_equal(told->maxes[PKPROF_NET_ACCEPT], 3);
	assert_int_equal(m.cpu[0].nr_used, 1);
	assert_int_equal(m.cpu[1].nr_used, 2);
}

/* Each value is in a distribution, or counted as one that found no room. */
static void test_pool_runs_out(void **state)
{
	u64 nr = 0, in_buckets = 0, untimed = 0;

	(void)state;
	for (unsigned int i = 0; i < m.keys.nr; i++) {
		struct pk_net_who who = who_of(i + 1, PKPROF_NET_OPENED, 1);
		unsigned int at = pk_net_cell_of(&m.keys, &who);

		for (unsigned int what = 0; what < PKPROF_NR_NET_DISTS; what++, nr++)
			pk_net_dist(&m.keys, &m.cpu[0], at, what, i, 1);
	}
	for (unsigned int at = 0; at < pk_net_nr(&m.keys); at++) {
		struct pkprof_net_conns *told = tell(at, 0);

		for (u32 i = 0; told && i < told->nr_buckets; i++)
			in_buckets += told->buckets[i].nr;
		untimed += told ? told->counts[PKPROF_NET_UNTIMED] : 0;
	}
	assert_true(untimed > 0);
	assert_int_equal(in_buckets + untimed, nr);
	assert_int_equal(m.cpu[0].nr_used, m.keys.nr_dists);
}

/* Thousands of peers: what finds no row is in the role's own, and nothing is lost. */
static void test_table_runs_over(void **state)
{
	u64 sum = 0, others = 0;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		struct pk_net_who who = who_of(9, i & 1, i);
		unsigned int at = pk_net_cell_of(&m.keys, &who);

		pk_net_count(&m.cpu[i % CPUS], at, PKPROF_NET_CONNECTED, 1, i + 1);
		if (at >= m.keys.nr)
			assert_int_equal(at, m.keys.nr + (i & 1));
	}
	for (unsigned int at = 0; at < pk_net_nr(&m.keys); at++) {
		struct pkprof_net_conns *told = tell(at, 0);

		if (!told)
			continue;
		sum += told->counts[PKPROF_NET_CONNECTED];
		if (told->family)
			continue;
		assert_int_equal(told->tgid, 0);
		others += told->counts[PKPROF_NET_CONNECTED];
	}
	assert_int_equal(sum, 5000);
	assert_true(others >= 5000 - m.keys.nr);
}

static void test_memory_is_bounded(void **state)
{
	static struct pk_net_keys k;

	(void)state;
	pk_net_keys_init(&k, 2, 64ULL << 20);
	assert_int_equal(k.nr, PK_NET_MAX_CELLS);
	pk_net_keys_init(&k, 128, 64ULL << 20);
	assert_true(k.nr < PK_NET_MAX_CELLS && k.nr >= PK_NET_MIN_CELLS);
	assert_true(pk_net_cpu_bytes(&k) * 128 <= 64ULL << 20);
	pk_net_keys_init(&k, 100000, 64ULL << 20);
	assert_int_equal(k.nr, PK_NET_MIN_CELLS);
}

/* --- groups of keys --- */

#define GROUPS 16
#define SIZE   8

static void test_group_finds_what_is_there(void **state)
{
	static atomic64_t keys[GROUPS * SIZE];
	bool known;

	(void)state;
	for (u64 key = 64; key <= 64 * 64; key += 64) {
		u32 from = pk_group_of(key, GROUPS, SIZE);
		int at = pk_group_get(keys, from, SIZE, key, &known);

		assert_true(from < GROUPS * SIZE && from % SIZE == 0);
		if (at < 0) {
			assert_int_equal(pk_group_find(keys, from, SIZE, key), -1);
			continue;
		}
		assert_false(known);
		assert_in_range(at, from, from + SIZE - 1);
		assert_int_equal(pk_group_find(keys, from, SIZE, key), at);
		assert_int_equal(pk_group_get(keys, from, SIZE, key, &known), at);
		assert_true(known);
	}
	for (u64 key = 64; key <= 64 * 64; key += 64) {
		u32 from = pk_group_of(key, GROUPS, SIZE);
		int at = pk_group_find(keys, from, SIZE, key);

		if (at < 0)
			continue;
		pk_group_drop(keys, at);
		assert_int_equal(pk_group_find(keys, from, SIZE, key), -1);
	}
}

static void test_group_is_full(void **state)
{
	static atomic64_t keys[SIZE];
	bool known;

	(void)state;
	for (u64 key = 1; key <= SIZE; key++)
		assert_true(pk_group_get(keys, 0, SIZE, key, &known) >= 0);
	assert_int_equal(pk_group_get(keys, 0, SIZE, 99, &known), -1);
	pk_group_drop(keys, 3);
	assert_int_equal(pk_group_get(keys, 0, SIZE, 99, &known), 3);
}

/* Threads that add rows at once agree on them. */
static void *add_rows(void *found)
{
	unsigned int *at = found;

	for (unsigned int i = 0; i < 400; i++) {
		struct pk_net_who who = who_of(5, PKPROF_NET_OPENED, i);

		at[i] = pk_net_cell_of(&m.keys, &who);
	}
	return NULL;
}

static void test_rows_by_threads(void **state)
{
	static unsigned int found[4][400];
	pthread_t thread[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, add_rows, found[i]), 0);
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	for (unsigned int i = 1; i < 4; i++)
		assert_memory_equal(found[i], found[0], sizeof(found[0]));
}

static struct pk_net_names names;

static unsigned int name_nr(unsigned int i)
{
	u32 text[2] = { i, 7 };

	return pk_net_name_of(&names, text, sizeof(text));
}

static void test_names(void **state)
{
	static const char longest[PKPROF_NET_MAX_NAME + 1] = "/x";
	unsigned int a, b, nr[4 * PK_NET_NAMES], left_out = 0;

	(void)state;
	memset(&names, 0, sizeof(names));
	assert_int_equal(pk_net_name_of(&names, "", 0), 0);
	assert_int_equal(pk_net_name_of(&names, longest, sizeof(longest)), 0);
	a = pk_net_name_of(&names, longest, PKPROF_NET_MAX_NAME);
	b = pk_net_name_of(&names, "/x", 2);
	/* what differs in length alone differs */
	assert_true(a && b && a != b);
	assert_int_equal(b, pk_net_name_of(&names, "/xy", 2));
	assert_int_equal(pk_net_name_at(&names, b)->bytes, 2);
	assert_memory_equal(pk_net_name_at(&names, b)->text, "/x\0\0\0\0\0\0", 8);
	assert_null(pk_net_name_at(&names, 0));
	assert_null(pk_net_name_at(&names, PK_NET_NAMES + 1));
	for (unsigned int i = 0; i < 4 * PK_NET_NAMES; i++)
		nr[i] = name_nr(i);
	for (unsigned int i = 0; i < 4 * PK_NET_NAMES; i++) {
		const struct pk_net_name *n = pk_net_name_at(&names, nr[i]);

		assert_int_equal(nr[i], name_nr(i));
		left_out += !n;
		if (n)
			assert_memory_equal(n->text, &i, sizeof(i));
	}
	/* the table fills up but for slots that nobody probed */
	assert_true(left_out >= 3 * PK_NET_NAMES && left_out < 3 * PK_NET_NAMES + PK_NET_NAMES / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, start, stop),
		cmocka_unit_test_setup_teardown(test_distributions, start, stop),
		cmocka_unit_test_setup_teardown(test_pool_runs_out, start, stop),
		cmocka_unit_test_setup_teardown(test_table_runs_over, start, stop),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_group_finds_what_is_there),
		cmocka_unit_test(test_group_is_full),
		cmocka_unit_test_setup_teardown(test_rows_by_threads, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
