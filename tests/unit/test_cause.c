// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/cause.c */
/*
 * The cause of a wait: each row of the table with each kind of sleep, its number in
 * the system's own headers, each type of file, and which rule goes before which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "cause.h"

enum deep {
	LOCK,
	DISK,
	FILE_DATA,
	CHILD,
	SAME,
};

struct row {
	const char *name;
	int nr64, nr32;		/* -1: there is no such call */
	u8 line;
	enum deep deep;
};

#define DEEP_LOCK	LOCK
#define DEEP_DISK	DISK
#define DEEP_FILE	FILE_DATA
#define DEEP_CHILD	CHILD
#define DEEP_SAME	SAME
#define LINE(name)	PKPROF_LINE_##name
#define BY_FILE		PK_ASK_FILE
#define AGAIN		PK_ASK_AGAIN

#define PK_CALL_BOTH(name, nr64, nr32, line, deep) { #name, nr64, nr32, line, DEEP_##deep },
#define PK_CALL_64(name, nr64, line, deep)	   { #name, nr64, -1, line, DEEP_##deep },
#define PK_CALL_32(name, nr32, line, deep)	   { #name, -1, nr32, line, DEEP_##deep },
static const struct row rows[] = {
#include "cause_table.h"
};

#define USER(sleep_, call_, compat_)                                                         \
	(&(struct pk_blocked){ .kind = PK_KIND_USER, .sleep = PK_SLEEP_##sleep_,                \
			       .call = (call_), .compat = (compat_) })

static u8 deep_line(const struct row *r, u8 sleep)
{
	switch (r->deep) {
	case DISK:
		return PKPROF_LINE_DISK;
	case FILE_DATA:
		return PK_ASK_FILE;
	case CHILD:
		return sleep == PK_SLEEP_KILLABLE ? PKPROF_LINE_CHILD : PKPROF_LINE_KLOCK;
	case SAME:
		return r->line;
	default:
		return PKPROF_LINE_KLOCK;
	}
}

static void check_row(const struct row *r, int nr, bool compat)
{
	struct pk_blocked w = { .kind = PK_KIND_USER, .call = nr, .compat = compat };

	if (nr < 0)
		return;
	w.sleep = PK_SLEEP_INTERRUPTIBLE;
	assert_int_equal(pk_cause_of(&w), r->line);
	w.sleep = PK_SLEEP_UNINTERRUPTIBLE;
	assert_int_equal(pk_cause_of(&w), deep_line(r, w.sleep));
	w.sleep = PK_SLEEP_KILLABLE;
	assert_int_equal(pk_cause_of(&w), deep_line(r, w.sleep));
	w.in_iowait = true;
	assert_int_equal(pk_cause_of(&w), r->deep == SAME ? r->line : PKPROF_LINE_DISK);
	w.sleep = PK_SLEEP_INTERRUPTIBLE;
	assert_int_equal(pk_cause_of(&w), r->deep == SAME ? r->line : PKPROF_LINE_DISK);
	w.sleep = PK_SLEEP_STOPPED;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_STOPPED);
	w.sleep = PK_SLEEP_RTLOCK;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_RTLOCK);
}

static void test_each_row(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		check_row(&rows[i], rows[i].nr64, false);
		check_row(&rows[i], rows[i].nr32, true);
	}
}

static bool row_exists(int nr, bool compat)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((compat ? rows[i].nr32 : rows[i].nr64) == nr)
			return true;
	}
	return false;
}

static void test_calls_without_a_row(void **state)
{
	unsigned int nr, compat;

	(void)state;
	for (compat = 0; compat < 2; compat++) {
		for (nr = 0; nr < PK_NR_CALLS + 100; nr++) {
			if (row_exists(nr, compat))
				continue;
			assert_int_equal(pk_cause_of(USER(INTERRUPTIBLE, nr, compat)),
					 PKPROF_LINE_OTHER);
			assert_int_equal(pk_cause_of(USER(UNINTERRUPTIBLE, nr, compat)),
					 PKPROF_LINE_KLOCK);
		}
	}
}

/* A number that stands twice would lose a row without a word. */
static void test_no_number_twice(void **state)
{
	unsigned int i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (j = 0; j < i; j++) {
			assert_true(rows[i].nr64 < 0 || rows[i].nr64 != rows[j].nr64);
			assert_true(rows[i].nr32 < 0 || rows[i].nr32 != rows[j].nr32);
		}
		assert_true(rows[i].nr64 < PK_NR_CALLS && rows[i].nr32 < PK_NR_CALLS);
	}
}

/* The number that this system's header gives a call; -1: it does not know it. */
static int number_in(const char *header, const char *name)
{
	char line[200], word[100];
	FILE *f = fopen(header, "r");
	int nr, found = -1;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "#define __NR_%99s %d", word, &nr) == 2 && !strcmp(word, name))
			found = nr;
	}
	fclose(f);
	return found;
}

static void check_number(const struct row *r, int nr, const char *header)
{
	int known = number_in(header, r->name);

	if (nr >= 0 && known >= 0 && known != nr)
		fail_msg("%s is %d in %s, not %d", r->name, known, header, nr);
	/* what newer kernels brought may be unknown here */
	if (nr >= 0 && known < 0 && nr < 440)
		fail_msg("%s does not know %s", header, r->name);
}

static void test_numbers_are_the_kernels(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		check_number(&rows[i], rows[i].nr64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
		check_number(&rows[i], rows[i].nr32, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h");
	}
}

static void test_each_type_of_file(void **state)
{
	static const u8 lines[PK_NR_FILE_TYPES] = {
		[PK_FILE_UNKNOWN] = PKPROF_LINE_OTHER, [PK_FILE_DATA] = PKPROF_LINE_DISK,
		[PK_FILE_SOCKET] = PKPROF_LINE_SOCKET, [PK_FILE_PIPE] = PKPROF_LINE_PIPE,
		[PK_FILE_EVENTFD] = PKPROF_LINE_PIPE,  [PK_FILE_TTY] = PKPROF_LINE_TTY,
		[PK_FILE_EVENTS] = PKPROF_LINE_POLL,   [PK_FILE_IO_URING] = PKPROF_LINE_AIO,
	};
	unsigned int type;

	(void)state;
	for (type = 0; type < PK_NR_FILE_TYPES; type++) {
		assert_int_equal(pk_cause_of_file(USER(INTERRUPTIBLE, 0, false), type), lines[type]);
		assert_int_equal(pk_cause_of_file(USER(UNINTERRUPTIBLE, 0, false), type),
				 type == PK_FILE_DATA ? PKPROF_LINE_DISK : PKPROF_LINE_KLOCK);
		assert_int_equal(pk_cause_of_file(USER(KILLABLE, 0, false), type),
				 type == PK_FILE_DATA ? PKPROF_LINE_DISK : PKPROF_LINE_KLOCK);
	}
}

static void test_workers(void **state)
{
	struct pk_blocked w = { .kind = PK_KIND_WORKER, .call = 202 };

	(void)state;
	w.sleep = PK_SLEEP_INTERRUPTIBLE;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_KTHREAD);
	w.sleep = PK_SLEEP_IDLE;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_KTHREAD);
	w.sleep = PK_SLEEP_UNINTERRUPTIBLE;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_KLOCK);
	w.in_iowait = true;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_DISK);
	w.sleep = PK_SLEEP_RTLOCK;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_RTLOCK);
	w.sleep = PK_SLEEP_STOPPED;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_STOPPED);
}

static void test_exit(void **state)
{
	struct pk_blocked w = { .kind = PK_KIND_EXITING, .call = 202 };

	(void)state;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_KLOCK);
	w.in_iowait = true;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_DISK);
}

static void test_exceptions(void **state)
{
	struct pk_blocked w = { .kind = PK_KIND_USER, .call = PK_CALL_NONE };

	(void)state;
	for (w.sleep = PK_SLEEP_INTERRUPTIBLE; w.sleep <= PK_SLEEP_UNINTERRUPTIBLE; w.sleep++) {
		w.in_iowait = false;
		assert_int_equal(pk_cause_of(&w), PKPROF_LINE_FAULT);
		w.in_iowait = true;
		assert_int_equal(pk_cause_of(&w), PKPROF_LINE_FAULT);
	}
	w.sleep = PK_SLEEP_STOPPED;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_STOPPED);
	w.sleep = PK_SLEEP_RTLOCK;
	assert_int_equal(pk_cause_of(&w), PKPROF_LINE_RTLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_row),
		cmocka_unit_test(test_calls_without_a_row),
		cmocka_unit_test(test_no_number_twice),
		cmocka_unit_test(test_numbers_are_the_kernels),
		cmocka_unit_test(test_each_type_of_file),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_exceptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
