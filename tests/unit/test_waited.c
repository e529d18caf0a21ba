// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/waited_sums.c tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
/*
 * What waits were for: the module's cells, also where there is no room and where a cell
 * becomes another's; and from readings of them to pieces of a file, with nothing twice and
 * nothing lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "waited_sums.h"
#undef min
#undef max
#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/waited.h"
#include "source/ledger.h"

/* --- the module's sums --- */

static struct pk_waited_keys keys;
static struct pk_waited_cell *cpus[3];	/* the last one is not there */

static void clear(void)
{
	memset(&keys, 0, sizeof(keys));
	for (int i = 0; i < 2; i++) {
		free(cpus[i]);
		cpus[i] = calloc(PK_WAITED_NR, sizeof(*cpus[i]));
	}
}

static struct pk_waited_what of(uint32_t tgid, uint16_t target, uint8_t line)
{
	return (struct pk_waited_what){ .tgid = tgid, .target = target, .line = line };
}

static bool tell(unsigned int at, uint64_t epoch_ns, bool *idle_ret, struct pk_waited_told *ret)
{
	return pk_waited_tell(&keys, cpus, 3, at, epoch_ns, idle_ret, ret);
}

static void test_sums_of_all_cpus(void **state)
{
	struct pk_waited_what w = of(7, 3, PKPROF_LINE_DISK), other = of(7, 3, PKPROF_LINE_SOCKET);
	struct pk_waited_told told;
	bool idle;
	uint32_t at;

	(void)state;
	clear();
	at = pk_waited_cell_of(&keys, &w);
	assert_true(at < PK_WAITED_CELLS);
	assert_int_equal(pk_waited_cell_of(&keys, &w), at);
	assert_int_not_equal(pk_waited_cell_of(&keys, &other), at);
	assert_false(tell(at, 0, &idle, &told));
	pk_waited_book(&cpus[0][at], 100, 1, 1000);
	pk_waited_book(&cpus[1][at], 50, 0, 2000);
	assert_true(tell(at, 1500, &idle, &told));
	assert_false(idle);
	assert_int_equal(told.nr, 1);
	assert_int_equal(told.ns, 150);
	assert_int_equal(told.what.tgid, 7);
	assert_int_equal(told.what.target, 3);
	assert_int_equal(told.what.line, PKPROF_LINE_DISK);
	assert_false(told.any_tgid);
	assert_false(tell(at, 2001, &idle, &told));
	assert_true(idle);
}

static void test_a_cell_becomes_anothers(void **state)
{
	struct pk_waited_what w = of(7, 3, PKPROF_LINE_DISK);
	struct pk_waited_told first, second;
	uint32_t at;
	bool idle;

	(void)state;
	clear();
	at = pk_waited_cell_of(&keys, &w);
	pk_waited_book(&cpus[0][at], 100, 1, 1000);
	assert_true(tell(at, 0, &idle, &first));
	pk_waited_free(&keys, cpus, 3, at);
	assert_false(tell(at, 0, &idle, &second));
	assert_int_equal(pk_waited_cell_of(&keys, &w), at);
	pk_waited_book(&cpus[0][at], 5, 1, 3000);
	assert_true(tell(at, 0, &idle, &second));
	assert_int_equal(second.ns, 5);
	assert_int_not_equal(first.id, second.id);
}

/* Nothing is lost: who finds no room is booked for all such, by target, at last by line. */
static void test_no_room(void **state)
{
	uint64_t sum = 0, any = 0, always = 0;
	struct pk_waited_told told;
	bool idle;

	(void)state;
	clear();
	for (uint32_t i = 0; i < 4 * PK_WAITED_CELLS; i++) {
		struct pk_waited_what w = of(1 + i, 1 + i % 3, PKPROF_LINE_SOCKET);

		pk_waited_book(&cpus[i % 2][pk_waited_cell_of(&keys, &w)], i, 1, 1000);
	}
	for (unsigned int at = 0; at < PK_WAITED_NR; at++) {
		if (!tell(at, 0, &idle, &told))
			continue;
		sum += told.ns;
		assert_int_equal(told.what.line, PKPROF_LINE_SOCKET);
		assert_int_equal(!told.what.tgid, told.any_tgid);
		any += told.any_tgid && told.what.target;
		always += told.any_tgid && !told.what.target;
	}
	assert_int_equal(sum, 4ULL * PK_WAITED_CELLS * (4ULL * PK_WAITED_CELLS - 1) / 2);
	assert_true(any + always > 0);
	clear();
}

/* --- from readings to pieces --- */

#define T0 2000000000ULL
#define NR 12

static struct {
	struct pk_waited w;
	struct pk_reading_times times;
	struct pk_writer *writer;
	int fd;
	struct pk_profile p;
	uint64_t rng, now_ns;
	struct pkprof_wait_on row[NR];
	uint64_t gone_ns[NR];	/* of those who had the cell before */
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
	assert_int_equal(pk_writer_create(m.fd, "test", &m.writer, NULL), 0);
	m.times.last_ns = T0;
	pk_waited_init(&m.w, m.writer, &m.times);
	for (unsigned int i = 0; i < NR; i++) {
		bool disk = i % 2;

		m.row[i] = (struct pkprof_wait_on){
			.cell = i * 7, .id = i, .tgid = 100, .port = i,
			.line = disk ? PKPROF_LINE_DISK : PKPROF_LINE_SOCKET,
			.kind = disk ? PKPROF_ON_DEVICE : PKPROF_ON_ACCEPTED,
			.family = disk ? 0 : i % 4 ? 6 : 4,
			.remote = { 10, 0, 0, 1 }, .local = { 10, 0, 0, i },
		};
		assert_null(pk_wait_on_fault(&m.row[i], sizeof(m.row[i])));
	}
}

static void reading(bool complete)
{
	m.now_ns += 1 + below(1000000000);
	pk_reading_times_begin(&m.times, m.now_ns);
	for (unsigned int i = 0; i < NR; i++) {
		m.row[i].ns += below(1000000);
		m.row[i].nr += below(3);
		/* it was told whole, and became another process's */
		if (complete && !below(10)) {
			assert_int_equal(pk_waited_take(&m.w, &m.row[i], "vdx"), 0);
			m.gone_ns[i] += m.row[i].ns;
			m.row[i].ns = m.row[i].nr = 0;
			m.row[i].id += NR;
		}
		if (complete || below(2))
			assert_int_equal(pk_waited_take(&m.w, &m.row[i], "vdx"), 0);
	}
	pk_reading_times_end(&m.times, complete);
}

static void load(void)
{
	struct image i;

	pk_waited_deinit(&m.w);
	assert_int_equal(pk_writer_finish(m.writer, m.now_ns), 0);
	pk_writer_destroy(m.writer);
	i = fixture_read(m.fd);
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &m.p, NULL), 0);
	image_free(&i);
}

static void compare(void)
{
	uint64_t ns[NR] = { 0 };

	PK_VEC_FOREACH(&m.p.wait_on, x) {
		const struct pkprof_wait_on *row = &m.row[x->port];
		const char *name = pk_strtab_get(&m.p.strings, x->name);

		assert_true(x->port < NR && x->from_ns < x->to_ns && x->from_ns >= T0 - 1);
		assert_int_equal(x->line, row->line);
		assert_int_equal(x->kind, row->kind);
		assert_int_equal(x->family, row->family);
		assert_int_equal(x->tgid, 100);
		if (row->kind == PKPROF_ON_DEVICE)
			assert_string_equal(name, "vdx");
		else
			assert_string_equal(name, row->family == 4 ? "10.0.0.1" : "a00:1::");
		ns[x->port] += x->ns;
	}
	for (unsigned int i = 0; i < NR; i++)
		assert_int_equal(ns[i], m.row[i].ns + m.gone_ns[i]);
}

static void test_nothing_twice_and_nothing_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		start(seed);
		for (unsigned int r = 0; r < 30; r++)
			reading(below(4));
		reading(true);
		load();
		compare();
		pk_profile_deinit(&m.p);
	}
}

/* A reading that tells less than the one before, as CPUs are read in turns, is made up for. */
static void test_less_is_nothing(void **state)
{
	struct pkprof_wait_on less;

	(void)state;
	start(1);
	reading(true);
	less = m.row[1];
	less.ns -= less.ns / 2;
	m.now_ns += 1000;
	pk_reading_times_begin(&m.times, m.now_ns);
	assert_int_equal(pk_waited_take(&m.w, &less, "vdx"), 0);
	pk_reading_times_end(&m.times, true);
	reading(true);
	load();
	compare();
	pk_profile_deinit(&m.p);
}

static void test_nonsense_is_refused(void **state)
{
	struct pkprof_wait_on w;

	(void)state;
	start(1);
	w = m.row[0];
	assert_non_null(pk_wait_on_fault(&w, sizeof(w) - 1));
	w.line = PKPROF_NR_LINES;
	assert_non_null(pk_wait_on_fault(&w, sizeof(w)));
	w = m.row[0];
	w.kind = PKPROF_NR_ON_KINDS;
	assert_non_null(pk_wait_on_fault(&w, sizeof(w)));
	w = m.row[0];
	w.family = 5;
	assert_non_null(pk_wait_on_fault(&w, sizeof(w)));
	w = m.row[0];
	w.flags = PKPROF_ON_ANY_TGID;
	assert_non_null(pk_wait_on_fault(&w, sizeof(w)));
	load();
	pk_profile_deinit(&m.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_of_all_cpus),
		cmocka_unit_test(test_a_cell_becomes_anothers),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_nothing_twice_and_nothing_lost),
		cmocka_unit_test(test_less_is_nothing),
		cmocka_unit_test(test_nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
