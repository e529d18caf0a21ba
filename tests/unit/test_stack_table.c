// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interning of stacks: a hit always means the stack that the reader was told,
 * whatever is lost on the way; the least recently used way makes room.
 */
/* link: kmod/stack_table.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "stack.h"

#define SEED 0xfedcba9876543210ULL
#define MAX_SLOTS 4096

struct table {
	struct pk_stack_table t;
	u64 hash[MAX_SLOTS];
	u32 age[MAX_SLOTS];
};

static struct pk_stack_table *table_init(struct table *table, u32 nr_slots)
{
	memset(table, 0, sizeof(*table));
	table->t.hash = table->hash;
	table->t.age = table->age;
	table->t.nr_slots = nr_slots;
	return &table->t;
}

/* A stack that differs from others by its number only. */
static const struct pk_stack *stack_nr(u64 n)
{
	static struct pk_stack st;

	st = (struct pk_stack){ .nr = 3, .end = PKPROF_END_ROOT,
				.ip = { 0x401000 + n, 0x402000, 0x403000 } };
	return &st;
}

/* Look up and, if need be, define, as if the ring always had room. */
static bool intern(struct pk_stack_table *t, const struct pk_stack *st, u32 *slot_ret)
{
	u64 hash;

	if (pk_stack_lookup(t, st, SEED, &hash, slot_ret))
		return true;
	pk_stack_define(t, *slot_ret, hash);
	return false;
}

static void test_defined_means_defined(void **state)
{
	static struct table table;
	struct pk_stack_table *t = table_init(&table, 64);
	u32 first, slot;
	u64 hash;

	(void)state;
	assert_false(pk_stack_lookup(t, stack_nr(1), SEED, &hash, &first));
	/* its definition was lost: still unknown, same place */
	assert_false(pk_stack_lookup(t, stack_nr(1), SEED, &hash, &slot));
	assert_int_equal(slot, first);
	pk_stack_define(t, slot, hash);
	assert_true(pk_stack_lookup(t, stack_nr(1), SEED, &hash, &slot));
	assert_int_equal(slot, first);
}

static void test_lost_eviction_keeps_the_old(void **state)
{
	static struct table table;
	struct pk_stack_table *t = table_init(&table, PK_STACK_WAYS);
	u32 slot[PK_STACK_WAYS], victim, again;
	u64 hash, i;

	(void)state;
	for (i = 0; i < PK_STACK_WAYS; i++)
		assert_false(intern(t, stack_nr(i), &slot[i]));
	assert_false(pk_stack_lookup(t, stack_nr(99), SEED, &hash, &victim));
	assert_int_equal(victim, slot[0]);
	/* not told to the reader: the slot still stands for the old stack */
	assert_true(intern(t, stack_nr(0), &again));
	assert_int_equal(again, slot[0]);
}

static void check_eviction_order(u32 clock)
{
	static struct table table;
	struct pk_stack_table *t = table_init(&table, PK_STACK_WAYS);
	u32 slot[PK_STACK_WAYS], got;
	u64 i;

	t->clock = clock;
	for (i = 0; i < PK_STACK_WAYS; i++) {
		assert_false(intern(t, stack_nr(i), &slot[i]));
		assert_in_range(slot[i], 0, PK_STACK_WAYS - 1);
	}
	/* use all but the third again */
	assert_true(intern(t, stack_nr(2), &got));
	assert_true(intern(t, stack_nr(0), &got));
	assert_true(intern(t, stack_nr(3), &got));
	assert_true(intern(t, stack_nr(1), &got));
	assert_false(intern(t, stack_nr(10), &got));
	assert_int_equal(got, slot[2]);
	assert_false(intern(t, stack_nr(11), &got));
	assert_int_equal(got, slot[0]);
	assert_true(intern(t, stack_nr(3), &got));
	assert_true(intern(t, stack_nr(1), &got));
	assert_false(intern(t, stack_nr(2), &got));
}

static void test_least_recently_used_goes(void **state)
{
	u32 clock;

	(void)state;
	check_eviction_order(0);
	/* at each point of the wrap of the clock */
	for (clock = 0xffffffffu - 20; clock; clock++)
		check_eviction_order(clock);
}

static void assert_differ(const struct pk_stack *a, const struct pk_stack *b)
{
	static struct table table;
	struct pk_stack_table *t = table_init(&table, MAX_SLOTS);
	u64 hash_a, hash_b;
	u32 slot;

	pk_stack_lookup(t, a, SEED, &hash_a, &slot);
	pk_stack_lookup(t, b, SEED, &hash_b, &slot);
	assert_int_not_equal(hash_a, hash_b);
}

static void test_all_of_a_stack_counts(void **state)
{
	struct pk_stack a, b;
	unsigned int nr, i, bit;

	(void)state;
	for (nr = 1; nr <= PKPROF_MAX_DEPTH; nr += 21) {
		a = (struct pk_stack){ .nr = nr, .end = PKPROF_END_BAD_FRAME };
		for (i = 0; i < nr; i++)
			a.ip[i] = 0x555555550000ULL + i % 3;
		for (i = 0; i < nr; i++) {
			for (bit = 0; bit < 64; bit++) {
				b = a;
				b.ip[i] ^= 1ULL << bit;
				assert_differ(&a, &b);
			}
		}
		b = a;
		b.end = PKPROF_END_ROOT;
		assert_differ(&a, &b);
		b = a;
		b.nr--;
		assert_differ(&a, &b);
	}
	/* order, and frames that cancel each other out if only combined by xor */
	a = (struct pk_stack){ .nr = 4, .ip = { 1, 2, 3, 4 } };
	b = (struct pk_stack){ .nr = 4, .ip = { 3, 4, 1, 2 } };
	assert_differ(&a, &b);
	b = (struct pk_stack){ .nr = 4, .ip = { 2, 1, 4, 3 } };
	assert_differ(&a, &b);
	a = (struct pk_stack){ .nr = 2, .ip = { 5, 5 } };
	b = (struct pk_stack){ .nr = 2, .ip = { 9, 9 } };
	assert_differ(&a, &b);
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void test_spread_and_secret(void **state)
{
	enum { NR = 200000 };
	static struct table table;
	struct pk_stack_table *t = table_init(&table, MAX_SLOTS);
	u32 slot, other, in_set[MAX_SLOTS / PK_STACK_WAYS] = { 0 }, most = 0, same = 0;
	u64 *hash = calloc(NR, sizeof(*hash)), unused, i;

	(void)state;
	assert_non_null(hash);
	for (i = 0; i < NR; i++) {
		pk_stack_lookup(t, stack_nr(i), SEED, &hash[i], &slot);
		pk_stack_lookup(t, stack_nr(i), SEED + 1, &unused, &other);
		assert_int_not_equal(hash[i], 0);
		same += slot == other;
		if (++in_set[slot / PK_STACK_WAYS] > most)
			most = in_set[slot / PK_STACK_WAYS];
	}
	qsort(hash, NR, sizeof(*hash), compare_u64);
	for (i = 1; i < NR; i++)
		assert_int_not_equal(hash[i], hash[i - 1]);
	/* 195 on average in each of 1024 sets, 14 of standard deviation */
	assert_in_range(most, 196, 270);
	/* another seed puts them elsewhere, but for 1 in 1024 */
	assert_in_range(same, 100, 300);
	free(hash);
}

/* What the reader knows: the number of the stack last defined in each slot. */
static void test_reader_never_misled(void **state)
{
	static struct table table;
	struct pk_stack_table *t = table_init(&table, 256);
	static u64 told[256];
	unsigned int i, hits = 0, x = 1;
	u64 hash, n;
	u32 slot;

	(void)state;
	memset(told, 0xff, sizeof(told));
	for (i = 0; i < 1000000; i++) {
		x = x * 1103515245u + 12345u;
		/* some stacks are frequent, most are rare: 1200 for 256 slots */
		n = (x >> 16) % 2 ? (x >> 20) % 100 : (x >> 20) % 1200;
		if (pk_stack_lookup(t, stack_nr(n), SEED, &hash, &slot)) {
			assert_int_equal(told[slot], n);
			hits++;
		} else if ((x >> 8) % 3) {	/* else the ring is full */
			assert_in_range(slot, 0, 255);
			told[slot] = n;
			pk_stack_define(t, slot, hash);
		}
	}
	/* the frequent half hits nearly always, or this tests nothing */
	assert_in_range(hits, 300000, 900000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defined_means_defined),
		cmocka_unit_test(test_lost_eviction_keeps_the_old),
		cmocka_unit_test(test_least_recently_used_goes),
		cmocka_unit_test(test_all_of_a_stack_counts),
		cmocka_unit_test(test_spread_and_secret),
		cmocka_unit_test(test_reader_never_misled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
