// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of unwind rows against a plain list, their limits, and what is no such table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unwind/rows_builder.h"

#define PAGE 0x10000

static struct pkprof_rule rule_of(unsigned int off)
{
	return (struct pkprof_rule){
		.kind = PKPROF_RULE_CFA, .reg = PKPROF_REG_SP, .ra = 1, .off = off * 8
	};
}

static void add(struct pk_rows_builder *b, uint64_t off, unsigned int rule)
{
	struct pkprof_rule r = rule_of(rule);

	if (!rule)
		r = (struct pkprof_rule){ .kind = PKPROF_RULE_GAP };
	assert_int_equal(pk_rows_add(b, off, &r), 0);
}

static struct pk_rows_blob finish(struct pk_rows_builder *b)
{
	struct pk_rows_blob blob;

	assert_int_equal(pk_rows_finish(b, 0, NULL, &blob), 0);
	pk_rows_builder_deinit(b);
	assert_true(pk_rows_valid(blob.data, blob.bytes));
	return blob;
}

/* @rule 0: a gap. */
static void assert_found(const struct pk_rows_blob *b, uint64_t off, unsigned int rule)
{
	const struct pkprof_rule *r = pk_urows_find(b->data, off);

	if (!rule)
		assert_true(!r || r->kind == PKPROF_RULE_GAP);
	else
		assert_true(r && r->kind == PKPROF_RULE_CFA && r->off == (int)rule * 8);
}

static void test_pages(void **state)
{
	struct pk_rows_builder b = { 0 };
	struct pk_rows_blob blob;

	(void)state;
	add(&b, 0x1000, 1);
	add(&b, 0xffff, 2);
	add(&b, PAGE, 3);
	add(&b, 4 * PAGE + 5, 4);
	add(&b, 6 * PAGE, 0);
	blob = finish(&b);
	assert_int_equal(blob.data->nr_rows, 5);
	assert_int_equal(blob.data->nr_pages, 7);
	assert_int_equal(blob.data->nr_rules, 5);
	assert_int_equal(blob.data->bytes, blob.bytes);
	assert_found(&blob, 0, 0);
	assert_found(&blob, 0xfff, 0);
	assert_found(&blob, 0x1000, 1);
	assert_found(&blob, 0xfffe, 1);
	assert_found(&blob, 0xffff, 2);
	assert_found(&blob, PAGE, 3);
	assert_found(&blob, 2 * PAGE + 0x8000, 3); /* a page without rows */
	assert_found(&blob, 4 * PAGE + 4, 3);
	assert_found(&blob, 4 * PAGE + 5, 4);
	assert_found(&blob, 6 * PAGE - 1, 4);
	assert_found(&blob, 6 * PAGE, 0);
	assert_found(&blob, 100 * PAGE, 0);
	assert_found(&blob, UINT64_MAX, 0);
	pk_rows_release(&blob);
}

/* Rows that change nothing, that are replaced, and that come late. */
static void test_merging(void **state)
{
	struct pk_rows_builder b = { 0 };
	struct pk_rows_blob blob;

	(void)state;
	add(&b, 5, 0); /* a gap it is already */
	add(&b, 10, 1);
	add(&b, 20, 1);
	add(&b, 30, 2);
	add(&b, 30, 1); /* which is the rule before */
	add(&b, 30, 3);
	add(&b, 40, 4);
	add(&b, 40, 5);
	add(&b, 35, 6); /* taken for 40 */
	add(&b, PAGE + 7, 7);
	add(&b, PAGE + 7, 6); /* the page has begun, without a row */
	add(&b, PAGE + 9, 8);
	blob = finish(&b);
	assert_int_equal(blob.data->nr_rows, 4);
	assert_found(&blob, 9, 0);
	assert_found(&blob, 10, 1);
	assert_found(&blob, 29, 1);
	assert_found(&blob, 30, 3);
	assert_found(&blob, 39, 3);
	assert_found(&blob, 40, 6);
	assert_found(&blob, PAGE + 8, 6);
	assert_found(&blob, PAGE + 9, 8);
	pk_rows_release(&blob);
}

static void test_empty(void **state)
{
	struct pk_rows_builder b = { 0 };
	struct pk_rows_blob blob = finish(&b);

	(void)state;
	assert_int_equal(blob.data->nr_rows, 0);
	assert_found(&blob, 0, 0);
	pk_rows_release(&blob);
}

/* Against an array with a rule for each offset. */
static void test_random(void **state)
{
	enum {
		OFFSETS = 5 * PAGE
	};
	uint8_t *plain = malloc(OFFSETS);

	(void)state;
	srandom(7);
	for (unsigned int round = 0; round < 8; round++) {
		struct pk_rows_builder b = { 0 };
		struct pk_rows_blob blob;
		uint32_t at = 0, step = 4 << (2 * round);

		memset(plain, 0, OFFSETS);
		while (at < OFFSETS) {
			unsigned int rule = random() % 12;

			add(&b, at, rule);
			memset(plain + at, rule, OFFSETS - at);
			at += random() % step;
		}
		blob = finish(&b);
		assert_true(blob.data->nr_rules <= 12);
		for (at = 0; at < OFFSETS; at++)
			assert_found(&blob, at, plain[at]);
		pk_rows_release(&blob);
	}
	free(plain);
}

/* An index has 16 bits: what has none is UNKNOWN, and what was there before stays. */
static void test_too_many_rules(void **state)
{
	struct pk_rows_builder b = { 0 };
	struct pk_rows_blob blob;
	const struct pkprof_rule *r;

	(void)state;
	for (unsigned int i = 1; i <= 70000; i++)
		add(&b, i * 3, i);
	add(&b, 70001 * 3, 5);
	assert_int_equal(b.nr_replaced, 70000 - 65534);
	blob = finish(&b);
	assert_int_equal(blob.data->nr_rules, 65535);
	assert_found(&blob, 65534 * 3, 65534);
	r = pk_urows_find(blob.data, 65535 * 3);
	assert_true(r && r->kind == PKPROF_RULE_UNKNOWN);
	assert_found(&blob, 70001 * 3, 5);
	pk_rows_release(&blob);
}

static void test_too_large(void **state)
{
	struct pk_rows_builder b = { 0 };
	struct pkprof_rule r = rule_of(1);
	uint64_t off = 0;
	int ret = 0;

	(void)state;
	assert_int_equal(pk_rows_add(&b, UINT64_MAX, &r), -EFBIG);
	assert_int_equal(pk_rows_add(&b, 1ULL << 41, &r), -EFBIG);
	while (!ret) {
		r.off = ++off % 1000;
		ret = pk_rows_add(&b, off, &r);
	}
	assert_int_equal(ret, -EFBIG);
	assert_true(off > 5 << 20 && off * 4 < PK_ROWS_MAX_BYTES);
	pk_rows_builder_deinit(&b);
}

/* Each number of the head, and the parts behind it. */
static void test_validity(void **state)
{
	struct pk_rows_builder b = { 0 };
	struct pk_rows_blob blob;
	struct pkprof_rows *h;
	struct pkprof_row *row;
	struct pkprof_rule *rule;
	uint32_t *page;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		add(&b, i * 3000, i % 9 + 1);
	blob = finish(&b);
	h = blob.data;
	rule = (void *)pk_urows_rules(h);
	page = (void *)pk_urows_pages(h);
	row = (void *)pk_urows_rows(h);
#define ASSERT_SPOILT(place, value)                         \
	do {                                                \
		__typeof__(place) was = (place);            \
		(place) = (value);                          \
		assert_false(pk_rows_valid(h, blob.bytes)); \
		(place) = was;                              \
		assert_true(pk_rows_valid(h, blob.bytes));  \
	} while (0)
	ASSERT_SPOILT(h->magic, 1);
	ASSERT_SPOILT(h->bytes, blob.bytes + 4);
	ASSERT_SPOILT(h->nr_rules, h->nr_rules + 1);
	ASSERT_SPOILT(h->nr_rules, UINT32_MAX);
	ASSERT_SPOILT(h->nr_pages, h->nr_pages - 1);
	ASSERT_SPOILT(h->nr_pages, UINT32_MAX);
	ASSERT_SPOILT(h->nr_rows, h->nr_rows + 1);
	ASSERT_SPOILT(h->nr_rows, UINT32_MAX);
	ASSERT_SPOILT(rule[2].kind, PKPROF_NR_RULE_KINDS);
	ASSERT_SPOILT(rule[0].reg, PKPROF_NR_REGS);
	ASSERT_SPOILT(page[0], 1);
	ASSERT_SPOILT(page[1], UINT32_MAX);
	ASSERT_SPOILT(page[2], 0);
	ASSERT_SPOILT(page[h->nr_pages], h->nr_rows - 1);
	ASSERT_SPOILT(row[5].rule, h->nr_rules);
	ASSERT_SPOILT(row[5].off, row[4].off);
	ASSERT_SPOILT(row[5].off, row[6].off + 1);
#undef ASSERT_SPOILT
	for (size_t len = 0; len < blob.bytes; len++)
		assert_false(pk_rows_valid(h, len));
	pk_rows_release(&blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),	       cmocka_unit_test(test_merging),
		cmocka_unit_test(test_empty),	       cmocka_unit_test(test_random),
		cmocka_unit_test(test_too_many_rules), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_validity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
