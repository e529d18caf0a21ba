// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files asked by confined children: what becomes of a file whose child crashes, loops, lies or is
 * too talkative, and of all the others; debug files that are handed down; and that neither the
 * number of children nor what is kept changes any name.
 */
/* link: tests/unit/elf_fixture.c tests/unit/model_fixture.c */
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

#include "base/channel.h"
#include "elf_fixture.h"
#include "model_fixture.h"
#include "symbol/file_pool.h"
#include "symbol/file_worker.h"
#include "symbol/symbolizer.h"

#define NR 12

static const uint64_t addresses[] = { 0x10, 0x20, 0x30 };
static int codes[NR];
static unsigned int nr_done;

static int open_any(void *ctx, const struct pk_file_task *t)
{
	(void)ctx;
	(void)t;
	return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static int note_done(void *ctx, const struct pk_file_task *t, int code, const struct pk_answer *a)
{
	(void)ctx;
	codes[(int *)t->ctx - codes] = code;
	assert_true(!code == !!a);
	if (a)
		assert_true(pk_answer_fits(a, t->off, t->nr));
	nr_done++;
	return 0;
}

static void serve_loop(void *ctx, int to);

static bool with_lines;

static struct pk_file_pool_stats run_with(void (*serve)(void *, int), unsigned int nr_children)
{
	const struct pk_debug_search where = { .dirs = "" };
	const struct pk_file_pool_config cfg = {
		.max_children = nr_children,
		.file_cpu_ms = serve == serve_loop ? 1000 : 0,
		.where = &where,
		.open = open_any,
		.done = note_done,
		.serve = serve,
	};
	struct pk_file_task tasks[NR];
	struct pk_file_pool_stats stats;

	nr_done = 0;
	for (unsigned int i = 0; i < NR; i++) {
		tasks[i] = (struct pk_file_task){
			.off = addresses,
			.nr = 1 + i % 3,
			.path = "/x",
			.bytes = i,
			.lines = with_lines,
			.ctx = &codes[i],
		};
		/* so that a child can tell which file it has */
		tasks[i].build_id[0] = i;
		codes[i] = 12345;
	}
	assert_int_equal(pk_file_pool_run(&cfg, tasks, NR, &stats), 0);
	assert_int_equal(nr_done, NR);
	return stats;
}

/* All others have their answers. */
static void assert_only_fails(unsigned int which)
{
	for (unsigned int i = 0; i < NR; i++)
		assert_int_equal(codes[i], i == which ? -EIO : 0);
}

/* ---- children of all kinds --------------------------------------------------------------- */

/* Nothing is at any of them. */
static void answer(int to, const struct pk_file_job_head *job)
{
	const uint64_t *off = (const uint64_t *)(job + 1);
	struct pk_strbuf b = { 0 };
	struct pk_answer a;
	int32_t code = 0;

	if (pk_answer_init(&a))
		_exit(1);
	for (uint64_t i = 0; i < job->nr; i++) {
		struct pk_piece p = { off[i], off[i] + 1, .flags = PK_PIECE_NOTHING };

		if (pk_vec_add(&a.pieces, p))
			_exit(1);
	}
	pk_strbuf_add(&b, &code, sizeof(code));
	pk_answer_encode(&a, &b);
	pk_channel_send(to, PK_FILE_ANSWER, b.data, b.len);
	pk_answer_deinit(&a);
	pk_strbuf_deinit(&b);
}

/* @odd gets file 5, answer() the others. */
static void serve_but(int to, void (*odd)(int to, const struct pk_file_job_head *job))
{
	struct pk_strbuf body = { 0 };
	uint32_t kind;
	int file;

	while (!pk_channel_receive(to, &kind, &body, &file)) {
		const struct pk_file_job_head *job = (const void *)body.data;

		close(file);
		(job->build_id[0] == 5 ? odd : answer)(to, job);
	}
	pk_strbuf_deinit(&body);
}

static void crash(int to, const struct pk_file_job_head *job)
{
	(void)to;
	(void)job;
	__builtin_trap();
}

static void serve_crash(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, crash);
}

static void test_crash(void **state)
{
	(void)state;
	for (unsigned int nr = 1; nr <= 3; nr++) {
		struct pk_file_pool_stats s = run_with(serve_crash, nr);

		assert_only_fails(5);
		assert_int_equal(s.nr_died, 1);
		assert_in_range(s.nr_children, nr, nr + 1);
	}
}

/* As debugging information might make it. */
static void crash_of_lines(int to, const struct pk_file_job_head *job)
{
	(job->lines ? crash : answer)(to, job);
}

static void serve_crash_of_lines(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, crash_of_lines);
}

/* A file that has no answer with lines has one without. */
static void test_crash_of_lines(void **state)
{
	(void)state;
	with_lines = true;
	for (unsigned int nr = 1; nr <= 3; nr++) {
		struct pk_file_pool_stats s = run_with(serve_crash_of_lines, nr);

		assert_only_fails(NR);
		assert_int_equal(s.nr_died, 1);
	}
	/* nor may it be asked for ever */
	for (unsigned int nr = 1; nr <= 3; nr++) {
		struct pk_file_pool_stats s = run_with(serve_crash, nr);

		assert_only_fails(5);
		assert_int_equal(s.nr_died, 2);
	}
	with_lines = false;
}

static void loop(int to, const struct pk_file_job_head *job)
{
	(void)to;
	(void)job;
	for (;;)
		__asm__ volatile("");
}

static void serve_loop(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, loop);
}

static void test_loop(void **state)
{
	struct pk_file_pool_stats s = run_with(serve_loop, 2);

	(void)state;
	assert_only_fails(5);
	assert_int_equal(s.nr_slow, 1);
}

/* An answer to another question. */
static void lie(int to, const struct pk_file_job_head *job)
{
	struct {
		struct pk_file_job_head head;
		uint64_t off[1];
	} other = { .head = { .nr = 1 }, .off = { 0x77 } };

	(void)job;
	answer(to, &other.head);
}

static void serve_lie(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, lie);
}

static void garbage(int to, const struct pk_file_job_head *job)
{
	(void)job;
	pk_channel_send(to, PK_FILE_ANSWER, "\0\0\0\0garbage", 11);
}

static void serve_garbage(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, garbage);
}

static void unknown(int to, const struct pk_file_job_head *job)
{
	(void)job;
	pk_channel_send(to, 77, "", 0);
}

static void serve_unknown(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, unknown);
}

/* Would never come to an end. */
static void flood(int to, const struct pk_file_job_head *job)
{
	static char bytes[1 << 20];

	(void)job;
	while (!pk_channel_send(to, PK_FILE_ANSWER, bytes, sizeof(bytes)))
		;
}

static void serve_flood(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, flood);
}

/* Wishes for debug files without end. */
static void wish(int to, const struct pk_file_job_head *job)
{
	struct pk_debug_wish w = { .link = "../../etc/shadow" };
	struct pk_strbuf body = { 0 };
	uint32_t kind;
	int file;

	(void)job;
	while (!pk_channel_send(to, PK_FILE_WISH, &w, sizeof(w)) &&
	       !pk_channel_receive(to, &kind, &body, &file))
		if (file >= 0)
			__builtin_trap();
}

static void serve_wish(void *ctx, int to)
{
	(void)ctx;
	serve_but(to, wish);
}

static void test_lies(void **state)
{
	static void (*const all[])(void *, int) = {
		serve_lie, serve_garbage, serve_unknown, serve_flood, serve_wish,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct pk_file_pool_stats s = run_with(all[i], 2);

		assert_only_fails(5);
		assert_int_equal(s.nr_lied, 1);
		assert_int_equal(s.nr_died + s.nr_slow, 0);
	}
}

/* It never says a word: every file fails, and the run comes to its end. */
static void serve_nothing(void *ctx, int to)
{
	(void)ctx;
	(void)to;
}

static void test_none_works(void **state)
{
	struct pk_file_pool_stats s = run_with(serve_nothing, 2);

	(void)state;
	assert_int_equal(s.nr_died, NR);
	for (unsigned int i = 0; i < NR; i++)
		assert_int_equal(codes[i], -EIO);
}

/* ---- what must not matter ------------------------------------------------------------------- */

#define AT 0x40000000
#define FILE_BYTES 0x100000
#define TGID 10

static const char *const files[] = { "a.so", "b.so", "c.so", "d.so", "e.so", "f.so" };

/* Functions that enclose others, with and without symbols. */
static void make_files(void)
{
	static bool made;

	for (size_t i = 0; !made && i < sizeof(files) / sizeof(files[0]); i++) {
		char text[2048];

		snprintf(text, sizeof(text),
			 "int sink;\n"
			 "static __attribute__((noinline)) int hidden%zu(int n) {\n"
			 "	while (n--) sink += n * n; return sink; }\n"
			 "__attribute__((noinline)) int shown%zu(int n) { return hidden%zu(n) * 3; }\n"
			 "__asm__(\".text\\n.skip 64,0x90\\n.type outer%zu,@function\\nouter%zu: .skip 40,0x90\\n"
			 ".type inner%zu,@function\\ninner%zu: .skip 20,0x90\\n"
			 ".size inner%zu,20\\n.skip 40,0x90\\n.size outer%zu,100\\n.skip 64,0x90\\n\");\n"
			 "int last%zu(void) { return sink; }\n",
			 i, i, i, i, i, i, i, i, i, i);
		elf_compile(files[i], text, "-O1 -shared -fPIC -Wl,--build-id=sha1");
		if (i % 2)
			elf_run("strip %s", files[i]);
	}
	made = true;
}

/* Every step'th byte of the code of all files is sampled. */
static void fill(struct pk_profile *p, unsigned int step)
{
	fix_init(p);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		uint32_t f = fix_file(p, elf_path(files[i]));
		struct pk_elf e = elf_open(files[i]);
		uint64_t off, end;

		memcpy(p->files.data[f].build_id, e.build_id, e.build_id_len);
		p->files.data[f].build_id_len = e.build_id_len;
		fix_map(p, 0, TGID, AT + i * FILE_BYTES, FILE_BYTES, f, 0);
		off = e.segments.data[0].off;
		end = off + e.segments.data[0].len;
		pk_elf_close(&e);
		for (; off < end; off += step) {
			uint64_t addr = AT + i * FILE_BYTES + off;

			fix_sample(p, p->samples.nr, TGID, TGID, fix_stack(p, &addr, 1), 0, 0);
		}
	}
}

static struct pk_symbolizer_stats symbolize(struct pk_profile *p, unsigned int nr_children,
					    const char *cache)
{
	const struct pk_symbolizer_config cfg = {
		.debug_dirs = "",
		.cache = cache,
		.cache_dir = cache,
		.max_children = nr_children,
	};
	struct pk_symbolizer_stats stats;
	struct pk_err err = { 0 };

	if (pk_symbolize(p, &cfg, &stats, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(stats.nr_files_failed + stats.nr_files_mismatch + stats.nr_files_missing, 0);
	return stats;
}

static void assert_same(const struct pk_profile *a, const struct pk_profile *b)
{
	assert_int_equal(a->symbols.nr, b->symbols.nr);
	for (size_t i = 0; i < a->symbols.nr; i++) {
		const struct pk_symbol *x = &a->symbols.data[i], *y = &b->symbols.data[i];

		assert_memory_equal(x, y, sizeof(*x));
		assert_string_equal(pk_strtab_get(&a->strings, x->name),
				    pk_strtab_get(&b->strings, y->name));
	}
}

static void test_number_of_children(void **state)
{
	struct pk_profile one, many;

	(void)state;
	make_files();
	fill(&one, 1);
	symbolize(&one, 1, NULL);
	assert_true(one.symbols.nr > 20);
	for (unsigned int nr = 2; nr <= 8; nr += 3) {
		fill(&many, 1);
		symbolize(&many, nr, NULL);
		assert_same(&one, &many);
		pk_profile_deinit(&many);
	}
	pk_profile_deinit(&one);
}

/* Whatever was asked before: what is kept serves for what it is right for, and nothing else. */
static void test_what_is_kept(void **state)
{
	static const unsigned int steps[] = { 64, 48, 7, 1, 16 };
	char cache[512];
	struct pk_symbolizer_stats s;

	(void)state;
	snprintf(cache, sizeof(cache), "%s", elf_path("kept"));
	make_files();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct pk_profile fresh, kept;

		fill(&fresh, steps[i]);
		s = symbolize(&fresh, 2, NULL);
		assert_int_equal(s.nr_files_cached, 0);
		fill(&kept, steps[i]);
		s = symbolize(&kept, 2, cache);
		if (!i)
			assert_int_equal(s.nr_files_cached, 0);
		/* after each byte was asked nothing is left to ask */
		if (i > 3)
			assert_int_equal(s.nr_files_cached, s.nr_files);
		assert_same(&fresh, &kept);
		pk_profile_deinit(&kept);
		fill(&kept, steps[i]);
		s = symbolize(&kept, 2, cache);
		assert_int_equal(s.nr_files, sizeof(files) / sizeof(files[0]));
		assert_int_equal(s.nr_files_cached, s.nr_files);
		assert_same(&fresh, &kept);
		pk_profile_deinit(&kept);
		pk_profile_deinit(&fresh);
	}
}

/* Samples of the first file at three places from the start of a function on. */
static struct pk_symbolizer_stats ask_at(const char *function, const uint64_t *at,
					 const char *cache)
{
	struct pk_symbolizer_stats stats;
	uint64_t svma, size, end;
	struct pk_profile p;
	struct pk_elf e;
	uint32_t f;

	elf_symbol(files[0], function, &svma, &size);
	e = elf_open(files[0]);
	end = svma + size;
	assert_true(pk_elf_to_off(&e, &svma, &end));
	fix_init(&p);
	f = fix_file(&p, elf_path(files[0]));
	memcpy(p.files.data[f].build_id, e.build_id, e.build_id_len);
	p.files.data[f].build_id_len = e.build_id_len;
	fix_map(&p, 0, TGID, AT, FILE_BYTES, f, 0);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t addr = AT + svma + at[i];

		fix_sample(&p, i, TGID, TGID, fix_stack(&p, &addr, 1), 0, 0);
	}
	stats = symbolize(&p, 1, cache);
	pk_elf_close(&e);
	pk_profile_deinit(&p);
	return stats;
}

/* A function is kept as a whole, but for what another one has in the midst of it. */
static void test_whole_functions(void **state)
{
	/* outer's first part, inner, outer's second part */
	static const uint64_t first[] = { 1, 41, 99 }, second[] = { 0, 59, 60 }, third[] = { 39, 40, 99 };
	static const uint64_t outside[] = { 1, 41, 100 };
	char cache[512];

	(void)state;
	snprintf(cache, sizeof(cache), "%s", elf_path("whole"));
	make_files();
	assert_int_equal(ask_at("outer0", first, cache).nr_files_cached, 0);
	assert_int_equal(ask_at("outer0", second, cache).nr_files_cached, 1);
	assert_int_equal(ask_at("outer0", third, cache).nr_files_cached, 1);
	assert_int_equal(ask_at("outer0", outside, cache).nr_files_cached, 0);
	assert_int_equal(ask_at("outer0", outside, cache).nr_files_cached, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_crash_of_lines),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_none_works),
		cmocka_unit_test(test_number_of_children),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_whole_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
