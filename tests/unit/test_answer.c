// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of files: written and read again, damaged in every place, put together; and the cache
 * of them: what is kept, for whom, and what makes it worthless.
 */
/* link: tests/unit/elf_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "profile/profile.h"
#include "symbol/answer_cache.h"

static void add(struct pk_answer *a, uint64_t start, uint64_t end, uint64_t func_start,
		uint64_t func_end, const char *name)
{
	struct pk_piece p = {
		.start = start, .end = end, .func_start = func_start, .func_end = func_end,
	};

	if (!name)
		p.flags = PK_PIECE_NOTHING;
	else if (!*name)
		p.flags = PK_SYMBOL_NONE;
	else
		assert_int_equal(pk_strtab_intern_z(&a->strings, name, &p.name), 0);
	if (p.flags == PK_SYMBOL_NONE)
		p.svma = func_start + 0x400000;
	if (p.flags == PK_PIECE_NOTHING)
		p.func_start = p.func_end = 0;
	assert_int_equal(pk_vec_add(&a->pieces, p), 0);
}

static void add_line(struct pk_answer *a, uint64_t off, uint32_t nr, const char *name)
{
	struct pk_answer_line l = { off, a->frames.nr, nr };

	for (uint32_t i = 0; i < nr; i++) {
		struct pk_answer_frame f = { .line = i ? 100000 : 0 };

		assert_int_equal(pk_strtab_intern_z(&a->strings, i ? name : "in", &f.name), 0);
		if (i)
			assert_int_equal(pk_strtab_intern_z(&a->strings, "/x.c", &f.source), 0);
		assert_int_equal(pk_vec_add(&a->frames, f), 0);
	}
	assert_int_equal(pk_vec_add(&a->lines, l), 0);
}

/* main in two pieces, something in it, a region without a name, and nothing. */
static void fill(struct pk_answer *a)
{
	assert_int_equal(pk_answer_init(a), 0);
	add(a, 0x1000, 0x1010, 0x1000, 0x1100, "main");
	add(a, 0x1010, 0x1020, 0x1010, 0x1020, "std::vector<int>::size() const");
	add(a, 0x1020, 0x1100, 0x1000, 0x1100, "main");
	add(a, 0x2000, 0x2040, 0x1fff, 0x3000, "");
	add(a, UINT64_MAX - 1, UINT64_MAX, 0, 0, NULL);
	add_line(a, 0x1000, 2, "main");
	add_line(a, 0x1015, 0, NULL);
	add_line(a, 0x1018, 3, "outer");
	add_line(a, UINT64_MAX - 1, 0, NULL);
	a->flags = PK_ANSWER_WANTS_DEBUG;
	assert_int_equal(pk_strtab_intern_z(&a->strings, "x.debug", &a->link), 0);
	a->link_crc = 0xdeadbeef;
}

static void assert_same_lines(const struct pk_answer *a, const struct pk_answer *b)
{
	assert_int_equal(a->lines.nr, b->lines.nr);
	for (size_t i = 0; i < a->lines.nr; i++) {
		const struct pk_answer_line *x = &a->lines.data[i], *y = &b->lines.data[i];

		assert_int_equal(x->off, y->off);
		assert_int_equal(x->nr, y->nr);
		for (uint32_t n = 0; n < x->nr; n++) {
			const struct pk_answer_frame *f = &a->frames.data[x->first + n];
			const struct pk_answer_frame *g = &b->frames.data[y->first + n];

			assert_string_equal(pk_strtab_get(&a->strings, f->name),
					    pk_strtab_get(&b->strings, g->name));
			assert_string_equal(pk_strtab_get(&a->strings, f->source),
					    pk_strtab_get(&b->strings, g->source));
			assert_int_equal(f->line, g->line);
		}
	}
}

static void assert_same(const struct pk_answer *a, const struct pk_answer *b)
{
	assert_int_equal(a->flags, b->flags);
	assert_string_equal(pk_strtab_get(&a->strings, a->link), pk_strtab_get(&b->strings, b->link));
	assert_int_equal(a->link_crc, b->link_crc);
	assert_int_equal(a->pieces.nr, b->pieces.nr);
	for (size_t i = 0; i < a->pieces.nr; i++) {
		const struct pk_piece *x = &a->pieces.data[i], *y = &b->pieces.data[i];

		assert_int_equal(x->start, y->start);
		assert_int_equal(x->end, y->end);
		assert_int_equal(x->func_start, y->func_start);
		assert_int_equal(x->func_end, y->func_end);
		assert_int_equal(x->svma, y->svma);
		assert_int_equal(x->flags, y->flags);
		assert_string_equal(pk_strtab_get(&a->strings, x->name),
				    pk_strtab_get(&b->strings, y->name));
	}
	assert_same_lines(a, b);
}

static void test_there_and_back(void **state)
{
	struct pk_answer a, b;
	struct pk_strbuf s = { 0 };

	(void)state;
	fill(&a);
	pk_answer_encode(&a, &s);
	assert_int_equal(pk_answer_decode(s.data, s.len, 5, &b), 0);
	assert_same(&a, &b);
	pk_answer_deinit(&b);
	assert_int_equal(pk_answer_decode(s.data, s.len, 4, &b), -EBADMSG);
	pk_strbuf_clear(&s);
	a.pieces.nr = 3;
	pk_answer_encode(&a, &s);
	assert_int_equal(pk_answer_decode(s.data, s.len, 3, &b), -EBADMSG);
	assert_int_equal(pk_answer_decode(s.data, s.len, 4, &b), 0);
	pk_answer_deinit(&b);
	pk_answer_deinit(&a);
	pk_strbuf_deinit(&s);
}

static void assert_lines_hold(const struct pk_answer *a)
{
	for (size_t i = 0; i < a->lines.nr; i++) {
		const struct pk_answer_line *l = &a->lines.data[i];

		assert_true(!i || l[-1].off < l->off);
		assert_true(l->nr <= PK_LINE_MAX_FRAMES);
		assert_true(l->first + l->nr <= a->frames.nr);
	}
	PK_VEC_FOREACH(&a->frames, f)
		assert_true(f->name < a->strings.entries.nr && f->source < a->strings.entries.nr);
}

/* Cut anywhere it is no answer; changed anywhere it is none, or one that holds together. */
static void test_damage(void **state)
{
	struct pk_answer a, b;
	struct pk_strbuf s = { 0 };

	(void)state;
	fill(&a);
	pk_answer_encode(&a, &s);
	for (size_t len = 0; len < s.len; len++)
		assert_int_equal(pk_answer_decode(s.data, len, 5, &b), -EBADMSG);
	pk_strbuf_putc(&s, 0);
	assert_int_equal(pk_answer_decode(s.data, s.len, 5, &b), -EBADMSG);
	s.len--;
	for (size_t at = 0; at < s.len; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			uint64_t end = 0;

			s.data[at] ^= 1 << bit;
			if (!pk_answer_decode(s.data, s.len, 5, &b)) {
				PK_VEC_FOREACH(&b.pieces, p) {
					assert_true(p->start >= end && p->end > p->start);
					end = p->end;
					if (p->flags == PK_PIECE_NOTHING)
						continue;
					assert_true(p->func_start <= p->start);
					assert_true(p->func_end >= p->end);
					assert_true(p->flags & PK_SYMBOL_NONE ||
						    *pk_strtab_get(&b.strings, p->name));
				}
				assert_lines_hold(&b);
				pk_answer_deinit(&b);
			}
			s.data[at] ^= 1 << bit;
		}
	}
	pk_answer_deinit(&a);
	pk_strbuf_deinit(&s);
}

/* Names with control characters and names told twice are not ours. */
static void test_names(void **state)
{
	static const char twice[] = "\0\0\0\2\1a\1a\0\0", control[] = "\0\0\0\1\1\n\0\0";
	static const char empty[] = "\0\0\0\1\0\0\0", good[] = "\0\0\0\2\1a\1b\0\0";
	struct pk_answer a;

	(void)state;
	assert_int_equal(pk_answer_decode(good, sizeof(good) - 1, 5, &a), 0);
	pk_answer_deinit(&a);
	assert_int_equal(pk_answer_decode(twice, sizeof(twice) - 1, 5, &a), -EBADMSG);
	assert_int_equal(pk_answer_decode(control, sizeof(control) - 1, 5, &a), -EBADMSG);
	assert_int_equal(pk_answer_decode(empty, sizeof(empty) - 1, 5, &a), -EBADMSG);
}

static void test_fits(void **state)
{
	uint64_t all[] = { 0x1000, 0x1015, 0x1018, 0x1020, 0x10ff, 0x2000, UINT64_MAX - 1 };
	uint64_t other[] = { 0x1000, 0x1018, 0x1020, 0x10ff, 0x2000, UINT64_MAX - 1 };
	uint64_t more[] = { 0x1000, 0x1018, 0x1020, 0x1100, 0x2000, UINT64_MAX - 1 };
	struct pk_answer a;

	(void)state;
	fill(&a);
	assert_true(pk_answer_fits(&a, all, 7));
	/* a line of an address that is in the same piece as one that was asked for */
	assert_false(pk_answer_fits(&a, other, 6));
	a.lines.nr = 0;
	assert_true(pk_answer_fits(&a, other, 6));
	assert_false(pk_answer_fits(&a, other, 5)); /* what nobody asked for */
	assert_false(pk_answer_fits(&a, other + 1, 5));
	assert_false(pk_answer_fits(&a, more, 6));
	assert_ptr_equal(pk_answer_find(&a, 0x10ff), &a.pieces.data[2]);
	assert_null(pk_answer_find(&a, 0x1100));
	assert_null(pk_answer_find(&a, 0xfff));
	pk_answer_deinit(&a);
}

static void test_merge_and_select(void **state)
{
	uint64_t off[] = { 0x1012, 0x1015, 0x1018, 0x2001 };
	struct pk_answer a, b, c, some;

	(void)state;
	fill(&a);
	assert_int_equal(pk_answer_init(&b), 0);
	add(&b, 0x800, 0x1008, 0x800, 0x1200, "wide");
	add(&b, 0x1018, 0x2010, 0x1018, 0x3000, "wide");
	add_line(&b, 0x1014, 2, "wide");
	add_line(&b, 0x1018, 2, "not this");
	assert_int_equal(pk_answer_init(&c), 0);
	assert_int_equal(pk_answer_merge(&c, &a), 0);
	assert_same(&a, &c);
	assert_int_equal(pk_answer_merge(&c, &a), 0);
	assert_same(&a, &c);
	assert_int_equal(pk_answer_merge(&c, &b), 0);
	assert_int_equal(c.pieces.nr, 7);
	assert_int_equal(c.pieces.data[0].end, 0x1000);
	assert_int_equal(c.pieces.data[4].start, 0x1100);
	assert_int_equal(c.pieces.data[4].end, 0x2000);
	assert_string_equal(pk_strtab_get(&c.strings, c.pieces.data[4].name), "wide");
	assert_int_equal(c.lines.nr, 5);
	assert_lines_hold(&c);
	assert_int_equal(pk_answer_find_line(&c, 0x1014)->nr, 2);
	assert_int_equal(pk_answer_find_line(&c, 0x1015)->nr, 0);
	assert_int_equal(pk_answer_find_line(&c, 0x1018)->nr, 3);
	assert_int_equal(pk_answer_select(&c, off, 4, &some), 0);
	assert_int_equal(some.pieces.nr, 2);
	assert_true(pk_answer_fits(&some, off, 4));
	assert_int_equal(some.lines.nr, 2);
	assert_int_equal(pk_answer_find_line(&some, 0x1018)->nr, 3);
	assert_null(pk_answer_find_line(&some, 0x1000));
	/* size(), in, outer, x.c and the empty one */
	assert_int_equal(some.strings.entries.nr, 5);
	pk_answer_deinit(&a);
	pk_answer_deinit(&b);
	pk_answer_deinit(&c);
	pk_answer_deinit(&some);
}

/* ---- the cache ----------------------------------------------------------------------- */

static struct pk_file_origin origin_of(unsigned int id, uint32_t owner)
{
	struct stat st = { .st_mode = S_IFREG, .st_size = 1000, .st_dev = 0x801, .st_uid = owner };
	uint8_t build_id[20] = { id, 2, 3 };
	struct pk_file_origin o;

	assert_true(pk_file_origin_of(&st, build_id, sizeof(build_id), &o));
	return o;
}

static struct pk_answer_cache *open_cache(const char *name)
{
	struct pk_answer_cache *c;
	struct pk_err err = { 0 };

	if (pk_answer_cache_open(elf_path(name), 0, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

static bool has(const struct pk_answer_cache *c, const struct pk_file_origin *o,
		const struct pk_answer_place *place)
{
	struct pk_answer want, a;
	bool same;

	if (pk_answer_cache_load(c, o, place, &a))
		return false;
	fill(&want);
	assert_same(&want, &a);
	same = a.pieces.nr == 5;
	pk_answer_deinit(&a);
	pk_answer_deinit(&want);
	return same;
}

static void test_kept(void **state)
{
	const struct pk_debug_search where = { .dirs = elf_path("dbg"), .root = "" };
	const struct pk_answer_place place = { &where, elf_path("bin/x") };
	struct pk_answer_cache *c = open_cache("names");
	struct pk_file_origin o = origin_of(1, 0), theirs = origin_of(1, 1000), other = o;
	struct pk_answer a;
	uint64_t bytes;

	(void)state;
	fill(&a);
	elf_run("mkdir -p bin dbg/.build-id/01");
	assert_false(has(c, &o, &place));
	pk_answer_cache_store(c, &o, pk_answer_fingerprint(&o, &place, &a, &bytes), &a);
	assert_int_equal(bytes, 0);
	assert_true(has(c, &o, &place));
	/* another owner's, another length, another file system */
	assert_false(has(c, &theirs, &place));
	other.file_bytes++;
	assert_false(has(c, &other, &place));
	other = o;
	other.dev = 0x33;
	assert_false(has(c, &other, &place));
	pk_answer_cache_close(c);
	c = open_cache("names");
	assert_true(has(c, &o, &place));
	/* a debug file turns up, by build ID or by the link that is told in the answer */
	elf_run("echo 1 >dbg/.build-id/01/0203%034d.debug", 0);
	assert_false(has(c, &o, &place));
	elf_run("rm dbg/.build-id/01/*");
	assert_true(has(c, &o, &place));
	elf_run("echo 1 >bin/x.debug");
	assert_false(has(c, &o, &place));
	pk_answer_cache_store(c, &o, pk_answer_fingerprint(&o, &place, &a, &bytes), &a);
	assert_int_equal(bytes, 2);
	assert_true(has(c, &o, &place));
	elf_run("echo 2 >>bin/x.debug");
	assert_false(has(c, &o, &place));
	assert_int_equal(pk_answer_cache_clear(c), 1);
	pk_answer_cache_close(c);
	pk_answer_deinit(&a);
}

/* A byte changed anywhere, or one that others may write: as if it were not there. */
static void test_not_believed(void **state)
{
	const struct pk_debug_search where = { .dirs = "" };
	const struct pk_answer_place place = { &where, "/x" };
	struct pk_answer_cache *c = open_cache("bad");
	struct pk_file_origin o = origin_of(2, 0);
	struct pk_answer a;
	char name[PK_ORIGIN_NAME_BYTES], path[512];
	struct stat st;
	int fd;

	(void)state;
	fill(&a);
	pk_answer_cache_store(c, &o, 0, &a);
	pk_file_origin_name(&o, name);
	snprintf(path, sizeof(path), "%s/%s", elf_path("bad"), name);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	for (off_t at = 0; at < st.st_size; at++) {
		unsigned char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_false(has(c, &o, &place));
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_true(has(c, &o, &place));
	assert_int_equal(fchmod(fd, 0622), 0);
	assert_false(has(c, &o, &place));
	/* and it is written anew */
	pk_answer_cache_store(c, &o, 0, &a);
	assert_true(has(c, &o, &place));
	assert_int_equal(truncate(path, st.st_size - 1), 0);
	assert_false(has(c, &o, &place));
	close(fd);
	pk_answer_cache_close(c);
	pk_answer_deinit(&a);
}

static void test_no_build_id(void **state)
{
	struct stat st = { .st_mode = S_IFREG, .st_size = 1000 };
	struct pk_file_origin o;

	(void)state;
	assert_false(pk_file_origin_of(&st, NULL, 0, &o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_merge_and_select),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_not_believed),
		cmocka_unit_test(test_no_build_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
