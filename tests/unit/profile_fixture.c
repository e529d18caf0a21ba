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
#include "lines_fixture.h"
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

static void fill_ledger(struct pk_writer *w, uint64_t time_ns, uint64_t *rng)
{
	for (uint32_t i = 0; i < 12; i++) {
		uint64_t r = fixture_random(rng), ns = 90000000 - i * 1000;
		struct pk_ledger_part parts[] = {
			{ .ns = r % 20000000, .nr = r % 50, .line = PKPROF_LINE_CPU },
			{ .ns = r % 1000000, .nr = r % 51, .line = PKPROF_LINE_WAKEUP },
			{ .line = PKPROF_LINE_DISK, .part = i % 3 },
			{ .nr = 7, .line = PKPROF_LINE_DISK, .part = 3 + i % 3 },
		};
		struct pk_ledger_piece p = { .from_ns = time_ns, .to_ns = time_ns + ns,
					     .tid = 100 + i, .tgid = 100 + i % 2,
					     .nr_parts = i % 4 ? 4 : 1 };

		if (i % 4)
			parts[3].ns = ns - parts[0].ns - parts[1].ns;
		else
			parts[0].ns = ns;
		assert_int_equal(pk_writer_ledger(w, &p, parts), 0);
	}
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		struct pk_cpu_piece p = { .from_ns = time_ns, .to_ns = time_ns + 90000000,
					  .cpu = cpu, .busy_ns = 30000000, .idle_ns = 59999990,
					  .offline_ns = 10, .nr_switches = fixture_random(rng) % 999,
					  .steal_ns = 5, .softirq_ns = 6, .iowait_ns = 7 };

		assert_int_equal(pk_writer_cpu(w, &p), 0);
	}
}

static void fill_hists(struct pk_writer *w, uint64_t time_ns, uint64_t *rng)
{
	for (uint32_t i = 0; i < 6; i++) {
		struct pk_hist_bucket b[5];
		struct pk_hist_piece h = { .from_ns = time_ns, .to_ns = time_ns + 90000000,
					   .what = i % PKPROF_NR_HISTS, .key = i / 2, .id = i,
					   .max_ns = 77777, .nr_buckets = i ? 5 : 0 };

		for (uint32_t n = 0; n < h.nr_buckets; n++) {
			b[n].bucket = n * 5 + fixture_random(rng) % 4;
			b[n].nr = 1 + fixture_random(rng) % 99;
			h.count += b[n].nr;
			h.sum_ns += b[n].nr * 1000;
		}
		assert_int_equal(pk_writer_hist(w, &h, b), 0);
	}
}

static void fill_blocks(struct pk_writer *w, uint64_t time_ns, uint64_t *rng)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct pk_block_load x = { .from_ns = time_ns, .to_ns = time_ns + 90000000,
					   .depth_ns = { 60000000, 20000000, 0, 10000000 },
					   .load_ns = fixture_random(rng) % 99999999, .device = i,
					   .dev = 254 << 20 | i, .flags = i, .max_depth = i * 3,
					   .name = intern(w, i % 2 ? "vda" : "dm-0") };
		struct pk_block_ops o = { .from_ns = time_ns, .to_ns = time_ns + 90000000, .device = i,
					  .op = i % PKPROF_NR_BLOCK_OPS, .size = i, .nr = 9 + i,
					  .bytes = fixture_random(rng) % 1000000, .nr_failed = i,
					  .nr_untimed = 1, .nr_merged = i, .sum_ns = { 1, 2, 3 },
					  .max_ns = { 7, 8, 9 }, .nr_buckets = i ? 5 : 0 };
		struct pk_hist_bucket b[5];

		for (uint32_t n = 0; n < o.nr_buckets; n++) {
			b[n].bucket = n * 180 + fixture_random(rng) % 170;
			b[n].nr = 1 + fixture_random(rng) % 99;
		}
		if (i == 2)
			o.tgid = 100;
		if (i == 3)
			o.flags = PK_BLOCK_ANY_PROCESS;
		assert_int_equal(pk_writer_block_load(w, &x), 0);
		assert_int_equal(pk_writer_block_ops(w, &o, b), 0);
	}
}

static void fill_waits(struct pk_writer *w, uint64_t time_ns, uint32_t nodes, uint64_t *rng)
{
	for (uint32_t i = 0; i < 20; i++) {
		uint64_t r = fixture_random(rng);
		struct pk_wait x = { .since_ns = time_ns - r % 1000000, .time_ns = time_ns,
				     .nr_blocked = r >> 8 & 7, .nr_runq = i % 2, .tid = 100 + r % 7,
				     .tgid = 100, .cpu = i % 2, .kstack = 1 + (r >> 10) % nodes,
				     .ustack = i % 3 ? 1 + (r >> 20) % nodes : 0, .ends = r >> 48,
				     .line = PKPROF_LINE_DISK, .runq_line = PKPROF_LINE_WAKEUP,
				     .period_log2 = 20 };
		struct pk_wake k = { .since_ns = x.since_ns, .time_ns = time_ns, .tid = x.tid,
				     .tgid = 100, .cpu = 1, .waker_tid = r % 9, .waker_tgid = r % 3,
				     .waker_comm = intern(w, i % 2 ? "waker" : ""),
				     .kstack = x.ustack, .ustack = x.kstack, .ends = x.ends,
				     .flags = i % 4 };
		struct pk_latency l = { .time_ns = time_ns, .queued_ns = x.since_ns,
					.threshold_ns = 1000 << i % 2, .prev_ns = r % 5000000,
					.tid = x.tid, .tgid = 100, .cpu = i % 2, .prev_tid = r % 9,
					.prev_tgid = r % 3, .prev_comm = k.waker_comm,
					.line = PKPROF_LINE_PREEMPTED };

		struct pk_step s = { .time_ns = time_ns, .step = i % PKPROF_NR_STEPS, .level = i % 8,
				     .source = r % PKPROF_NR_SOURCES, .source_ppm = r % 1000000,
				     .share_ppm = r % 7919, .kept_ppm = r % 101,
				     .recorder_ppm = i, .budget_ppm = 10000 };

		x.flags = i % 5 ? PKPROF_WAIT_KTHREAD : PKPROF_WAIT_OPEN;
		x.woken_ns = i % 5 ? x.since_ns + (time_ns - x.since_ns) / 2 : 0;
		assert_int_equal(pk_writer_wait(w, &x), 0);
		assert_int_equal(pk_writer_wake(w, &k), 0);
		if (i % 4 == 0)
			assert_int_equal(pk_writer_latency(w, &l), 0);
		if (i % 3 == 0)
			assert_int_equal(pk_writer_step(w, &s), 0);
		time_ns += 100000;
	}
}

static void fill_bios(struct pk_writer *w, uint64_t time_ns, uint32_t nodes, uint64_t *rng)
{
	for (uint32_t i = 0; i < 20; i++) {
		uint64_t r = fixture_random(rng);
		struct pk_bio x = { .time_ns = time_ns, .id = 1 + i + (r & 0xffff0000),
				    .units = 1ULL << (13 + i), .tid = 100 + r % 7, .tgid = 100,
				    .cpu = i % 2, .device = 1 + i % 3, .bytes = 4096 * (r % 9),
				    .kstack = 1 + (r >> 10) % nodes,
				    .ustack = i % 3 ? 1 + (r >> 20) % nodes : 0, .ends = r >> 48,
				    .op = i % PKPROF_NR_BLOCK_OPS, .flags = i % 5 };
		struct pk_bio_end e = { .time_ns = time_ns + r % 5000, .id = x.id,
					.queue_ns = r % 777, .device_ns = r % 555, .device = i % 4,
					.flags = i % 9 };

		assert_int_equal(pk_writer_bio(w, &x), 0);
		assert_int_equal(pk_writer_bio_end(w, &e), 0);
		time_ns += 100000;
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
		uint32_t nodes;

		fill_tasks(w, now, &rng);
		fill_maps(w, now + 20000, &rng);
		nodes = fill_nodes(w, &rng);
		fill_samples(w, now + 40000, nodes, &rng);
		fill_ledger(w, now, &rng);
		fill_hists(w, now, &rng);
		fill_blocks(w, now, &rng);
		fill_waits(w, now + 1000000, nodes, &rng);
		fill_bios(w, now + 1000000, nodes, &rng);
		snprintf(text, sizeof(text), "phase %u", (unsigned int)round);
		assert_int_equal(pk_writer_mark(w, now + 50000, text, strlen(text)), 0);
		fill_counters(w, now + 60000, &rng);
		assert_int_equal(pk_writer_flush(w), 0);
	}
	for (uint32_t space = 0; space < PK_SPACE_NR; space++) {
		fixture_fill_symbols(w, space);
		assert_int_equal(pk_writer_flush(w), 0);
	}
	for (uint32_t part = 0; part < 2; part++) {
		fixture_fill_lines(w, part);
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

static void compare_ledger(const struct pk_profile *a, const struct pk_profile *b)
{
	EACH(ledger) {
		SAME(from_ns);
		SAME(to_ns);
		SAME(tid);
		SAME(tgid);
		SAME(first_part);
		SAME(nr_parts);
	}
	EACH(ledger_parts) {
		SAME(ns);
		SAME(nr);
		SAME(line);
		SAME(part);
	}
	EACH(cpus) {
		SAME(from_ns);
		SAME(to_ns);
		SAME(cpu);
		SAME(busy_ns);
		SAME(idle_ns);
		SAME(offline_ns);
		SAME(nr_switches);
		SAME(steal_ns);
		SAME(softirq_ns);
		SAME(irq_ns);
		SAME(iowait_ns);
	}
	EACH(hists) {
		SAME(from_ns);
		SAME(to_ns);
		SAME(what);
		SAME(key);
		SAME(id);
		SAME(count);
		SAME(sum_ns);
		SAME(max_ns);
		SAME(first_bucket);
		SAME(nr_buckets);
	}
	EACH(hist_buckets) {
		SAME(bucket);
		SAME(nr);
	}
}

static void compare_blocks(const struct pk_profile *a, const struct pk_profile *b)
{
	EACH(block_loads) {
		SAME(from_ns);
		SAME(to_ns);
		SAME(load_ns);
		SAME(device);
		SAME(dev);
		SAME(flags);
		SAME(max_depth);
		for (unsigned int n = 0; n < PKPROF_BLOCK_DEPTHS; n++)
			SAME(depth_ns[n]);
	}
	EACH(block_ops) {
		SAME(from_ns);
		SAME(to_ns);
		SAME(device);
		SAME(tgid);
		SAME(op);
		SAME(size);
		SAME(flags);
		SAME(nr);
		SAME(bytes);
		SAME(nr_untimed);
		SAME(nr_failed);
		SAME(nr_merged);
		SAME(sum_ns[0]);
		SAME(sum_ns[2]);
		SAME(max_ns[1]);
		SAME(first_bucket);
		SAME(nr_buckets);
	}
	EACH(block_buckets) {
		SAME(bucket);
		SAME(nr);
	}
}

static void compare_waits(const struct pk_profile *a, const struct pk_profile *b)
{
	EACH(steps) {
		SAME(time_ns);
		SAME(step);
		SAME(level);
		SAME(source);
		SAME(source_ppm);
		SAME(share_ppm);
		SAME(kept_ppm);
		SAME(recorder_ppm);
		SAME(budget_ppm);
	}
	EACH(latencies) {
		SAME(time_ns);
		SAME(queued_ns);
		SAME(threshold_ns);
		SAME(prev_ns);
		SAME(tid);
		SAME(tgid);
		SAME(cpu);
		SAME(prev_tid);
		SAME(prev_tgid);
		SAME_TEXT(prev_comm);
		SAME(line);
	}
	EACH(waits) {
		SAME(since_ns);
		SAME(woken_ns);
		SAME(time_ns);
		SAME(nr_blocked);
		SAME(nr_runq);
		SAME(tid);
		SAME(tgid);
		SAME(cpu);
		SAME(kstack);
		SAME(ustack);
		SAME(ends);
		SAME(line);
		SAME(runq_line);
		SAME(period_log2);
		SAME(flags);
	}
	EACH(bios) {
		SAME(time_ns);
		SAME(id);
		SAME(units);
		SAME(tid);
		SAME(tgid);
		SAME(cpu);
		SAME(device);
		SAME(bytes);
		SAME(kstack);
		SAME(ustack);
		SAME(ends);
		SAME(op);
		SAME(flags);
	}
	EACH(bio_ends) {
		SAME(time_ns);
		SAME(id);
		SAME(queue_ns);
		SAME(device_ns);
		SAME(device);
		SAME(flags);
	}
	EACH(wakes) {
		SAME(since_ns);
		SAME(time_ns);
		SAME(tid);
		SAME(tgid);
		SAME(cpu);
		SAME(waker_tid);
		SAME(waker_tgid);
		SAME_TEXT(waker_comm);
		SAME(kstack);
		SAME(ustack);
		SAME(ends);
		SAME(flags);
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
	fixture_compare_lines(part, whole);
	compare_ledger(part, whole);
	compare_waits(part, whole);
	compare_blocks(part, whole);
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

#define ASSERT_BY(table, field)                                                                    \
	for (size_t i = 1; i < p->table.nr; i++)                                                   \
	assert_true(p->table.data[i - 1].field <= p->table.data[i].field)
#define ASSERT_BY_TIME(table) ASSERT_BY(table, time_ns)

/* Written out once more, so that the code under test does not judge itself. */
static void assert_sane_ledger(const struct pk_profile *p)
{
	PK_VEC_FOREACH(&p->ledger, x) {
		const struct pk_ledger_part *part = &p->ledger_parts.data[x->first_part];
		uint64_t sum = 0;

		assert_true(x->nr_parts && x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS);
		assert_true((uint64_t)x->first_part + x->nr_parts <= p->ledger_parts.nr);
		for (uint32_t i = 0; i < x->nr_parts; i++) {
			assert_true(part[i].line < PKPROF_NR_LINES);
			assert_true(!i || part[i - 1].line < part[i].line ||
				    (part[i - 1].line == part[i].line &&
				     part[i - 1].part < part[i].part));
			assert_false(__builtin_add_overflow(sum, part[i].ns, &sum));
		}
		assert_int_equal(sum, x->to_ns - x->from_ns);
	}
	PK_VEC_FOREACH(&p->cpus, x) {
		uint64_t sum = 0;

		assert_true(x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS);
		assert_false(__builtin_add_overflow(x->busy_ns, x->idle_ns, &sum));
		assert_false(__builtin_add_overflow(sum, x->offline_ns, &sum));
		assert_int_equal(sum, x->to_ns - x->from_ns);
	}
	PK_VEC_FOREACH(&p->hists, x) {
		const struct pk_hist_bucket *b = &p->hist_buckets.data[x->first_bucket];
		uint64_t count = 0;

		assert_true(x->what < PKPROF_NR_HISTS && x->key < PKPROF_NR_HIST_KEYS);
		assert_true(x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS);
		assert_true((uint64_t)x->first_bucket + x->nr_buckets <= p->hist_buckets.nr);
		for (uint32_t i = 0; i < x->nr_buckets; i++) {
			assert_true(b[i].bucket < (x->key == PKPROF_HIST_THREAD ? 32 : 304));
			assert_true(b[i].nr && (!i || b[i - 1].bucket < b[i].bucket));
			count += b[i].nr;
		}
		assert_int_equal(count, x->count);
	}
	ASSERT_BY(ledger, to_ns);
	ASSERT_BY(cpus, to_ns);
	ASSERT_BY(hists, to_ns);
}

static void assert_sane_blocks(const struct pk_profile *p)
{
	PK_VEC_FOREACH(&p->block_loads, x) {
		uint64_t sum = 0;

		assert_true(x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS);
		assert_true(x->name < p->strings.entries.nr);
		for (unsigned int i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
			assert_false(__builtin_add_overflow(sum, x->depth_ns[i], &sum));
		assert_int_equal(sum, x->to_ns - x->from_ns);
	}
	PK_VEC_FOREACH(&p->block_ops, x) {
		const struct pk_hist_bucket *b = &p->block_buckets.data[x->first_bucket];

		assert_true(x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS);
		assert_true(x->op < PKPROF_NR_BLOCK_OPS && x->size < PKPROF_BLOCK_SIZES);
		assert_true(x->nr_untimed <= x->nr && x->nr_failed <= x->nr);
		assert_true((uint64_t)x->first_bucket + x->nr_buckets <= p->block_buckets.nr);
		for (uint32_t i = 0; i < x->nr_buckets; i++)
			assert_true(b[i].bucket < PK_BLOCK_BUCKETS && b[i].nr &&
				    (!i || b[i - 1].bucket < b[i].bucket));
	}
	ASSERT_BY(block_loads, to_ns);
	ASSERT_BY(block_ops, to_ns);
}

static void assert_sane_waits(const struct pk_profile *p)
{
	size_t strings = p->strings.entries.nr;

	PK_VEC_FOREACH(&p->latencies, x)
		assert_true(x->time_ns <= PK_TIME_MAX_NS && x->queued_ns <= x->time_ns &&
			    x->line < PKPROF_NR_LINES && x->prev_comm < strings);
	PK_VEC_FOREACH(&p->steps, x)
		assert_true(x->time_ns <= PK_TIME_MAX_NS && x->step < PKPROF_NR_STEPS &&
			    x->source < PKPROF_NR_SOURCES && x->level <= PK_STEP_MAX_LEVEL);
	PK_VEC_FOREACH(&p->waits, x) {
		assert_true(x->time_ns <= PK_TIME_MAX_NS && x->since_ns <= x->time_ns);
		assert_true((x->woken_ns >= x->since_ns && x->woken_ns <= x->time_ns) ||
			    (!x->woken_ns && x->flags & PKPROF_WAIT_OPEN));
		assert_true(x->line < PKPROF_NR_LINES && x->runq_line < PKPROF_NR_LINES);
		assert_true(x->period_log2 <= 36);
		assert_true(((unsigned __int128)x->nr_blocked + x->nr_runq) << x->period_log2 <=
			    PK_TIME_MAX_NS);
		assert_true(x->kstack < p->nodes.nr && x->ustack < p->nodes.nr);
	}
	PK_VEC_FOREACH(&p->wakes, x)
		assert_true(x->time_ns <= PK_TIME_MAX_NS && x->since_ns <= x->time_ns &&
			    x->waker_comm < strings && x->kstack < p->nodes.nr &&
			    x->ustack < p->nodes.nr);
	PK_VEC_FOREACH(&p->bios, x)
		assert_true(x->time_ns <= PK_TIME_MAX_NS && x->op < PKPROF_NR_BLOCK_OPS && x->id &&
			    x->units && x->units <= PKPROF_MAX_IO_UNITS &&
			    x->kstack < p->nodes.nr && x->ustack < p->nodes.nr);
	PK_VEC_FOREACH(&p->bio_ends, x)
		assert_true(x->time_ns <= PK_TIME_MAX_NS && x->id &&
			    x->queue_ns + x->device_ns <= PK_TIME_MAX_NS);
	ASSERT_BY_TIME(bios);
	ASSERT_BY_TIME(bio_ends);
	ASSERT_BY_TIME(latencies);
	ASSERT_BY_TIME(steps);
	ASSERT_BY_TIME(waits);
	ASSERT_BY_TIME(wakes);
}

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
	assert_sane_lines(p);
	assert_sane_ledger(p);
	assert_sane_waits(p);
	assert_sane_blocks(p);
	ASSERT_BY_TIME(tasks);
	ASSERT_BY_TIME(maps);
	ASSERT_BY_TIME(marks);
}

/* --- the frame ------------------------------------------------------------------- */

size_t fixture_chunks(const struct image *i, size_t *offsets, size_t max)
{
	size_t at = PK_FILE_HEAD_BYTES, nr = 0;

	while (nr < max && at + PK_CHUNK_HEAD_BYTES <= i->len) {
		uint32_t stored_bytes;

		memcpy(&stored_bytes, i->data + at + 4, sizeof(stored_bytes));
		offsets[nr++] = at;
		at += PK_CHUNK_HEAD_BYTES + stored_bytes;
	}
	assert_true(nr < max && at == i->len);
	offsets[nr++] = at;
	return nr;
}
