// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jitdumps: records of all kinds in both byte orders, dumps that lie or end early; and the
 * names of what was sampled, at the time at which it was sampled.
 */
/* link: tests/unit/jitdump_fixture.c tests/unit/model_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "jitdump_fixture.h"
#include "model/model.h"
#include "model_fixture.h"
#include "symbol/jitdump.h"
#include "symbol/symbolizer.h"

#define PID  7 /* as the JIT sees itself */
#define TGID 10

/* --- reading --------------------------------------------------------------------------- */

static struct pk_strbuf seen;

static int note(void *ctx, const struct pk_jitdump_rec *r, uint64_t at)
{
	(void)ctx;
	pk_strbuf_printf(&seen, "%s %u %llu #%llu %llx+%llx",
			 r->kind == PK_JITDUMP_LOAD ? "load" : "move", r->pid,
			 (unsigned long long)r->time_ns, (unsigned long long)r->index,
			 (unsigned long long)r->addr, (unsigned long long)r->size);
	if (r->kind == PK_JITDUMP_LOAD)
		pk_strbuf_printf(&seen, " %.*s @%llu", (int)r->name_len, r->name,
				 (unsigned long long)(at + r->code_off));
	pk_strbuf_puts(&seen, "\n");
	return 0;
}

static int fd_of(const struct dump *d)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, d->b.data, d->b.len), d->b.len);
	return fd;
}

static int read_all(const struct dump *d, struct pk_jitdump_head *head)
{
	int fd = fd_of(d), ret;

	pk_strbuf_clear(&seen);
	pk_strbuf_puts(&seen, "");
	ret = pk_jitdump_each(fd, head, note, NULL);
	close(fd);
	return ret;
}

static void fill(struct dump *d)
{
	dump_head(d, PID, 0);
	dump_load(d, PID, 100, 0, 0x1000, 0x40, "first");
	/* lines of its source, how to unwind, and what nobody knows yet */
	dump_prefix(d, 2, 32, 101);
	dump_u64(d, 0x1000);
	dump_u64(d, 0);
	dump_prefix(d, 4, 24, 102);
	dump_u64(d, 0);
	dump_prefix(d, 77, 16, 103);
	dump_move(d, PID, 104, 0, 0x2000, 0x40);
	dump_load(d, PID, 105, 1, 0x1000, 0x10, "second, with blanks");
	dump_close(d);
	dump_load(d, PID, 106, 2, 0x1000, 0x10, "after the end");
}

static void test_records(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct dump d = { .swapped = swapped };
		struct pk_jitdump_head head;

		fill(&d);
		assert_int_equal(read_all(&d, &head), 0);
		assert_int_equal(head.swapped, swapped);
		assert_int_equal(head.pid, PID);
		assert_false(head.own_clock);
		assert_string_equal(seen.data, "load 7 100 #0 1000+40 first @102\n"
					       "move 7 104 #0 2000+40\n"
					       "load 7 105 #1 1000+10 second, with blanks @378\n");
		dump_deinit(&d);
	}
}

static void test_heads(void **state)
{
	struct pk_jitdump_head head;
	struct dump d = { 0 };
	uint32_t v;

	(void)state;
	assert_int_equal(read_all(&d, &head), -EBADMSG);
	dump_head(&d, PID, 1);
	assert_int_equal(read_all(&d, &head), 0);
	assert_true(head.own_clock);
	for (size_t len = 0; len < 40; len++)
		assert_int_equal(pk_jitdump_begin(d.b.data, len, &head), -EBADMSG);
	v = 2;
	memcpy(d.b.data + 4, &v, 4);
	assert_int_equal(read_all(&d, &head), -EPROTONOSUPPORT);
	v = 1;
	memcpy(d.b.data + 4, &v, 4);
	/* a head that is longer than what we know of it */
	v = 48;
	memcpy(d.b.data + 8, &v, 4);
	dump_u64(&d, 0);
	dump_load(&d, PID, 1, 0, 0x10, 1, "f");
	assert_int_equal(read_all(&d, &head), 0);
	assert_string_equal(seen.data, "load 7 1 #0 10+1 f @106\n");
	v = 39;
	memcpy(d.b.data + 8, &v, 4);
	assert_int_equal(read_all(&d, &head), -EBADMSG);
	d.b.data[0] = 'X';
	assert_int_equal(read_all(&d, &head), -EBADMSG);
	dump_deinit(&d);
}

/* Cut anywhere: what was whole before counts. */
static void test_cut(void **state)
{
	struct dump d = { 0 };
	struct pk_jitdump_head head;
	size_t len;

	(void)state;
	fill(&d);
	len = d.b.len;
	for (d.b.len = 40; d.b.len < len; d.b.len++) {
		assert_int_equal(read_all(&d, &head), 0);
		assert_int_equal(!strncmp(seen.data, "load 7 100", 10), d.b.len >= 166);
		assert_int_equal(!!strstr(seen.data, "move"), d.b.len >= 302);
	}
	dump_deinit(&d);
}

/* Records that lie are passed over; one without a length ends it all. */
static void test_lies(void **state)
{
	static const struct {
		uint32_t bytes;
		uint64_t addr, size;
	} lies[] = {
		{ 56, 0x10, 1 },       { 57, 0x10, 1 },		  { 70, 0x10, 14 },
		{ 70, 0x10, 15 },      { 70, 0x10, UINT64_MAX },  { 70, 0x10, 0 },
		{ 70, UINT64_MAX, 1 }, { 70, UINT64_MAX - 3, 5 }, { 20, 0x10, 1 },
	};
	struct pk_jitdump_head head;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct dump d = { 0 };

		dump_head(&d, PID, 0);
		dump_prefix(&d, 0, lies[i].bytes, 1);
		dump_u64(&d, PID);
		dump_u64(&d, 0);
		dump_u64(&d, lies[i].addr);
		dump_u64(&d, lies[i].size);
		dump_u64(&d, 0);
		pk_strbuf_add(&d.b, "abcdefgh\0\0\0\0\0\0", 14);
		d.b.len = 40 + lies[i].bytes;
		dump_load(&d, PID, 2, 0, 0x10, 1, "f");
		assert_int_equal(read_all(&d, &head), 0);
		assert_int_equal(strncmp(seen.data, "load 7 2", 8), 0);
		dump_deinit(&d);
	}
	for (uint32_t bytes = 0; bytes < 16; bytes++) {
		struct dump d = { 0 };

		dump_head(&d, PID, 0);
		dump_prefix(&d, 77, bytes, 1);
		dump_load(&d, PID, 2, 0, 0x10, 1, "f");
		assert_int_equal(read_all(&d, &head), 0);
		assert_string_equal(seen.data, "");
		dump_deinit(&d);
	}
}

/* A name that never ends is cut; code larger than what is read at once is skipped. */
static void test_large(void **state)
{
	char *name = malloc(20001);
	struct pk_jitdump_head head;
	struct dump d = { 0 };
	const char *second;

	(void)state;
	memset(name, 'n', 20000);
	name[20000] = '\0';
	dump_head(&d, PID, 0);
	dump_load(&d, PID, 1, 0, 0x1000, 300000, name);
	for (int i = 0; i < 3000; i++)
		dump_load(&d, PID, 2 + i, i, 0x1000, 50, "small");
	assert_int_equal(read_all(&d, &head), 0);
	second = strstr(seen.data, "load 7 2 ");
	assert_non_null(second);
	assert_true(second - seen.data > 8192 && second - seen.data < 8300);
	assert_non_null(strstr(seen.data, "load 7 3001 #2999 1000+32 small"));
	dump_deinit(&d);
	free(name);
}

/* --- names ----------------------------------------------------------------------------- */

static int dump_fd;

static int give_dump(void *ctx, uint32_t file_id)
{
	return file_id == *(uint32_t *)ctx ? dump_fd : -1;
}

/* A process with 64 KiB of nameless code at 0x10000 and a dump. */
static uint32_t process(struct pk_profile *p)
{
	uint32_t file;

	fix_init(p);
	fix_alive(p, TGID, "jit");
	file = fix_file(p, "/tmp/jit-7.dump");
	fix_map(p, 0, TGID, 0x10000, 0x10000, 0, 0);
	fix_map(p, 0, TGID, 0x900000, 0x1000, file, 0);
	return file;
}

static void sample(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, uint64_t addr)
{
	fix_sample(p, time_ns, tgid, tgid, fix_stack(p, &addr, 1), 0, 0);
}

/* Names of all samples in order of time, by a dump; @nr_mapped functions had to be mapped. */
static void check_names(struct pk_profile *p, struct dump *d, uint32_t file, size_t nr_mapped,
			const char *const *want)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "",
					    .jit = true,
					    .root = "/nowhere",
					    .file_fd = give_dump,
					    .ctx = &file };
	struct pk_symbolizer_stats stats;
	pk_map_events mapped = { 0 };
	struct pk_model model, *m = &model;
	struct pk_err err = { 0 };

	dump_fd = fd_of(d);
	cfg.mapped = &mapped;
	if (pk_symbolize(p, &cfg, &stats, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(mapped.nr, nr_mapped);
	close(dump_fd);
	if (pk_model_build(p, NULL, m, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < p->samples.nr; i++) {
		uint32_t stack = m->sample_stack[i];
		const struct pk_frame *f = &m->frames.data[m->nodes.data[stack].frame];

		assert_string_equal(pk_model_string(m, f->name), want[i]);
		assert_int_equal(f->kind, PK_FRAME_JIT);
		if (f->named)
			assert_string_equal(pk_model_string(m, f->dso), "[jit]");
	}
	pk_model_deinit(m);
	pk_vec_deinit(&mapped);
}

/* Code was replaced, moved, and written elsewhere; the memory was mapped anew meanwhile. */
static void test_names_by_time(void **state)
{
	static const char *const want[] = {
		"early", "old", "old",	     "elsewhere", "[anonymous code]",
		"new",	 "new", "elsewhere", "old",
	};
	struct dump d = { 0 };
	struct pk_profile p;
	uint32_t file = process(&p);

	(void)state;
	dump_head(&d, PID, 0);
	dump_load(&d, PID, 20, 0, 0x10000, 0x100, "_Z3oldi");
	dump_load(&d, PID, 21, 1, 0x11000, 0x100, "elsewhere");
	dump_load(&d, PID, 22, 2, 0x12000, 0x100, "nobody was there");
	dump_load(&d, PID + 1, 23, 2, 0x10000, 0x200, "of another process");
	dump_load(&d, PID, 15, 4, 0x13000, 0x10, "early");
	dump_load(&d, PID, 50, 3, 0x10000, 0x80, "new");
	dump_move(&d, PID, 60, 0, 0x14000, 0x100);
	sample(&p, 10, TGID, 0x13008); /* told a bit too late */
	sample(&p, 30, TGID, 0x10010);
	sample(&p, 31, TGID, 0x100ff);
	sample(&p, 32, TGID, 0x11000);
	sample(&p, 33, TGID, 0x10100);
	/* made writable and executable again, as a whole */
	fix_map(&p, 55, TGID, 0x10000, 0x10000, 0, 0);
	sample(&p, 56, TGID, 0x10010);
	sample(&p, 70, TGID, 0x1007f);
	sample(&p, 71, TGID, 0x11000);
	sample(&p, 72, TGID, 0x14010);
	/* old and new follow each other in one place */
	check_names(&p, &d, file, 2, want);
	/* naming it once more changes nothing */
	check_names(&p, &d, file, 0, want);
	dump_deinit(&d);
	pk_profile_deinit(&p);
}

/* A child runs what its parent had written before the fork; a program after an exec does not. */
static void test_names_of_children(void **state)
{
	static const char *const want[] = { "f", "f", "[anonymous code]" };
	struct dump d = { 0 };
	struct pk_profile p;
	uint32_t file = process(&p);

	(void)state;
	dump_head(&d, PID, 0);
	dump_load(&d, PID, 5, 0, 0x10000, 0x100, "f");
	dump_load(&d, PID, 40, 1, 0x10000, 0x100, "g");
	fix_fork(&p, 30, 11, TGID, "jit");
	fix_fork(&p, 30, 12, TGID, "jit");
	fix_exec(&p, 35, 12, "other");
	fix_map(&p, 36, 12, 0x10000, 0x1000, 0, 0);
	sample(&p, 20, TGID, 0x10010);
	sample(&p, 50, 11, 0x10010);
	sample(&p, 51, 12, 0x10010);
	check_names(&p, &d, file, 2, want);
	dump_deinit(&d);
	pk_profile_deinit(&p);
}

/* Without times of ours the last one counts, at all times. */
static void test_names_without_time(void **state)
{
	static const char *const want[] = { "last", "last", "first", "first" };
	struct dump d = { 0 };
	struct pk_profile p;
	uint32_t file = process(&p);

	(void)state;
	dump_head(&d, PID, 1);
	dump_load(&d, PID, 900000, 0, 0x10000, 0x100, "first");
	dump_load(&d, PID, 900001, 1, 0x10000, 0x80, "last");
	sample(&p, 10, TGID, 0x10010);
	sample(&p, 20, TGID, 0x10011);
	sample(&p, 21, TGID, 0x10080);
	sample(&p, 22, TGID, 0x10081);
	check_names(&p, &d, file, 0, want);
	dump_deinit(&d);
	pk_profile_deinit(&p);
}

/* So many functions that mappings are found by index. */
static void test_names_of_many(void **state)
{
	const char *want[200];
	char names[200][16];
	struct dump d = { 0 };
	struct pk_profile p;
	uint32_t file = process(&p);

	(void)state;
	dump_head(&d, PID, 0);
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t addr = 0x10000 + i % 50 * 0x100;

		snprintf(names[i], sizeof(names[i]), "f%u", i);
		want[i] = names[i];
		dump_load(&d, PID, 100 + 10 * i, i, addr, 0x100, names[i]);
		sample(&p, 105 + 10 * i, TGID, addr + 8);
	}
	check_names(&p, &d, file, 200, want);
	dump_deinit(&d);
	pk_profile_deinit(&p);
}

static int cleanup(void **state)
{
	(void)state;
	pk_strbuf_deinit(&seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_names_by_time),
		cmocka_unit_test(test_names_of_children),
		cmocka_unit_test(test_names_without_time),
		cmocka_unit_test(test_names_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
