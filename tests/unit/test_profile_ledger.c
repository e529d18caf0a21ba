// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger, distributions, waits and wakings in a profile: what is written is read
 * back, with extreme values, and what does not add up is not written.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "profile/chunk.h"
#include "profile/reader.h"
#include "profile_fixture.h"

#define TIME_MAX PK_TIME_MAX_NS

static void load_filled(void (*fill)(struct pk_writer *w), uint64_t end_ns, struct pk_profile *ret)
{
	struct image i = fixture_image(fill, end_ns);
	struct pk_err err = { 0 };

	if (pk_profile_load_mem(i.data, i.len, "test", ret, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(ret->state, PK_FILE_CLOSED);
	assert_sane(ret);
	image_free(&i);
}

static const struct pk_addr_node nodes[] = {
	{ 0, UINT64_MAX }, { 1, 0 }, { 0, 1ULL << 63 }, { 3, (1ULL << 63) - 1 }, { 1, 1 },
};
static const struct pk_ledger_part parts[] = {
	{ .ns = TIME_MAX, .nr = UINT32_MAX },
	{ .ns = 1, .nr = 1, .line = PKPROF_LINE_DISK },
	{ .line = PKPROF_LINE_DISK, .part = 1, .nr = UINT32_MAX },
	{ .ns = 2, .line = PKPROF_LINE_DISK, .part = UINT16_MAX },
	{ .ns = 4, .line = PKPROF_NR_LINES - 1, .part = UINT16_MAX },
};
static const struct pk_ledger_piece pieces[] = {
	{ .to_ns = TIME_MAX, .tid = UINT32_MAX, .nr_parts = 1 },
	{ .from_ns = TIME_MAX - 7, .to_ns = TIME_MAX, .tgid = UINT32_MAX, .first_part = 1,
	  .nr_parts = 4 },
	{ .from_ns = TIME_MAX - 1, .to_ns = TIME_MAX, .tid = UINT32_MAX, .tgid = UINT32_MAX,
	  .first_part = 5, .nr_parts = 1 },
};
static const struct pk_cpu_piece cpu_pieces[] = {
	{ .to_ns = TIME_MAX, .cpu = UINT32_MAX, .busy_ns = TIME_MAX, .nr_switches = UINT64_MAX,
	  .steal_ns = UINT64_MAX, .softirq_ns = UINT64_MAX, .irq_ns = UINT64_MAX,
	  .iowait_ns = UINT64_MAX },
	{ .to_ns = TIME_MAX, .idle_ns = TIME_MAX },
	{ .from_ns = 1, .to_ns = TIME_MAX, .offline_ns = TIME_MAX - 1 },
};
static const struct pk_hist_bucket buckets[] = {
	{ 0, UINT32_MAX }, { PKPROF_HIST_BUCKETS - 1, UINT32_MAX }, { PKPROF_HIST_COARSE - 1, 1 },
};
static const struct pk_hist_piece hist_pieces[] = {
	{ .to_ns = 1 },
	{ .to_ns = TIME_MAX, .what = PKPROF_HIST_SLICE, .key = PKPROF_HIST_PROCESS,
	  .id = UINT32_MAX, .count = 2ULL * UINT32_MAX, .sum_ns = UINT64_MAX,
	  .max_ns = UINT64_MAX, .nr_buckets = 2 },
	{ .from_ns = TIME_MAX - 1, .to_ns = TIME_MAX, .key = PKPROF_HIST_THREAD, .count = 1,
	  .first_bucket = 2, .nr_buckets = 1 },
};

static void fill_accounts(struct pk_writer *w)
{
	const struct pk_ledger_part one = { .ns = 1 };

	for (size_t i = 0; i < PK_ARRAY_SIZE(pieces); i++)
		assert_int_equal(pk_writer_ledger(w, &pieces[i], pieces[i].first_part < 5 ?
						  &parts[pieces[i].first_part] : &one), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(cpu_pieces); i++)
		assert_int_equal(pk_writer_cpu(w, &cpu_pieces[i]), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(hist_pieces); i++)
		assert_int_equal(pk_writer_hist(w, &hist_pieces[i],
						&buckets[hist_pieces[i].first_bucket]), 0);
}

static void test_accounts(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_accounts, 1, &p);
	assert_int_equal(p.ledger.nr, PK_ARRAY_SIZE(pieces));
	assert_memory_equal(p.ledger.data, pieces, sizeof(pieces));
	assert_int_equal(p.ledger_parts.nr, PK_ARRAY_SIZE(parts) + 1);
	assert_memory_equal(p.ledger_parts.data, parts, sizeof(parts));
	assert_int_equal(p.cpus.nr, PK_ARRAY_SIZE(cpu_pieces));
	assert_memory_equal(p.cpus.data, cpu_pieces, sizeof(cpu_pieces));
	assert_int_equal(p.hists.nr, PK_ARRAY_SIZE(hist_pieces));
	assert_memory_equal(p.hists.data, hist_pieces, sizeof(hist_pieces));
	assert_int_equal(p.hist_buckets.nr, PK_ARRAY_SIZE(buckets));
	assert_memory_equal(p.hist_buckets.data, buckets, sizeof(buckets));
	pk_profile_deinit(&p);
}

static const struct pk_wait waits[] = {
	{ .flags = PKPROF_WAIT_OPEN },
	{ .since_ns = 1, .time_ns = TIME_MAX, .tid = UINT32_MAX, .cpu = UINT32_MAX, .kstack = 5,
	  .ends = UINT16_MAX, .line = PKPROF_NR_LINES - 1, .runq_line = PKPROF_NR_LINES - 1,
	  .period_log2 = 36, .flags = UINT8_MAX, .nr_blocked = TIME_MAX >> 36 },
	{ .since_ns = TIME_MAX, .woken_ns = TIME_MAX, .time_ns = TIME_MAX, .ustack = 5,
	  .nr_blocked = 1, .nr_runq = TIME_MAX - 1, .tgid = UINT32_MAX },
	{ .woken_ns = TIME_MAX, .time_ns = TIME_MAX },
};
static const struct pk_wake wakes[] = {
	{ .waker_tid = UINT32_MAX },
	{ .since_ns = TIME_MAX, .time_ns = TIME_MAX, .tid = UINT32_MAX, .tgid = UINT32_MAX,
	  .cpu = UINT32_MAX, .waker_tgid = UINT32_MAX, .waker_comm = 1, .kstack = 5, .ustack = 5,
	  .ends = UINT16_MAX, .flags = UINT16_MAX },
};
static const struct pk_latency latencies[] = {
	{ 0 },
	{ .time_ns = TIME_MAX, .queued_ns = TIME_MAX, .threshold_ns = UINT64_MAX,
	  .prev_ns = UINT64_MAX, .tid = UINT32_MAX, .tgid = 1, .cpu = UINT32_MAX,
	  .prev_tid = UINT32_MAX, .prev_comm = 1, .line = PKPROF_NR_LINES - 1 },
	{ .time_ns = TIME_MAX, .tgid = UINT32_MAX, .prev_tgid = UINT32_MAX },
};

static const struct pk_bio bios[] = {
	{ .id = 1, .units = 1 },
	{ .time_ns = TIME_MAX, .id = UINT64_MAX, .units = PKPROF_MAX_IO_UNITS, .tid = UINT32_MAX,
	  .tgid = UINT32_MAX, .cpu = UINT32_MAX, .device = UINT32_MAX, .bytes = UINT32_MAX,
	  .kstack = 5, .ustack = 5, .ends = UINT16_MAX, .op = PKPROF_NR_BLOCK_OPS - 1,
	  .flags = UINT8_MAX },
};
static const struct pk_bio_end bio_ends[] = {
	{ .id = UINT64_MAX },
	{ .time_ns = TIME_MAX, .id = 1, .queue_ns = TIME_MAX - 1, .device_ns = 1,
	  .device = UINT32_MAX, .flags = UINT8_MAX },
};

static void fill_waits(struct pk_writer *w)
{
	uint32_t id;

	assert_int_equal(pk_writer_string(w, "comm", 4, &id), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(nodes); i++)
		assert_int_equal(pk_writer_node(w, nodes[i].parent, nodes[i].addr, &id), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(waits); i++)
		assert_int_equal(pk_writer_wait(w, &waits[i]), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(wakes); i++)
		assert_int_equal(pk_writer_wake(w, &wakes[i]), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(bios); i++)
		assert_int_equal(pk_writer_bio(w, &bios[i]), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(bio_ends); i++)
		assert_int_equal(pk_writer_bio_end(w, &bio_ends[i]), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(latencies); i++)
		assert_int_equal(pk_writer_latency(w, &latencies[i]), 0);
}

static void test_waits(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_waits, 1, &p);
	assert_int_equal(p.waits.nr, PK_ARRAY_SIZE(waits));
	assert_memory_equal(p.waits.data, waits, sizeof(waits));
	assert_int_equal(p.wakes.nr, PK_ARRAY_SIZE(wakes));
	assert_memory_equal(p.wakes.data, wakes, sizeof(wakes));
	assert_int_equal(p.latencies.nr, PK_ARRAY_SIZE(latencies));
	assert_memory_equal(p.latencies.data, latencies, sizeof(latencies));
	assert_int_equal(p.bios.nr, PK_ARRAY_SIZE(bios));
	assert_memory_equal(p.bios.data, bios, sizeof(bios));
	assert_int_equal(p.bio_ends.nr, PK_ARRAY_SIZE(bio_ends));
	assert_memory_equal(p.bio_ends.data, bio_ends, sizeof(bio_ends));
	pk_profile_deinit(&p);
}

/* More than one chunk holds, in pieces of many parts; each table is put in order. */
#define NR_MANY 20000

static void fill_many(struct pk_writer *w)
{
	struct pk_ledger_part many[PKPROF_NR_LINES];
	uint64_t rng = 9;

	for (uint32_t i = 0; i < NR_MANY; i++) {
		struct pk_ledger_piece p = { .from_ns = 1000 + fixture_random(&rng) % 1000000,
					     .tid = i % 1000, .tgid = i % 7,
					     .nr_parts = 1 + i % PKPROF_NR_LINES };
		struct pk_hist_bucket b = { i % 30, 1 + i };

		p.to_ns = p.from_ns;
		for (uint32_t n = 0; n < p.nr_parts; n++) {
			many[n] = (struct pk_ledger_part){ .ns = 1 + fixture_random(&rng) % 5000,
							   .nr = i, .line = n, .part = i % 3 };
			p.to_ns += many[n].ns;
		}
		assert_int_equal(pk_writer_ledger(w, &p, many), 0);
		assert_int_equal(pk_writer_hist(w, &(struct pk_hist_piece){
			.from_ns = p.from_ns, .to_ns = p.to_ns, .id = i, .count = 1 + i,
			.nr_buckets = 1 }, &b), 0);
		assert_int_equal(pk_writer_wait(w, &(struct pk_wait){
			.since_ns = p.from_ns, .woken_ns = p.to_ns, .time_ns = p.to_ns,
			.tid = i }), 0);
	}
}

static void test_many(void **state)
{
	uint64_t sum = 0;
	struct pk_profile p;

	(void)state;
	load_filled(fill_many, 1, &p);
	assert_int_equal(p.ledger.nr, NR_MANY);
	assert_int_equal(p.hists.nr, NR_MANY);
	assert_int_equal(p.waits.nr, NR_MANY);
	/* a piece keeps its own parts when the table is sorted */
	PK_VEC_FOREACH(&p.ledger, x) {
		uint32_t nr = p.ledger_parts.data[x->first_part].nr;

		sum += nr;
		assert_int_equal(x->tid, nr % 1000);
		assert_int_equal(x->nr_parts, 1 + nr % PKPROF_NR_LINES);
	}
	PK_VEC_FOREACH(&p.hists, x)
		assert_int_equal(p.hist_buckets.data[x->first_bucket].nr, 1 + x->id);
	assert_int_equal(sum, (uint64_t)NR_MANY * (NR_MANY - 1) / 2);
	pk_profile_deinit(&p);
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

#define PIECE(...)                                                                                 \
	&(struct pk_ledger_piece){ .from_ns = 10, .to_ns = 20, __VA_ARGS__ }
#define PARTS(...) ((const struct pk_ledger_part[]){ __VA_ARGS__ })
#define HIST(...) &(struct pk_hist_piece){ .from_ns = 10, .to_ns = 20, __VA_ARGS__ }
#define BUCKETS(...) ((const struct pk_hist_bucket[]){ __VA_ARGS__ })

static void test_refused_accounts(void **state)
{
	const struct pk_hist_bucket at_end = { PKPROF_HIST_BUCKETS, 1 };
	const struct pk_hist_bucket coarse_end = { PKPROF_HIST_COARSE, 1 };

	(void)state;
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 0), PARTS({ .ns = 10 })));
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 1), PARTS({ .ns = 9 })));
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 1), PARTS({ .ns = 11 })));
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 2), PARTS({ .ns = 12, .line = 1 },
								{ .ns = -2, .line = 2 })));
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 1),
				 PARTS({ .ns = 10, .line = PKPROF_NR_LINES })));
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 2), PARTS({ .ns = 5, .line = 2 },
								{ .ns = 5, .line = 1 })));
	REFUSED(pk_writer_ledger(w, PIECE(.nr_parts = 2), PARTS({ .ns = 5, .line = 2 },
								{ .ns = 5, .line = 2 })));
	REFUSED(pk_writer_ledger(w, &(struct pk_ledger_piece){ .nr_parts = 1 }, PARTS({ 0 })));
	REFUSED(pk_writer_ledger(w, &(struct pk_ledger_piece){ .to_ns = TIME_MAX + 1, .nr_parts = 1 },
				 PARTS({ .ns = TIME_MAX + 1 })));
	REFUSED(pk_writer_cpu(w, &(struct pk_cpu_piece){ .to_ns = 5, .busy_ns = 4 }));
	REFUSED(pk_writer_cpu(w, &(struct pk_cpu_piece){ .to_ns = 5, .busy_ns = 6,
							 .idle_ns = -1 }));
	REFUSED(pk_writer_cpu(w, &(struct pk_cpu_piece){ .to_ns = 0 }));
	REFUSED(pk_writer_hist(w, HIST(.what = PKPROF_NR_HISTS), NULL));
	REFUSED(pk_writer_hist(w, HIST(.key = PKPROF_NR_HIST_KEYS), NULL));
	REFUSED(pk_writer_hist(w, HIST(.count = 1), NULL));
	REFUSED(pk_writer_hist(w, HIST(.count = 1, .nr_buckets = 1), &at_end));
	REFUSED(pk_writer_hist(w, HIST(.key = PKPROF_HIST_THREAD, .count = 1, .nr_buckets = 1),
			       &coarse_end));
	REFUSED(pk_writer_hist(w, HIST(.nr_buckets = 1), BUCKETS({ 3, 0 })));
	REFUSED(pk_writer_hist(w, HIST(.count = 2, .nr_buckets = 2), BUCKETS({ 3, 1 }, { 3, 1 })));
	REFUSED(pk_writer_latency(w, &(struct pk_latency){ .queued_ns = 1 }));
	REFUSED(pk_writer_latency(w, &(struct pk_latency){ .line = PKPROF_NR_LINES }));
	REFUSED(pk_writer_latency(w, &(struct pk_latency){ .prev_comm = 1 }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .kstack = 1 }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .ustack = 1 }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .since_ns = 1, .time_ns = 2 }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .period_log2 = 37 }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .period_log2 = 100 }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .line = PKPROF_NR_LINES }));
	REFUSED(pk_writer_wait(w, &(struct pk_wait){ .nr_blocked = TIME_MAX, .nr_runq = 1 }));
	REFUSED(pk_writer_wake(w, &(struct pk_wake){ .kstack = 1 }));
	REFUSED(pk_writer_wake(w, &(struct pk_wake){ .waker_comm = 1 }));
	REFUSED(pk_writer_wake(w, &(struct pk_wake){ .since_ns = 1 }));
	REFUSED(pk_writer_bio(w, &(struct pk_bio){ .units = 1 }));
	REFUSED(pk_writer_bio(w, &(struct pk_bio){ .id = 1 }));
	REFUSED(pk_writer_bio(w, &(struct pk_bio){ .id = 1, .units = PKPROF_MAX_IO_UNITS + 1 }));
	REFUSED(pk_writer_bio(w, &(struct pk_bio){ .id = 1, .units = 1, .op = PKPROF_NR_BLOCK_OPS }));
	REFUSED(pk_writer_bio(w, &(struct pk_bio){ .id = 1, .units = 1, .kstack = 1 }));
	REFUSED(pk_writer_bio_end(w, &(struct pk_bio_end){ .queue_ns = 1 }));
	REFUSED(pk_writer_bio_end(w, &(struct pk_bio_end){ .id = 1, .queue_ns = TIME_MAX, .device_ns = 1 }));
}

static const struct pk_block_load loads[] = {
	{ .to_ns = 1, .depth_ns = { 1 } },
	{ .to_ns = TIME_MAX, .depth_ns = { [15] = TIME_MAX }, .load_ns = UINT64_MAX,
	  .device = UINT32_MAX, .dev = UINT32_MAX, .flags = UINT32_MAX, .max_depth = UINT32_MAX },
	{ .from_ns = TIME_MAX - 2, .to_ns = TIME_MAX, .depth_ns = { 0, 1, [7] = 1 } },
};
static const struct pk_hist_bucket block_buckets[] = {
	{ 0, UINT32_MAX }, { PK_BLOCK_BUCKETS - 1, 1 }, { 304, 5 },
};
static const struct pk_block_ops block_ops[] = {
	{ .to_ns = 1 },
	{ .to_ns = TIME_MAX, .device = UINT32_MAX, .tgid = UINT32_MAX, .op = PKPROF_NR_BLOCK_OPS - 1,
	  .size = PKPROF_BLOCK_SIZES - 1, .nr = UINT64_MAX, .bytes = UINT64_MAX,
	  .nr_untimed = UINT64_MAX, .nr_failed = UINT64_MAX, .nr_partial = UINT64_MAX,
	  .nr_requeued = UINT64_MAX, .nr_merged = UINT64_MAX, .nr_split = UINT64_MAX,
	  .sum_ns = { UINT64_MAX, 1, 2 }, .max_ns = { 3, UINT64_MAX, 4 }, .nr_buckets = 2 },
	{ .from_ns = TIME_MAX - 1, .to_ns = TIME_MAX, .flags = PK_BLOCK_ANY_PROCESS,
	  .first_bucket = 2, .nr_buckets = 1 },
};

static void fill_block(struct pk_writer *w)
{
	for (size_t i = 0; i < PK_ARRAY_SIZE(loads); i++)
		assert_int_equal(pk_writer_block_load(w, &loads[i]), 0);
	for (size_t i = 0; i < PK_ARRAY_SIZE(block_ops); i++)
		assert_int_equal(pk_writer_block_ops(w, &block_ops[i],
						     &block_buckets[block_ops[i].first_bucket]), 0);
}

static void test_block(void **state)
{
	struct pk_profile p;

	(void)state;
	load_filled(fill_block, 1, &p);
	assert_int_equal(p.block_loads.nr, PK_ARRAY_SIZE(loads));
	assert_memory_equal(p.block_loads.data, loads, sizeof(loads));
	assert_int_equal(p.block_ops.nr, PK_ARRAY_SIZE(block_ops));
	assert_memory_equal(p.block_ops.data, block_ops, sizeof(block_ops));
	assert_int_equal(p.block_buckets.nr, PK_ARRAY_SIZE(block_buckets));
	assert_memory_equal(p.block_buckets.data, block_buckets, sizeof(block_buckets));
	pk_profile_deinit(&p);
}

#define LOAD(...) &(struct pk_block_load){ .from_ns = 10, .to_ns = 20, __VA_ARGS__ }
#define OPS(...)  &(struct pk_block_ops){ .from_ns = 10, .to_ns = 20, __VA_ARGS__ }
#define DEPTHS(...) .depth_ns = { __VA_ARGS__ }

static void test_refused_block(void **state)
{
	(void)state;
	REFUSED(pk_writer_block_load(w, LOAD(DEPTHS(9))));
	REFUSED(pk_writer_block_load(w, LOAD(DEPTHS(9, 2))));
	REFUSED(pk_writer_block_load(w, LOAD(DEPTHS(12, -2))));
	REFUSED(pk_writer_block_load(w, LOAD(DEPTHS(10), .name = 1)));
	REFUSED(pk_writer_block_load(w, &(struct pk_block_load){ .name = 0 }));
	REFUSED(pk_writer_block_ops(w, OPS(.op = PKPROF_NR_BLOCK_OPS), NULL));
	REFUSED(pk_writer_block_ops(w, OPS(.size = PKPROF_BLOCK_SIZES), NULL));
	REFUSED(pk_writer_block_ops(w, OPS(.tgid = 1, .flags = PK_BLOCK_ANY_PROCESS), NULL));
	REFUSED(pk_writer_block_ops(w, OPS(.nr = 1, .nr_failed = 2), NULL));
	REFUSED(pk_writer_block_ops(w, OPS(.nr = 1, .nr_untimed = 2), NULL));
	REFUSED(pk_writer_block_ops(w, OPS(.nr_buckets = 1), BUCKETS({ PK_BLOCK_BUCKETS, 1 })));
	REFUSED(pk_writer_block_ops(w, OPS(.nr_buckets = 1), BUCKETS({ 3, 0 })));
	REFUSED(pk_writer_block_ops(w, OPS(.nr_buckets = 2), BUCKETS({ 3, 1 }, { 3, 1 })));
	REFUSED(pk_writer_block_ops(w, &(struct pk_block_ops){ .to_ns = TIME_MAX + 1 }, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_refused_accounts),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_refused_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
