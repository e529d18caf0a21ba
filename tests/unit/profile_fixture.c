// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles for tests; see profile_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile/chunk.h"
#include "profile_fixture.h"

int fixture_fd(void)
{
	int fd = memfd_create("profile", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

struct image fixture_read(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	struct image i = { .data = malloc(len + 1), .len = len };

	assert_non_null(i.data);
	assert_int_equal(pread(fd, i.data, len, 0), len);
	close(fd);
	return i;
}

struct image fixture_image(void (*fill)(struct pk_writer *w), uint64_t end_ns)
{
	struct pk_writer *w;
	int fd = fixture_fd();

	assert_int_equal(pk_writer_create(fd, "test", &w, NULL), 0);
	fill(w);
	assert_int_equal(end_ns == UINT64_MAX ? pk_writer_flush(w) : pk_writer_finish(w, end_ns), 0);
	assert_int_equal(pk_writer_bytes(w), lseek(fd, 0, SEEK_END));
	pk_writer_destroy(w);
	return fixture_read(fd);
}

void image_free(struct image *i)
{
	free(i->data);
}

uint64_t fixture_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* --- an ordinary profile ------------------------------------------------------- */

static uint32_t intern(struct pk_writer *w, const char *text)
{
	uint32_t id;

	assert_int_equal(pk_writer_string(w, text, strlen(text), &id), 0);
	return id;
}

static void fill_tasks(struct pk_writer *w, uint64_t time_ns, uint64_t *rng)
{
	for (uint32_t i = 0; i < 12; i++) {
		char args[40];
		struct pk_task_event e = {
			.time_ns = time_ns + i * 1000,
			.kind = i % PK_TASK_NR_KINDS,
			.flags = i % 3,
			.tid = 100 + fixture_random(rng) % 50,
			.tgid = 100,
			.parent_tgid = i % 2 ? 1 : 0,
			.start_ns = i % 2 ? time_ns - 12345 : 0,
			.cgroup_id = i % 4 ? 0 : 77,
		};

		snprintf(args, sizeof(args), "program --number %u", (unsigned int)*rng % 7);
		e.comm = intern(w, i % 2 ? "program" : "");
		e.args = i % 3 ? intern(w, args) : 0;
		e.cgroup = i % 4 ? 0 : intern(w, "/user.slice");
		assert_int_equal(pk_writer_task(w, &e), 0);
	}
}

static void fill_maps(struct pk_writer *w, uint64_t time_ns, uint64_t *rng)
{
	for (uint32_t i = 0; i < 6; i++) {
		char path[40];
		struct pk_file f = { .dev = 8 << 20 | i, .gen = i, .ino = fixture_random(rng) % 9999,
				     .build_id_len = i % 2 ? 20 : 0 };
		struct pk_map_event m = { .time_ns = time_ns + i, .tgid = 100 + i,
					  .addr = 0x7f0000000000ULL + (fixture_random(rng) & 0xfff000),
					  .len = 4096 * (i + 1), .file_off = 4096 * i };

		snprintf(path, sizeof(path), "/usr/lib/lib%u.so", (unsigned int)f.ino);
		f.path = intern(w, path);
		for (int b = 0; b < f.build_id_len; b++)
			f.build_id[b] = fixture_random(rng);
		assert_int_equal(pk_writer_file(w, &f, &m.file), 0);
		m.file = i ? m.file : 0;
		assert_int_equal(pk_writer_map(w, &m), 0);
	}
}

/* Returns the last node. */
static uint32_t fill_nodes(struct pk_writer *w, uint64_t *rng)
{
	uint32_t node = 0;

	for (int i = 0; i < 60; i++) {
		uint64_t r = fixture_random(rng);
		uint32_t parent = node ? node - r % (node < 5 ? node : 5) : 0;

		assert_int_equal(pk_writer_node(w, parent,
						(r & 1 ? 0xffffffff81000000ULL : 0x555000000000ULL) +
							(r >> 44),
						&node),
				 0);
	}
	return node;
}

static void fill_samples(struct pk_writer *w, uint64_t time_ns, uint32_t nodes, uint64_t *rng)
{
	for (uint32_t i = 0; i < 150; i++) {
		uint64_t r = fixture_random(rng);
		struct pk_sample_row s = {
			.time_ns = time_ns + i * 500000 + r % 20000,
			.tid = 100 + r % 7,
			.tgid = 100,
			.kstack = r & 0x100 ? 1 + (r >> 10) % nodes : 0,
			.ustack = r & 0x200 ? 1 + (r >> 20) % nodes : 0,
			.cpu = i % 2,
			.flags = r >> 40 & 3,
		};

		assert_int_equal(pk_writer_sample(w, &s), 0);
	}
}

static void fill_counters(struct pk_writer *w, uint64_t time_ns, uint64_t *rng)
{
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		struct pk_counters c = { .time_ns = time_ns, .cpu = cpu,
					 .delivered = fixture_random(rng) % 10000 };

		c.kernel.source = PKPROF_SRC_CPU;
		c.kernel.generated = c.delivered + 28;
		for (int i = 0; i < PKPROF_NR_LOSSES; i++)
			c.kernel.lost[i] = i;
		c.kernel.hits = c.delivered + 100;
		c.kernel.timed_hits = 9;
		c.kernel.timed_ns = 9999;
		c.kernel.entry_ns = 333;
		assert_int_equal(pk_writer_counters(w, &c), 0);
	}
}

static void fill_symbols(struct pk_writer *w, uint32_t space)
{
	uint64_t addr = 4096;

	for (uint32_t i = 0; i < 40; i++) {
		char name[40];
		struct pk_symbol s = { .space = space, .id = space, .addr = addr, .size = 16 + i,
				       .flags = i % 5 ? 0 : PK_SYMBOL_NONE };

		snprintf(name, sizeof(name), "function_%u_of_%u", i, space);
		s.name = intern(w, name);
		s.dso = intern(w, space ? "/usr/lib/lib.so" : "[kernel]");
		assert_int_equal(pk_writer_symbol(w, &s), 0);
		addr += s.size + i % 3;
	}
}

void fixture_fill_ordinary(struct pk_writer *w)
{
	uint64_t rng = 7;

	assert_int_equal(pk_writer_fact(w, "host.name", "test"), 0);
	assert_int_equal(pk_writer_fact(w, "record.period_ns", "1000000"), 0);
	assert_int_equal(pk_writer_fact(w, "record.start_ns", "1000000000"), 0);
	for (uint64_t round = 0; round < 6; round++) {
		uint64_t now = 1000000000 + round * 100000000;
		char text[16];

		fill_tasks(w, now, &rng);
		fill_maps(w, now + 20000, &rng);
		fill_samples(w, now + 40000, fill_nodes(w, &rng), &rng);
		snprintf(text, sizeof(text), "phase %u", (unsigned int)round);
		assert_int_equal(pk_writer_mark(w, now + 50000, text, strlen(text)), 0);
		fill_counters(w, now + 60000, &rng);
		assert_int_equal(pk_writer_flush(w), 0);
	}
	for (uint32_t space = 0; space < PK_SPACE_NR; space++) {
		fill_symbols(w, space);
		assert_int_equal(pk_writer_flush(w), 0);
	}
}

/* --- comparison ---------------------------------------------------------------- */

static void assert_same_text(const struct pk_profile *a, uint32_t x, const struct pk_profile *b,
			     uint32_t y)
{
	assert_int_equal(pk_strtab_len(&a->strings, x), pk_strtab_len(&b->strings, y));
	assert_memory_equal(pk_strtab_get(&a->strings, x), pk_strtab_get(&b->strings, y),
			    pk_strtab_len(&a->strings, x));
}

#define SAME(field) assert_int_equal(x->field, y->field)
#define SAME_TEXT(field) assert_same_text(a, x->field, b, y->field)
#define EACH(table)                                                                                \
	assert_true(a->table.nr <= b->table.nr);                                                   \
	for (const __typeof__(*a->table.data) *x = a->table.data, *y = b->table.data;              \
	     x && x < a->table.data + a->table.nr; x++, y++)

static void compare_tables(const struct pk_profile *a, const struct pk_profile *b)
{
	EACH(facts) {
		SAME_TEXT(key);
		SAME_TEXT(value);
	}
	EACH(files) {
		SAME_TEXT(path);
		SAME(dev);
		SAME(gen);
		SAME(ino);
		SAME(build_id_len);
		assert_memory_equal(x->build_id, y->build_id, sizeof(x->build_id));
	}
	EACH(tasks) {
		SAME(time_ns);
		SAME(kind);
		SAME(flags);
		SAME(tid);
		SAME(tgid);
		SAME(parent_tgid);
		SAME(start_ns);
		SAME_TEXT(comm);
		SAME_TEXT(args);
		SAME_TEXT(cgroup);
		SAME(cgroup_id);
	}
	EACH(maps) {
		SAME(time_ns);
		SAME(tgid);
		SAME(file);
		SAME(addr);
		SAME(len);
		SAME(file_off);
	}
	EACH(nodes) {
		SAME(parent);
		SAME(addr);
	}
	EACH(marks) {
		SAME(time_ns);
		SAME_TEXT(text);
	}
	EACH(counters) {
		SAME(time_ns);
		SAME(cpu);
		SAME(delivered);
		assert_memory_equal(&x->kernel, &y->kernel, sizeof(x->kernel));
	}
	EACH(symbols) {
		SAME(space);
		SAME(flags);
		SAME(id);
		SAME_TEXT(name);
		SAME_TEXT(dso);
		SAME(addr);
		SAME(size);
	}
}

static void compare_samples(const struct pk_samples *x, const struct pk_samples *y)
{
	size_t nr = x->nr;

	assert_true(nr <= y->nr);
	if (!nr)
		return;
	assert_memory_equal(x->time_ns, y->time_ns, nr * sizeof(*x->time_ns));
	assert_memory_equal(x->tid, y->tid, nr * sizeof(*x->tid));
	assert_memory_equal(x->tgid, y->tgid, nr * sizeof(*x->tgid));
	assert_memory_equal(x->kstack, y->kstack, nr * sizeof(*x->kstack));
	assert_memory_equal(x->ustack, y->ustack, nr * sizeof(*x->ustack));
	assert_memory_equal(x->cpu, y->cpu, nr * sizeof(*x->cpu));
	assert_memory_equal(x->flags, y->flags, nr * sizeof(*x->flags));
}

void assert_is_prefix(const struct pk_profile *part, const struct pk_profile *whole)
{
	assert_true(part->strings.entries.nr <= whole->strings.entries.nr);
	for (uint32_t id = 0; id < part->strings.entries.nr; id++)
		assert_same_text(part, id, whole, id);
	compare_tables(part, whole);
	compare_samples(&part->samples, &whole->samples);
}

void assert_same(const struct pk_profile *a, const struct pk_profile *b)
{
	assert_is_prefix(a, b);
	assert_is_prefix(b, a);
	assert_int_equal(a->start_ns, b->start_ns);
	assert_int_equal(a->end_ns, b->end_ns);
	assert_int_equal(a->state, b->state);
}

/* --- sanity --------------------------------------------------------------------- */

#define ASSERT_BY_TIME(table)                                                                      \
	for (size_t i = 1; i < p->table.nr; i++)                                                   \
	assert_true(p->table.data[i - 1].time_ns <= p->table.data[i].time_ns)

void assert_sane(const struct pk_profile *p)
{
	const struct pk_samples *s = &p->samples;
	size_t strings = p->strings.entries.nr;

	PK_VEC_FOREACH(&p->facts, f)
		assert_true(f->key < strings && f->value < strings);
	PK_VEC_FOREACH(&p->files, f)
		assert_true(f->path < strings && f->build_id_len <= PKPROF_MAX_BUILD_ID);
	PK_VEC_FOREACH(&p->tasks, e)
		assert_true(e->kind < PK_TASK_NR_KINDS && e->comm < strings && e->args < strings &&
			    e->cgroup < strings && e->time_ns <= PK_TIME_MAX_NS);
	PK_VEC_FOREACH(&p->maps, m)
		assert_true(m->file < p->files.nr && m->addr + m->len >= m->addr);
	for (size_t i = 1; i < p->nodes.nr; i++)
		assert_true(p->nodes.data[i].parent < i);
	for (size_t i = 0; i < s->nr; i++)
		assert_true(s->kstack[i] < p->nodes.nr && s->ustack[i] < p->nodes.nr &&
			    s->time_ns[i] <= PK_TIME_MAX_NS &&
			    (!i || s->time_ns[i] >= s->time_ns[i - 1]));
	PK_VEC_FOREACH(&p->marks, m)
		assert_true(m->text < strings);
	PK_VEC_FOREACH(&p->symbols, y)
		assert_true(y->space < PK_SPACE_NR && y->name < strings && y->dso < strings &&
			    y->addr + y->size >= y->addr &&
			    (y->space != PK_SPACE_FILE || y->id < p->files.nr));
	ASSERT_BY_TIME(tasks);
	ASSERT_BY_TIME(maps);
	ASSERT_BY_TIME(marks);
}

/* --- the frame ------------------------------------------------------------------- */

static uint32_t load_u32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

size_t fixture_chunks(const struct image *i, size_t *offsets, size_t max)
{
	size_t at = PK_FILE_HEAD_BYTES, nr = 0;

	while (nr < max && at + PK_CHUNK_HEAD_BYTES <= i->len) {
		offsets[nr++] = at;
		at += PK_CHUNK_HEAD_BYTES + load_u32(i->data + at + 4);
	}
	assert_true(nr < max && at == i->len);
	offsets[nr++] = at;
	return nr;
}

unsigned int fixture_chunk_type(const struct image *i, size_t offset)
{
	return i->data[offset] | i->data[offset + 1] << 8;
}
