// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recordings with the ledger, end to end with a scripted engine: what is asked for and
 * when, pieces and facts in the file, readings that fail, a replay that gives the same.
 */
/* link: tests/unit/record_fixture.c tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/recorder.h"
#include "record_fixture.h"
#include "source/fake.h"
#include "source/replay.h"

#define MS 1000000ULL
#define T0 (1000 * MS)

struct call {
	uint64_t epoch_ns;
	uint32_t what;
	unsigned int nr_drains;		/* before it */
	bool stopped;
};

static struct {
	char dir[64], path[128], dump[128], arg[32];
	struct pk_fake script;
	struct pk_record_config cfg;
	struct pk_record_result result;
	struct pk_err err;
	struct pk_profile p;
	bool loaded;
	struct call call[64];		/* of the ledger, by the engine "live" */
	unsigned int nr_calls;
	int fail_call;			/* index of the call that fails, -1: none */
} env;

static int setup(void **state)
{
	(void)state;
	memset(&env, 0, sizeof(env));
	strcpy(env.dir, "/tmp/pk_ledger_XXXXXX");
	assert_non_null(mkdtemp(env.dir));
	snprintf(env.path, sizeof(env.path), "%s/a.pkp", env.dir);
	snprintf(env.dump, sizeof(env.dump), "%s/a.dump", env.dir);
	pk_fake_init(&env.script);
	env.script.info.nr_cpus = 2;
	env.script.info.t0_ns = T0;
	env.fail_call = -1;
	env.cfg = (struct pk_record_config){
		.engine = &pk_source_fake,
		.engine_arg = pk_fake_arg(&env.script, env.arg),
		.source = { .sources = (1u << PKPROF_NR_SOURCES) - 1, .period_ns = 10 * MS },
		.path = env.path,
	};
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", env.dir);
	assert_int_equal(system(command), 0);
	pk_record_result_deinit(&env.result);
	pk_fake_deinit(&env.script);
	if (env.loaded)
		pk_profile_deinit(&env.p);
	return 0;
}

static struct pk_profile *record(void)
{
	struct pk_err err = { 0 };

	pk_record_result_deinit(&env.result);
	env.err = (struct pk_err){ 0 };
	if (pk_record(&env.cfg, &env.result, &env.err))
		fail_msg("%s", env.err.msg);
	if (env.loaded)
		pk_profile_deinit(&env.p);
	env.loaded = false;
	if (pk_profile_load(env.path, &env.p, &err))
		fail_msg("%s", err.msg);
	env.loaded = true;
	assert_int_equal(env.p.state, PK_FILE_CLOSED);
	assert_sane(&env.p);
	return &env.p;
}

static void add(unsigned int cpu, const void *rec)
{
	assert_int_equal(pk_fake_add(&env.script, cpu, rec), 0);
}

static void info(uint64_t now_ns)
{
	struct pkprof_ledger_info i = { .from_ns = T0 + 1, .now_ns = now_ns, .memory_bytes = 4096,
					.memory_cap_bytes = 8192, .nr_threads = 3,
					.nr_overflow = 5, .nr_aggregated = 6 };

	assert_int_equal(pk_fake_add_piece(&env.script, PKPROF_A_LEDGER_INFO, &i, 0), 0);
}

/* Thread @tid ran @cpu_ns since T0 + 1; the rest up to @since_ns, and on from there, it slept. */
static void thread(uint32_t tid, uint64_t cpu_ns, uint64_t since_ns, uint64_t read_ns)
{
	uint64_t room[sizeof(struct pkprof_ledger_thread) / 8 + 4] = { 0 };
	struct pkprof_ledger_thread *t = (void *)room;

	t->id = tid + 5000000000;
	t->tid = t->tgid = tid;
	t->from_ns = T0 + 1;
	t->since_ns = since_ns;
	t->read_ns = read_ns;
	t->state = PKPROF_LINE_SLEEP;
	t->nr_lines = 2;
	t->lines[0] = (struct pkprof_ledger_line){ .ns = since_ns - t->from_ns - cpu_ns, .nr = 3,
						   .line = PKPROF_LINE_SLEEP };
	t->lines[1] = (struct pkprof_ledger_line){ .ns = cpu_ns, .nr = 4, .line = PKPROF_LINE_CPU };
	assert_int_equal(pk_fake_add_piece(&env.script, PKPROF_A_LEDGER_THREAD, t, 0), 0);
}

static void cpu(uint32_t number, uint64_t busy_ns, uint64_t read_ns)
{
	struct pkprof_ledger_cpu c = { .cpu = number, .online = 1, .from_ns = T0 + 1,
				       .read_ns = read_ns, .busy_ns = busy_ns,
				       .idle_ns = read_ns - T0 - 1 - busy_ns };

	assert_int_equal(pk_fake_add_piece(&env.script, PKPROF_A_LEDGER_CPU, &c, 0), 0);
}

static void end_reading(void)
{
	assert_int_equal(pk_fake_end_reading(&env.script), 0);
}

static void end_round(uint64_t now_ns)
{
	assert_int_equal(pk_fake_end_round(&env.script, now_ns), 0);
}

/*
 * 10 sleeps all the time, 11 runs a bit, 12 dies (its final account comes after the
 * reading that could have told of it), 13 is born and dies between two readings.
 */
static void script_lives(void)
{
	info(T0 + 2 * MS);
	cpu(0, MS, T0 + 2 * MS);
	cpu(1, 0, T0 + 2 * MS);
	thread(10, 0, T0 + 1, T0 + 2 * MS);
	thread(11, 0, T0 + 1, T0 + 2 * MS);
	thread(12, 0, T0 + 1, T0 + 2 * MS);
	end_reading();
	add(0, make_stack(PKPROF_STACK_USER, 0, 1, 2));
	add(0, make_wait(T0 + 20 * MS, 11, T0 + 10 * MS, PKPROF_NO_STACK, 0));
	add(1, make_wake(T0 + 15 * MS, 11, T0 + 10 * MS, 13, "waker"));
	add(1, make_latency(T0 + 20 * MS, 11, T0 + 15 * MS, "hog"));
	add(0, make_ledger(T0 + 40 * MS, 77, 13, T0 + 30 * MS, 4 * MS));
	add(0, make_hist(T0 + 41 * MS, 13, 3));
	end_round(T0 + 100 * MS);
	info(T0 + 101 * MS);
	cpu(0, 20 * MS, T0 + 101 * MS);
	cpu(1, 10 * MS, T0 + 101 * MS);
	thread(11, 5 * MS, T0 + 90 * MS, T0 + 101 * MS + 300);
	end_reading();
	add(1, make_ledger(T0 + 99 * MS, 5000000012, 12, T0 + 1, 10 * MS));
	end_round(T0 + 200 * MS);
	info(T0 + 201 * MS);
	cpu(0, 30 * MS, T0 + 201 * MS);
	cpu(1, 20 * MS, T0 + 201 * MS);
	thread(10, 0, T0 + 1, T0 + 201 * MS);
	thread(11, 5 * MS, T0 + 90 * MS, T0 + 201 * MS);
	end_reading();
	end_round(T0 + 202 * MS);
}

/* Sum of a thread's pieces in a line; where they begin and end; that there is no gap. */
static uint64_t line_ns(uint32_t tid, unsigned int line, uint64_t *from_ret, uint64_t *to_ret)
{
	uint64_t sum = 0;

	*from_ret = *to_ret = 0;
	PK_VEC_FOREACH(&env.p.ledger, p) {
		if (p->tid != tid)
			continue;
		if (!*from_ret)
			*from_ret = p->from_ns;
		else
			assert_int_equal(p->from_ns, *to_ret);
		*to_ret = p->to_ns;
		for (uint32_t i = 0; i < p->nr_parts; i++)
			if (env.p.ledger_parts.data[p->first_part + i].line == line)
				sum += env.p.ledger_parts.data[p->first_part + i].ns;
	}
	return sum;
}

static void check_lives(void)
{
	uint64_t from, to;

	assert_int_equal(line_ns(10, PKPROF_LINE_SLEEP, &from, &to), 201 * MS - 1);
	assert_int_equal(from, T0 + 1);
	assert_int_equal(to, T0 + 201 * MS);
	assert_int_equal(line_ns(11, PKPROF_LINE_CPU, &from, &to), 5 * MS);
	assert_int_equal(to, T0 + 201 * MS);
	assert_int_equal(line_ns(12, PKPROF_LINE_CPU, &from, &to), 10 * MS);
	assert_int_equal(to, T0 + 99 * MS);
	assert_int_equal(line_ns(13, PKPROF_LINE_CPU, &from, &to), 4 * MS);
	assert_int_equal(line_ns(13, PKPROF_LINE_WAKEUP, &from, &to), 6 * MS);
	assert_int_equal(from, T0 + 30 * MS);
	assert_int_equal(to, T0 + 40 * MS);
}

static void test_lives(void **state)
{
	uint64_t busy_ns = 0;
	struct pk_profile *p;

	(void)state;
	script_lives();
	p = record();
	check_lives();
	assert_int_equal(p->cpus.nr, 6);
	PK_VEC_FOREACH(&p->cpus, c)
		busy_ns += c->busy_ns;
	assert_int_equal(busy_ns, 50 * MS);
	assert_int_equal(p->waits.nr, 1);
	assert_int_equal(p->wakes.nr, 1);
	assert_int_equal(p->latencies.nr, 1);
	assert_int_equal(p->hists.nr, 1);
	assert_int_equal(pk_profile_fact_u64(p, "ledger.from_ns", 0), T0 + 1);
	assert_int_equal(pk_profile_fact_u64(p, "ledger.to_ns", 0), T0 + 201 * MS);
	assert_int_equal(pk_profile_fact_u64(p, "ledger.memory_bytes", 0), 4096);
	assert_int_equal(pk_profile_fact_u64(p, "ledger.nr_overflow", 0), 5);
	assert_int_equal(pk_profile_fact_u64(p, "ledger.nr_aggregated", 0), 6);
	assert_true(env.result.closes);
	assert_true(env.result.ledger.works);
	assert_int_equal(env.result.ledger.accounts.nr_threads, 4);
	assert_int_equal(env.result.ledger.accounts.nr_deaths, 2);
	assert_int_equal(env.result.ledger.nr_failed, 0);
	assert_int_equal(env.result.translate.nr_waits, 1);
	/* lost final accounts are in the books like all that is lost */
	pk_fake_lose(&env.script, 1, PKPROF_SRC_SCHED, PKPROF_LOSS_RING_FULL, 6);
	env.script.round = env.script.next = env.script.reading = 0;
	record();
	assert_true(env.result.closes);
}

#define SAME_TABLE(table)                                                                          \
	do {                                                                                       \
		assert_int_equal(a->table.nr, b->table.nr);                                        \
		if (a->table.nr)                                                                   \
			assert_memory_equal(a->table.data, b->table.data,                          \
					    a->table.nr * sizeof(*a->table.data));                 \
	} while (0)

static void test_replay_is_the_same(void **state)
{
	struct pk_profile first;
	const struct pk_profile *a = &first, *b = &env.p;

	(void)state;
	script_lives();
	env.cfg.dump_path = env.dump;
	first = *record();
	env.loaded = false;
	env.cfg.dump_path = NULL;
	env.cfg.engine = &pk_source_replay;
	env.cfg.engine_arg = env.dump;
	record();
	check_lives();
	SAME_TABLE(ledger);
	SAME_TABLE(ledger_parts);
	SAME_TABLE(cpus);
	SAME_TABLE(hists);
	SAME_TABLE(hist_buckets);
	SAME_TABLE(waits);
	assert_int_equal(pk_profile_fact_u64(b, "ledger.to_ns", 0), T0 + 201 * MS);
	pk_profile_deinit(&first);
}

/* Reading number @n, from 1 on: 10 more reads each time, one device. */
static void block_reading(unsigned int n, uint64_t now_ns)
{
	uint64_t room[sizeof(struct pkprof_block_ops) / 8 + 2] = { 0 };
	struct pkprof_block_ops *o = (void *)room;
	struct pkprof_block_device d = { .id = 3, .dev = 254 << 20, .from_ns = T0, .read_ns = now_ns,
					 .max_depth = 2, .name = "vda" };

	info(now_ns);
	d.depth_ns[1] = (now_ns - T0) / 2;
	d.depth_ns[0] = now_ns - T0 - d.depth_ns[1];
	d.load_ns = d.depth_ns[1];
	assert_int_equal(pk_fake_add_piece(&env.script, PKPROF_A_BLOCK_DEVICE, &d, 0), 0);
	o->device = 3;
	o->op = PKPROF_BLOCK_READ;
	o->size = 1;
	o->nr = 10 * n;
	o->bytes = o->nr * 4096;
	o->sum_ns[PKPROF_BLOCK_TOTAL] = o->nr * 100;
	o->nr_buckets = 1;
	o->buckets[0] = (struct pkprof_block_bucket){ .bucket = 36, .time = PKPROF_BLOCK_TOTAL,
						      .nr = o->nr };
	assert_int_equal(pk_fake_add_piece(&env.script, PKPROF_A_BLOCK_OPS, o, 0), 0);
	end_reading();
}

static void check_block(const struct pk_profile *p)
{
	uint64_t nr = 0, busy_ns = 0, to_ns = T0;

	assert_int_equal(p->block_ops.nr, 3);
	PK_VEC_FOREACH(&p->block_ops, x) {
		assert_true(x->from_ns >= to_ns);
		to_ns = x->to_ns;
		nr += x->nr;
		assert_int_equal(x->bytes, x->nr * 4096);
		assert_int_equal(p->block_buckets.data[x->first_bucket].nr, x->nr);
	}
	assert_int_equal(nr, 30);
	PK_VEC_FOREACH(&p->block_loads, x)
		busy_ns += x->depth_ns[1];
	assert_int_equal(busy_ns, 150 * MS);
	/* no ledger, so nothing is said of one */
	assert_null(pk_profile_fact(p, "ledger.from_ns"));
}

/* Source block alone; and its dump gives the same. */
static void test_block_alone(void **state)
{
	struct pk_profile first;
	const struct pk_profile *a = &first, *b = &env.p;

	(void)state;
	env.cfg.source.sources = 1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_CORE;
	env.cfg.dump_path = env.dump;
	block_reading(1, T0 + 100 * MS);
	end_round(T0 + 150 * MS);
	block_reading(2, T0 + 200 * MS);
	end_round(T0 + 250 * MS);
	block_reading(3, T0 + 300 * MS);
	end_round(T0 + 350 * MS);
	record();
	check_block(&env.p);
	assert_int_equal(env.result.ledger.blocks.nr_pieces, 3);
	first = env.p;
	env.loaded = false;
	env.cfg.dump_path = NULL;
	env.cfg.engine = &pk_source_replay;
	env.cfg.engine_arg = env.dump;
	record();
	check_block(&env.p);
	SAME_TABLE(block_buckets);
	SAME_TABLE(block_ops);
	assert_int_equal(a->block_loads.nr, b->block_loads.nr);
	pk_profile_deinit(&first);
}

/* Without source sched nobody asks, and nothing is said. */
static void test_no_ledger(void **state)
{
	(void)state;
	env.cfg.source.sources = 0xf;
	add(0, make_mark(T0 + MS, "x"));
	end_round(T0 + 100 * MS);
	record();
	assert_int_equal(env.script.nr_ledger, 0);
	assert_false(env.result.ledger.works);
	assert_null(pk_profile_fact(&env.p, "ledger.from_ns"));
}

/* --- an engine that is read whenever the recorder likes, as the kernel ---------------- */

static const struct pk_source_ops live_engine;

static int live_open(const char *arg, struct pk_source **ret, struct pk_err *err)
{
	int code = pk_source_fake.open(arg, ret, err);

	if (!code)
		(*ret)->ops = &live_engine;
	return code;
}

static int live_ledger(struct pk_source *s, uint64_t epoch_ns, uint32_t what,
		       const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	unsigned int i = env.nr_calls++;

	assert_true(i < 64);
	env.call[i] = (struct call){ epoch_ns, what, env.script.nr_drains, env.script.nr_stopped };
	if ((int)i == env.fail_call)
		return pk_err_set(err, -EIO, "the kernel stumbled");
	return pk_source_fake.ledger(s, epoch_ns, what, v, ctx, err);
}

/* The rounds take real time, since ticks do. */
static int live_drain(struct pk_source *s, pk_record_fn fn, void *ctx, struct pk_err *err)
{
	usleep(25000);
	return pk_source_fake.drain(s, fn, ctx, err);
}

static uint64_t live_now_ns(struct pk_source *s)
{
	return pk_source_fake.now_ns(s);
}

static int live_start(struct pk_source *s, const struct pk_source_config *cfg,
		      struct pk_source_info *ret, struct pk_err *err)
{
	return pk_source_fake.start(s, cfg, ret, err);
}

static int live_poll_fd(struct pk_source *s)
{
	return pk_source_fake.poll_fd(s);
}

static int live_books(struct pk_source *s,
		      int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c),
		      void *ctx, struct pk_err *err)
{
	return pk_source_fake.books(s, fn, ctx, err);
}

static int live_stop(struct pk_source *s, struct pk_err *err)
{
	return pk_source_fake.stop(s, err);
}

static void live_close(struct pk_source *s)
{
	pk_source_fake.close(s);
}

static const struct pk_source_ops live_engine = {
	.name = "live",
	.open = live_open,
	.start = live_start,
	.now_ns = live_now_ns,
	.poll_fd = live_poll_fd,
	.drain = live_drain,
	.books = live_books,
	.ledger = live_ledger,
	.stop = live_stop,
	.close = live_close,
};

#define EACH_TIME (PKPROF_LEDGER_CPUS | PKPROF_LEDGER_THREADS | PKPROF_LEDGER_BLOCK | \
		   PKPROF_LEDGER_NET | PKPROF_LEDGER_VFS | PKPROF_LEDGER_WAIT_ON)
#define ALL (EACH_TIME | PKPROF_LEDGER_HISTS | PKPROF_LEDGER_COARSE)

/* First, ticks, at the mark, and the last one before the stop. */
static void test_when_and_what(void **state)
{
	unsigned int nr_ticks = 0, nr_marks = 0;

	(void)state;
	env.cfg.engine = &live_engine;
	for (unsigned int i = 1; i <= 100; i++) {
		if (i == 50)
			add(0, make_mark(T0 + i * 25 * MS - MS, "phase"));
		end_round(T0 + i * 25 * MS);
	}
	record();
	assert_true(env.nr_calls >= 4);
	assert_int_equal(env.call[0].nr_drains, 0);
	assert_int_equal(env.call[0].epoch_ns, 0);
	assert_int_equal(env.call[0].what, ALL);
	for (unsigned int i = 1; i + 1 < env.nr_calls; i++) {
		const struct call *c = &env.call[i];

		nr_ticks += c->what == EACH_TIME;
		nr_marks += c->what == ALL;
		if (c->what == ALL)
			assert_int_equal(c->nr_drains, 50);
		else
			assert_true(c->epoch_ns > env.call[i - 1].epoch_ns);
		assert_false(c->stopped);
	}
	assert_true(nr_ticks >= 1);
	assert_int_equal(nr_marks, 1);
	assert_int_equal(env.call[env.nr_calls - 1].what, ALL);
	assert_int_equal(env.call[env.nr_calls - 1].epoch_ns, 0);
	assert_false(env.call[env.nr_calls - 1].stopped);
}

/* A reading that fails is counted and made up for; the next one asks from where it left off. */
static void test_failed_reading(void **state)
{
	(void)state;
	env.cfg.engine = &live_engine;
	for (unsigned int i = 1; i <= 100; i++)
		end_round(T0 + i * 25 * MS);
	env.fail_call = 1;
	record();
	assert_true(env.nr_calls >= 4);
	assert_int_equal(env.call[1].epoch_ns, env.call[2].epoch_ns);
	assert_int_equal(env.result.ledger.nr_failed, 1);
	assert_string_equal(env.result.ledger.why, "the kernel stumbled");
	assert_int_equal(pk_profile_fact_u64(&env.p, "record.ledger_failed_readings", 0), 1);
	assert_true(env.result.closes);
}

static void test_ledger_that_never_works(void **state)
{
	(void)state;
	env.cfg.engine = &live_engine;
	env.script.fail_ledger = -EOPNOTSUPP;
	end_round(T0 + 25 * MS);
	record();
	assert_false(env.result.ledger.works);
	assert_null(pk_profile_fact(&env.p, "ledger.to_ns"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lives),
		TEST(test_replay_is_the_same),
		TEST(test_block_alone),
		TEST(test_no_ledger),
		TEST(test_when_and_what),
		TEST(test_failed_reading),
		TEST(test_ledger_that_never_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
