// SPDX-License-Identifier: GPL-2.0-or-later
/* What is written to a profile is read back: every type of item, extreme values, long lists. */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "profile/chunk.h"
#include "profile/reader.h"
#include "profile_fixture.h"

#define TIME_MAX PK_TIME_MAX_NS

static void load(const struct image *i, struct pk_profile *ret)
{
	struct pk_err err = { 0 };

	if (pk_profile_load_mem(i->data, i->len, "test", ret, &err))
		fail_msg("%s", err.msg);
	assert_sane(ret);
}

static void load_filled(void (*fill)(struct pk_writer *w), uint64_t end_ns, struct pk_profile *ret)
{
	struct image i = fixture_image(fill, end_ns);

	load(&i, ret);
	assert_int_equal(ret->state, PK_FILE_CLOSED);
	assert_string_equal(ret->notice, "");
	assert_int_equal(ret->end_ns, end_ns);
	assert_int_equal(ret->end_offset, i.len);
	assert_int_equal(ret->file_bytes, i.len);
	image_free(&i);
}

static uint32_t intern(struct pk_writer *w, const char *text, size_t len)
{
	uint32_t id;

	assert_int_equal(pk_writer_string(w, text, len, &id), 0);
	return id;
}

/* --- each type with its extremes -------------------------------------------------- */

static void fill_nothing(struct pk_writer *w)
{
	(void)w;
}

static void test_empty(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_nothing, 0, &p);
	assert_int_equal(p.samples.nr, 0);
	assert_int_equal(p.files.nr, 1);
	assert_int_equal(p.nodes.nr, 1);
	assert_int_equal(p.strings.entries.nr, 1);
	assert_null(pk_profile_fact(&p, "host.name"));
	pk_profile_deinit(&p);
}

static char long_text[PK_STRING_MAX_BYTES + 10];

static void fill_strings(struct pk_writer *w)
{
	static const char binary[] = "a\0b\xff\xfe";

	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(intern(w, "", 0), 0);
	assert_int_equal(intern(w, NULL, 0), 0);
	assert_int_equal(intern(w, binary, sizeof(binary)), 1);
	assert_int_equal(intern(w, binary, 1), 2);
	assert_int_equal(intern(w, binary, sizeof(binary)), 1);
	assert_int_equal(intern(w, long_text, sizeof(long_text)), 3);
	for (uint32_t id = 1; id <= 3; id++)
		assert_int_equal(pk_writer_file(w, &(struct pk_file){ .path = id }, &(uint32_t){ 0 }),
				 0);
}

static void test_strings(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_strings, 1, &p);
	assert_int_equal(p.strings.entries.nr, 4);
	assert_int_equal(pk_strtab_len(&p.strings, 1), 6);
	assert_memory_equal(pk_strtab_get(&p.strings, 1), "a\0b\xff\xfe", 6);
	assert_string_equal(pk_strtab_get(&p.strings, p.files.data[2].path), "a");
	/* longer texts are cut */
	assert_int_equal(pk_strtab_len(&p.strings, 3), PK_STRING_MAX_BYTES);
	pk_profile_deinit(&p);
}

static const struct pk_task_event tasks[] = {
	{ .kind = PK_TASK_ALIVE },
	{ .time_ns = 1, .kind = PK_TASK_FORK, .flags = UINT32_MAX, .tid = UINT32_MAX,
	  .tgid = UINT32_MAX, .parent_tgid = UINT32_MAX, .start_ns = TIME_MAX, .comm = 1, .args = 2,
	  .cgroup = 3, .cgroup_id = UINT64_MAX },
	{ .time_ns = 1, .kind = PK_TASK_EXEC, .tgid = UINT32_MAX },
	{ .time_ns = TIME_MAX, .kind = PK_TASK_COMM, .tid = UINT32_MAX, .start_ns = 1 },
	{ .time_ns = TIME_MAX, .kind = PK_TASK_EXIT, .parent_tgid = 1 },
	{ .time_ns = TIME_MAX, .kind = PK_TASK_INFO, .args = 3, .comm = 3 },
	{ .time_ns = TIME_MAX, .kind = PK_TASK_CGROUP, .cgroup = 1 },
};

static void fill_task_events(struct pk_writer *w)
{
	for (int i = 1; i <= 3; i++)
		assert_int_equal(intern(w, "abc", i), i);
	for (size_t i = 0; i < PK_ARRAY_SIZE(tasks); i++)
		assert_int_equal(pk_writer_task(w, &tasks[i]), 0);
}

static void test_tasks(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_task_events, TIME_MAX, &p);
	assert_int_equal(p.tasks.nr, PK_ARRAY_SIZE(tasks));
	for (size_t i = 0; i < p.tasks.nr; i++) {
		const struct pk_task_event *a = &tasks[i], *b = &p.tasks.data[i];

		assert_int_equal(a->time_ns, b->time_ns);
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->flags, b->flags);
		assert_int_equal(a->tid, b->tid);
		assert_int_equal(a->tgid, b->tgid);
		assert_int_equal(a->parent_tgid, b->parent_tgid);
		assert_int_equal(a->start_ns, b->start_ns);
		assert_int_equal(a->comm, b->comm);
		assert_int_equal(a->args, b->args);
		assert_int_equal(a->cgroup, b->cgroup);
		assert_int_equal(a->cgroup_id, b->cgroup_id);
	}
	pk_profile_deinit(&p);
}

static const struct pk_file files[] = {
	{ 0 },
	{ .path = 1, .dev = UINT32_MAX, .gen = UINT32_MAX, .ino = UINT64_MAX, .build_id_len = 20,
	  .build_id = { 0, 1, 2, 255, [19] = 128 } },
	{ .build_id_len = 1, .build_id = { 7 } },
};
static const struct pk_map_event maps[] = {
	{ 0 },
	{ .time_ns = 5, .tgid = UINT32_MAX, .file = 3, .len = UINT64_MAX, .file_off = UINT64_MAX },
	{ .time_ns = 5, .file = 2, .addr = UINT64_MAX },
	{ .time_ns = TIME_MAX, .addr = 1ULL << 63, .len = (1ULL << 63) - 1 },
};

static void fill_files_and_maps(struct pk_writer *w)
{
	uint32_t id;

	intern(w, "/path", 5);
	for (size_t i = 0; i < PK_ARRAY_SIZE(files); i++) {
		assert_int_equal(pk_writer_file(w, &files[i], &id), 0);
		assert_int_equal(id, i + 1);
	}
	for (size_t i = 0; i < PK_ARRAY_SIZE(maps); i++)
		assert_int_equal(pk_writer_map(w, &maps[i]), 0);
}

static void test_files_and_maps(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_files_and_maps, 1, &p);
	assert_int_equal(p.files.nr, PK_ARRAY_SIZE(files) + 1);
	for (size_t i = 0; i < PK_ARRAY_SIZE(files); i++)
		assert_memory_equal(&p.files.data[i + 1], &files[i], sizeof(files[i]));
	assert_int_equal(p.maps.nr, PK_ARRAY_SIZE(maps));
	for (size_t i = 0; i < PK_ARRAY_SIZE(maps); i++)
		assert_memory_equal(&p.maps.data[i], &maps[i], sizeof(maps[i]));
	pk_profile_deinit(&p);
}

static const struct pk_addr_node nodes[] = {
	{ 0, UINT64_MAX }, { 1, 0 }, { 0, 1ULL << 63 }, { 3, (1ULL << 63) - 1 }, { 1, 1 },
};
static const struct pk_sample_row rows[] = {
	{ 0 },
	{ .time_ns = 1, .tid = UINT32_MAX, .tgid = 0, .kstack = 5, .cpu = UINT16_MAX,
	  .flags = UINT16_MAX },
	{ .time_ns = 2, .tid = 0, .tgid = UINT32_MAX, .ustack = 5, .cpu = 1 },
	{ .time_ns = 3, .tid = UINT32_MAX, .tgid = UINT32_MAX, .kstack = 1, .ustack = 2 },
	{ .time_ns = TIME_MAX, .cpu = UINT16_MAX },
	{ .time_ns = TIME_MAX, .cpu = 1, .flags = 1 },
};

static void fill_sample_rows(struct pk_writer *w)
{
	uint32_t id;

	for (size_t i = 0; i < PK_ARRAY_SIZE(nodes); i++) {
		assert_int_equal(pk_writer_node(w, nodes[i].parent, nodes[i].addr, &id), 0);
		assert_int_equal(id, i + 1);
	}
	for (size_t i = 0; i < PK_ARRAY_SIZE(rows); i++)
		assert_int_equal(pk_writer_sample(w, &rows[i]), 0);
}

static void fill_sample_rows_periodic(struct pk_writer *w)
{
	assert_int_equal(pk_writer_fact(w, "record.period_ns", "1"), 0);
	fill_sample_rows(w);
}

static void fill_sample_rows_long_period(struct pk_writer *w)
{
	assert_int_equal(pk_writer_fact(w, "record.period_ns", "2305843009213693951"), 0);
	fill_sample_rows(w);
}

static void fill_sample_rows_senseless_period(struct pk_writer *w)
{
	assert_int_equal(pk_writer_fact(w, "record.period_ns", "18446744073709551615"), 0);
	fill_sample_rows(w);
}

static void check_sample_rows(void (*fill)(struct pk_writer *w))
{
	struct pk_profile p;

	load_filled(fill, 9, &p);
	assert_int_equal(p.nodes.nr, PK_ARRAY_SIZE(nodes) + 1);
	for (size_t i = 0; i < PK_ARRAY_SIZE(nodes); i++) {
		assert_int_equal(p.nodes.data[i + 1].parent, nodes[i].parent);
		assert_int_equal(p.nodes.data[i + 1].addr, nodes[i].addr);
	}
	assert_int_equal(p.samples.nr, PK_ARRAY_SIZE(rows));
	for (size_t i = 0; i < PK_ARRAY_SIZE(rows); i++) {
		assert_int_equal(p.samples.time_ns[i], rows[i].time_ns);
		assert_int_equal(p.samples.tid[i], rows[i].tid);
		assert_int_equal(p.samples.tgid[i], rows[i].tgid);
		assert_int_equal(p.samples.kstack[i], rows[i].kstack);
		assert_int_equal(p.samples.ustack[i], rows[i].ustack);
		assert_int_equal(p.samples.cpu[i], rows[i].cpu);
		assert_int_equal(p.samples.flags[i], rows[i].flags);
	}
	pk_profile_deinit(&p);
}

static void test_samples(void **state)
{
	(void)state;
	check_sample_rows(fill_sample_rows);
	check_sample_rows(fill_sample_rows_periodic);
	check_sample_rows(fill_sample_rows_long_period);
	check_sample_rows(fill_sample_rows_senseless_period);
}

static const struct pk_counters books[] = {
	{ .cpu = 1, .kernel.source = 2, .kernel.generated = 7 },
	{ .time_ns = 4, .cpu = UINT32_MAX, .delivered = UINT64_MAX,
	  .kernel = { .source = UINT32_MAX, .generated = UINT64_MAX,
		      .lost = { UINT64_MAX, 1, 2, 3, 4, UINT64_MAX }, .hits = UINT64_MAX,
		      .timed_hits = UINT64_MAX, .timed_ns = UINT64_MAX, .entry_ns = UINT64_MAX } },
	{ .time_ns = TIME_MAX, .cpu = 1, .kernel.source = 2, .kernel.generated = 9 },
	{ .time_ns = TIME_MAX, .cpu = 1, .kernel.source = 1, .kernel.generated = 8 },
};

static void fill_books(struct pk_writer *w)
{
	for (size_t i = 0; i < PK_ARRAY_SIZE(books); i++)
		assert_int_equal(pk_writer_counters(w, &books[i]), 0);
	assert_int_equal(pk_writer_mark(w, 0, "", 0), 0);
	assert_int_equal(pk_writer_mark(w, TIME_MAX, "second\0mark", 11), 0);
}

static void test_counters_and_marks(void **state)
{
	static const uint32_t latest[] = { 3, 2, 1 };
	struct pk_books_view view;
	struct pk_profile p;

	(void)state;
	load_filled(fill_books, 1, &p);
	assert_int_equal(p.counters.nr, PK_ARRAY_SIZE(books));
	for (size_t i = 0; i < PK_ARRAY_SIZE(books); i++)
		assert_memory_equal(&p.counters.data[i], &books[i], sizeof(books[i]));
	assert_int_equal(pk_profile_latest_books(&p, &view), 0);
	assert_int_equal(view.latest.nr, PK_ARRAY_SIZE(latest));
	assert_memory_equal(view.latest.data, latest, sizeof(latest));
	pk_vec_deinit(&view.latest);
	assert_int_equal(p.marks.nr, 2);
	assert_int_equal(p.marks.data[0].text, 0);
	assert_int_equal(p.marks.data[1].time_ns, TIME_MAX);
	assert_int_equal(pk_strtab_len(&p.strings, p.marks.data[1].text), 11);
	pk_profile_deinit(&p);
}

static const struct pk_symbol symbols[] = {
	{ .space = PK_SPACE_KERNEL, .addr = 1ULL << 63, .size = (1ULL << 63) - 1, .name = 1 },
	{ .space = PK_SPACE_FILE, .id = 1, .size = 10, .name = 1, .dso = 2, .flags = 255 },
	{ .space = PK_SPACE_FILE, .id = 1, .addr = 10, .size = 5, .name = 2, .dso = 1 },
	{ .space = PK_SPACE_PROCESS, .id = UINT32_MAX, .addr = UINT64_MAX, .name = 2 },
};

static void fill_symbols(struct pk_writer *w)
{
	intern(w, "name", 4);
	intern(w, "dso", 3);
	assert_int_equal(pk_writer_file(w, &(struct pk_file){ .path = 2 }, &(uint32_t){ 0 }), 0);
	/* the reader puts them in order */
	for (size_t i = PK_ARRAY_SIZE(symbols); i-- > 0;)
		assert_int_equal(pk_writer_symbol(w, &symbols[i]), 0);
	assert_int_equal(pk_writer_fact(w, "number", "12"), 0);
	assert_int_equal(pk_writer_fact(w, "text", "12x"), 0);
	assert_int_equal(pk_writer_fact(w, "number", "18446744073709551615"), 0);
}

static void test_symbols_and_facts(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_symbols, 1, &p);
	assert_int_equal(p.symbols.nr, PK_ARRAY_SIZE(symbols));
	for (size_t i = 0; i < PK_ARRAY_SIZE(symbols); i++) {
		const struct pk_symbol *a = &symbols[i], *b = &p.symbols.data[i];

		assert_int_equal(a->space, b->space);
		assert_int_equal(a->flags, b->flags);
		assert_int_equal(a->id, b->id);
		assert_int_equal(a->name, b->name);
		assert_int_equal(a->dso, b->dso);
		assert_int_equal(a->addr, b->addr);
		assert_int_equal(a->size, b->size);
	}
	assert_int_equal(pk_profile_fact_u64(&p, "number", 1), UINT64_MAX);
	assert_int_equal(pk_profile_fact_u64(&p, "text", 1), 1);
	assert_int_equal(pk_profile_fact_u64(&p, "none", 2), 2);
	assert_string_equal(pk_profile_fact(&p, "text"), "12x");
	pk_profile_deinit(&p);
}

/* --- order -------------------------------------------------------------------------- */

static void fill_late(struct pk_writer *w)
{
	static const uint64_t times[] = { 30, 10, 20, 10, 40 };

	for (size_t i = 0; i < PK_ARRAY_SIZE(times); i++) {
		assert_int_equal(pk_writer_task(w, &(struct pk_task_event){ .time_ns = times[i],
									    .tid = i }), 0);
		assert_int_equal(pk_writer_map(w, &(struct pk_map_event){ .time_ns = times[i],
									  .tgid = i }), 0);
		assert_int_equal(pk_writer_sample(w, &(struct pk_sample_row){ .time_ns = times[i],
									      .tid = i }), 0);
		assert_int_equal(pk_writer_mark(w, times[i], "12345" + i, 1), 0);
	}
}

/* What was given late is sorted in, and what was given first stays first of equals. */
static void test_order(void **state)
{
	static const uint32_t expected[] = { 1, 3, 2, 0, 4 };
	struct pk_profile p;

	(void)state;
	load_filled(fill_late, 50, &p);
	for (size_t i = 0; i < PK_ARRAY_SIZE(expected); i++) {
		assert_int_equal(p.tasks.data[i].tid, expected[i]);
		assert_int_equal(p.maps.data[i].tgid, expected[i]);
		assert_int_equal(p.samples.tid[i], expected[i]);
		assert_int_equal(*pk_strtab_get(&p.strings, p.marks.data[i].text),
				 '1' + (int)expected[i]);
	}
	assert_int_equal(p.start_ns, 10);
	pk_profile_deinit(&p);
}

static void fill_overlapping(struct pk_writer *w)
{
	static const struct pk_symbol given[] = {
		{ .addr = 100, .size = 50, .name = 1 },
		{ .addr = 120, .size = 10, .name = 2 },	/* within the first */
		{ .addr = 150, .size = 10, .name = 3 },
		{ .addr = 150, .size = 20, .name = 4 },	/* said again, later */
	};

	for (int i = 1; i <= 4; i++)
		intern(w, "abcd", i);
	for (size_t i = 0; i < PK_ARRAY_SIZE(given); i++)
		assert_int_equal(pk_writer_symbol(w, &given[i]), 0);
}

static void test_symbols_disjoint(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_overlapping, 1, &p);
	assert_int_equal(p.symbols.nr, 2);
	assert_int_equal(p.symbols.data[0].name, 1);
	assert_int_equal(p.symbols.data[1].name, 4);
	assert_int_equal(p.symbols.data[1].size, 20);
	pk_profile_deinit(&p);
}

/* --- size ----------------------------------------------------------------------------- */

#define MANY 50000

static void fill_many(struct pk_writer *w)
{
	uint64_t rng = 3;

	for (uint32_t i = 0; i < MANY; i++) {
		char text[64];
		uint32_t id, node;
		int len = snprintf(text, sizeof(text), "text number %u", i);

		assert_int_equal(pk_writer_string(w, text, len, &id), 0);
		assert_int_equal(id, i + 1);
		assert_int_equal(pk_writer_node(w, i - i % 7, fixture_random(&rng), &node), 0);
		assert_int_equal(pk_writer_sample(w, &(struct pk_sample_row){
							     .time_ns = (uint64_t)i * 1000,
							     .kstack = node, .tid = i, .cpu = i % 300,
						     }), 0);
		assert_int_equal(pk_writer_task(w, &(struct pk_task_event){
							   .time_ns = i, .tid = i, .comm = id }), 0);
	}
}

/* Many chunks of each type, and more texts than the writer remembers. */
static void test_many(void **state)
{
	struct pk_profile p;
	uint64_t rng = 3;

	(void)state;
	load_filled(fill_many, MANY, &p);
	assert_int_equal(p.samples.nr, MANY);
	assert_int_equal(p.strings.entries.nr, MANY + 1);
	for (uint32_t i = 0; i < MANY; i++) {
		char text[64];

		snprintf(text, sizeof(text), "text number %u", i);
		assert_string_equal(pk_strtab_get(&p.strings, p.tasks.data[i].comm), text);
		assert_int_equal(p.nodes.data[i + 1].parent, i - i % 7);
		assert_int_equal(p.nodes.data[i + 1].addr, fixture_random(&rng));
		assert_int_equal(p.samples.kstack[i], i + 1);
		assert_int_equal(p.samples.time_ns[i], (uint64_t)i * 1000);
		assert_int_equal(p.samples.cpu[i], i % 300);
	}
	pk_profile_deinit(&p);
}

static void fill_forgotten(struct pk_writer *w)
{
	static char text[1000];
	uint32_t first, again, id;

	assert_int_equal(pk_writer_string(w, "again", 5, &first), 0);
	for (int i = 0; i < 3000; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(pk_writer_string(w, text, sizeof(text), &id), 0);
	}
	/* written a second time, after 3 MB of other texts */
	assert_int_equal(pk_writer_string(w, "again", 5, &again), 0);
	assert_int_not_equal(first, again);
	assert_int_equal(pk_writer_file(w, &(struct pk_file){ .path = first }, &id), 0);
	assert_int_equal(pk_writer_file(w, &(struct pk_file){ .path = again }, &id), 0);
}

static void test_forgotten_texts(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_forgotten, 1, &p);
	assert_int_equal(p.strings.entries.nr, 3002);
	assert_int_equal(p.files.data[1].path, p.files.data[2].path);
	assert_string_equal(pk_strtab_get(&p.strings, p.files.data[2].path), "again");
	pk_profile_deinit(&p);
}

/* --- going on, and refusing ------------------------------------------------------------ */

static void extend(struct pk_writer *w, const struct pk_profile *p)
{
	struct pk_file f = { .ino = 4242 };
	uint32_t id;

	f.path = intern(w, "/new", 4);
	assert_int_equal(pk_writer_file(w, &f, &id), 0);
	assert_int_equal(id, p->files.nr);
	assert_int_equal(pk_writer_node(w, p->nodes.nr - 1, 1, &id), 0);
	assert_int_equal(id, p->nodes.nr);
	assert_int_equal(pk_writer_symbols_of(w, p), 0);
	assert_int_equal(pk_writer_finish(w, 6000000000), 0);
}

static void check_resumed(uint64_t end_ns, size_t cut_bytes)
{
	struct image i = fixture_image(fixture_fill_ordinary, end_ns);
	struct pk_profile before, after;
	struct pk_writer *w;
	int fd = fixture_fd();

	i.len -= cut_bytes;
	load(&i, &before);
	assert_int_equal(write(fd, i.data, i.len), i.len);
	image_free(&i);
	assert_int_equal(pk_writer_resume(fd, "test", &before, &w, NULL), 0);
	extend(w, &before);
	pk_writer_destroy(w);
	i = fixture_read(fd);
	load(&i, &after);
	assert_int_equal(after.state, PK_FILE_CLOSED);
	assert_int_equal(after.end_ns, 6000000000);
	assert_int_equal(after.files.nr, before.files.nr + 1);
	assert_int_equal(after.symbols.nr, before.symbols.nr);
	assert_is_prefix(&before, &after);
	pk_profile_deinit(&before);
	pk_profile_deinit(&after);
	image_free(&i);
}

static void test_resume(void **state)
{
	(void)state;
	check_resumed(ORDINARY_END_NS, 0);
	check_resumed(UINT64_MAX, 0);
	/* cut within the end chunk, and within one before it */
	check_resumed(ORDINARY_END_NS, 5);
	check_resumed(ORDINARY_END_NS, 150);
}

/* A file that is not what was loaded, or not sound, is left alone. */
static void test_resume_refused(void **state)
{
	struct image i = fixture_image(fixture_fill_ordinary, 1);
	struct pk_err err = { 0 };
	struct pk_profile p;
	struct pk_writer *w;
	int fd = fixture_fd();

	(void)state;
	load(&i, &p);
	assert_int_equal(pk_writer_resume(fd, "test", &p, &w, &err), -ESTALE);
	assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	pk_profile_deinit(&p);

	i.data[i.len / 2] ^= 1;
	load(&i, &p);
	assert_int_equal(write(fd, i.data, i.len), i.len);
	assert_int_equal(pk_writer_resume(fd, "test", &p, &w, &err), -EBADMSG);
	assert_int_equal(err.exit_code, PK_EXIT_BAD_FILE);
	assert_int_equal(lseek(fd, 0, SEEK_END), i.len);
	close(fd);
	pk_profile_deinit(&p);
	image_free(&i);
}

#define REFUSED(call)                                                                              \
	do {                                                                                       \
		struct pk_writer *w;                                                               \
		int fd = fixture_fd();                                                             \
                                                                                                   \
		assert_int_equal(pk_writer_create(fd, "test", &w, NULL), 0);                       \
		assert_int_equal(call, -EINVAL);                                                   \
		assert_int_equal(pk_writer_error(w)->code, -EINVAL);                               \
		assert_int_equal(pk_writer_finish(w, 1), -EINVAL);                                 \
		pk_writer_destroy(w);                                                              \
		close(fd);                                                                         \
	} while (0)

/* What no reader would take is not written in the first place. */
static void test_refused(void **state)
{
	uint32_t id;

	(void)state;
	REFUSED(pk_writer_file(w, &(struct pk_file){ .path = 1 }, &id));
	REFUSED(pk_writer_file(w, &(struct pk_file){ .build_id_len = 21 }, &id));
	REFUSED(pk_writer_task(w, &(struct pk_task_event){ .comm = 1 }));
	REFUSED(pk_writer_task(w, &(struct pk_task_event){ .args = 1 }));
	REFUSED(pk_writer_task(w, &(struct pk_task_event){ .cgroup = 1 }));
	REFUSED(pk_writer_task(w, &(struct pk_task_event){ .kind = PK_TASK_NR_KINDS }));
	REFUSED(pk_writer_task(w, &(struct pk_task_event){ .time_ns = TIME_MAX + 1 }));
	REFUSED(pk_writer_task(w, &(struct pk_task_event){ .start_ns = TIME_MAX + 1 }));
	REFUSED(pk_writer_map(w, &(struct pk_map_event){ .file = 1 }));
	REFUSED(pk_writer_map(w, &(struct pk_map_event){ .addr = 1, .len = UINT64_MAX }));
	REFUSED(pk_writer_map(w, &(struct pk_map_event){ .time_ns = TIME_MAX + 1 }));
	REFUSED(pk_writer_node(w, 1, 0, &id));
	REFUSED(pk_writer_sample(w, &(struct pk_sample_row){ .kstack = 1 }));
	REFUSED(pk_writer_sample(w, &(struct pk_sample_row){ .ustack = 1 }));
	REFUSED(pk_writer_sample(w, &(struct pk_sample_row){ .time_ns = TIME_MAX + 1 }));
	REFUSED(pk_writer_mark(w, TIME_MAX + 1, "", 0));
	REFUSED(pk_writer_counters(w, &(struct pk_counters){ .time_ns = TIME_MAX + 1 }));
	REFUSED(pk_writer_symbol(w, &(struct pk_symbol){ .space = PK_SPACE_NR }));
	REFUSED(pk_writer_symbol(w, &(struct pk_symbol){ .space = PK_SPACE_FILE, .id = 1 }));
	REFUSED(pk_writer_symbol(w, &(struct pk_symbol){ .name = 1 }));
	REFUSED(pk_writer_symbol(w, &(struct pk_symbol){ .dso = 1 }));
	REFUSED(pk_writer_symbol(w, &(struct pk_symbol){ .addr = 1, .size = UINT64_MAX }));
	REFUSED(pk_writer_finish(w, TIME_MAX + 1));
}

/* --- where it is written to and read from ------------------------------------------------- */

/* The first failure is told, by name and reason, and stays. */
static void test_disk_full(void **state)
{
	struct pk_err err = { 0 };
	struct pk_writer *w = NULL;
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(pk_writer_create(fd, "full.pkp", &w, &err), -ENOSPC);
	assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
	assert_non_null(strstr(err.msg, "full.pkp"));
	assert_non_null(strstr(err.msg, "No space left on device"));
	close(fd);
}

/* What was written in part is taken away again, and the writer goes on failing. */
static void test_failing_write(void **state)
{
	struct image i = fixture_image(fixture_fill_ordinary, UINT64_MAX), cut;
	struct rlimit before, limit;
	struct pk_profile p, whole;
	int fd = fixture_fd();
	struct pk_writer *w;

	(void)state;
	load(&i, &whole);
	assert_int_equal(write(fd, i.data, i.len), i.len);
	assert_int_equal(pk_writer_resume(fd, "test", &whole, &w, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ i.len + 30, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(pk_writer_finish(w, 1), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(pk_writer_error(w)->exit_code, PK_EXIT_OUTPUT);
	assert_int_equal(pk_writer_flush(w), -EFBIG);
	assert_int_equal(pk_writer_mark(w, 1, "x", 1), -EFBIG);
	assert_int_equal(pk_writer_bytes(w), i.len);
	pk_writer_destroy(w);
	cut = fixture_read(fd);
	assert_int_equal(cut.len, i.len);
	load(&cut, &p);
	assert_same(&p, &whole);
	pk_profile_deinit(&p);
	pk_profile_deinit(&whole);
	image_free(&i);
	image_free(&cut);
}

/* From a file and from a pipe as from memory; the size is known in all cases. */
static void test_sources(void **state)
{
	struct image i = fixture_image(fixture_fill_ordinary, ORDINARY_END_NS);
	char path[] = "/tmp/test_profile_XXXXXX";
	struct pk_profile a, b;
	int fd = mkstemp(path), ends[2];

	(void)state;
	assert_int_equal(write(fd, i.data, i.len), i.len);
	close(fd);
	load(&i, &a);
	assert_int_equal(pk_profile_load(path, &b, NULL), 0);
	assert_same(&a, &b);
	assert_int_equal(b.file_bytes, i.len);
	pk_profile_deinit(&b);
	unlink(path);

	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= (int)i.len);
	i.data[i.len / 2] ^= 1;
	assert_int_equal(write(ends[1], i.data, i.len), i.len);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(pk_profile_load("-", &b, NULL), 0);
	assert_int_equal(b.state, PK_FILE_DAMAGED);
	assert_int_equal(b.file_bytes, i.len);
	assert_is_prefix(&b, &a);
	pk_profile_deinit(&a);
	pk_profile_deinit(&b);
	image_free(&i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_files_and_maps),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_counters_and_marks),
		cmocka_unit_test(test_symbols_and_facts),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_symbols_disjoint),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_forgotten_texts),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_resume_refused),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_failing_write),
		cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
