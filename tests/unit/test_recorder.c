// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recordings end to end with the scripted engine: a real file is written, read
 * back and compared; books, order, failures, signals, commands, dumps.
 */
/* link: tests/unit/record_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "record/recorder.h"
#include "record_fixture.h"
#include "source/fake.h"
#include "source/replay.h"

#define MS 1000000ULL

static struct {
	char dir[64], path[128], old[128], dump[128], arg[32];
	struct pk_fake script;
	struct pk_record_config cfg;
	struct pk_record_result result;
	struct pk_err err;
	struct pk_profile p;
	bool loaded;
} env;

static int setup(void **state)
{
	(void)state;
	memset(&env, 0, sizeof(env));
	strcpy(env.dir, "/tmp/pk_recorder_XXXXXX");
	assert_non_null(mkdtemp(env.dir));
	snprintf(env.path, sizeof(env.path), "%s/a.pkp", env.dir);
	snprintf(env.old, sizeof(env.old), "%s/a.pkp.old", env.dir);
	snprintf(env.dump, sizeof(env.dump), "%s/a.dump", env.dir);
	pk_fake_init(&env.script);
	env.script.info.nr_cpus = 2;
	env.script.info.t0_ns = 1000 * MS;
	env.cfg = (struct pk_record_config){
		.engine = &pk_source_fake,
		.engine_arg = pk_fake_arg(&env.script, env.arg),
		.source = { .sources = 0xf, .period_ns = 10 * MS },
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

static void add(unsigned int cpu, const void *rec)
{
	assert_int_equal(pk_fake_add(&env.script, cpu, rec), 0);
}

static void end_round(uint64_t now_ns)
{
	assert_int_equal(pk_fake_end_round(&env.script, now_ns), 0);
}

static int record(void)
{
	pk_record_result_deinit(&env.result);
	env.err = (struct pk_err){ 0 };
	return pk_record(&env.cfg, &env.result, &env.err);
}

static void record_well(void)
{
	if (record())
		fail_msg("%s", env.err.msg);
	assert_int_equal(env.script.nr_opened, env.script.nr_closed);
}

static struct pk_profile *load(const char *path)
{
	struct pk_err err = { 0 };

	if (env.loaded)
		pk_profile_deinit(&env.p);
	env.loaded = false;
	if (pk_profile_load(path, &env.p, &err))
		fail_msg("%s", err.msg);
	env.loaded = true;
	return &env.p;
}

/* Rounds of samples on both CPUs, 1 ms apart, with a stack each. */
static void script_samples(unsigned int nr_rounds, unsigned int per_round)
{
	uint64_t now = env.script.info.t0_ns;

	for (unsigned int round = 0; round < nr_rounds; round++) {
		for (unsigned int cpu = 0; cpu < 2; cpu++)
			for (unsigned int i = 0; i < per_round; i++) {
				uint64_t time = now + i * MS + cpu * MS / 2;

				add(cpu, make_stack(PKPROF_STACK_USER, i, cpu * 100 + i, 3));
				add(cpu, make_sample(time, 10 + cpu, PKPROF_NO_STACK, i));
			}
		now += per_round * MS;
		end_round(now);
	}
}

static void assert_samples(const struct pk_profile *p, size_t nr)
{
	assert_int_equal(p->samples.nr, nr);
	for (size_t i = 1; i < nr; i++)
		assert_true(p->samples.time_ns[i - 1] <= p->samples.time_ns[i]);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(p->samples.tid[i], 10 + p->samples.cpu[i]);
		assert_int_not_equal(p->samples.ustack[i], 0);
	}
}

static void test_end_to_end(void **state)
{
	struct pk_profile *p;

	(void)state;
	add(0, make_mark(1000 * MS, "all"));
	script_samples(20, 25);
	pk_fake_lose(&env.script, 1, PKPROF_SRC_CPU, PKPROF_LOSS_OVERRUN, 7);
	pk_fake_lose(&env.script, 0, PKPROF_SRC_DEF, PKPROF_LOSS_RING_FULL, 2);
	record_well();
	assert_true(env.result.complete);
	assert_true(env.result.closes);
	assert_int_equal(env.result.end, PK_RECORD_END_SOURCE);
	/* 20 rounds of 25 ms */
	assert_int_equal(env.result.elapsed_ns, 500 * MS);
	assert_int_equal(env.result.translate.nr_samples, 1000);
	assert_int_equal(env.result.nr_late, 0);
	assert_int_equal(pk_delivery_all_lost(&env.result.delivery), 9);
	assert_int_equal(env.script.nr_started, 1);
	assert_int_equal(env.script.nr_stopped, 1);
	p = load(env.path);
	assert_int_equal(p->state, PK_FILE_CLOSED);
	assert_samples(p, 1000);
	assert_int_equal(p->marks.nr, 1);
	assert_int_equal(pk_profile_fact_u64(p, "record.period_ns", 0), 10 * MS);
	assert_int_equal(p->file_bytes, env.result.file_bytes);
}

/* What the file says about losses, row by row. */
static void test_books_close_in_the_file(void **state)
{
	struct pk_books_view view = { 0 };
	struct pk_profile *p;
	uint64_t delivered = 0;

	(void)state;
	script_samples(3, 50);
	pk_fake_lose(&env.script, 1, PKPROF_SRC_CPU, PKPROF_LOSS_RING_FULL, 1234);
	record_well();
	p = load(env.path);
	assert_int_equal(pk_profile_latest_books(p, &view), 0);
	PK_VEC_FOREACH(&view.latest, at) {
		struct pk_counters *c = &p->counters.data[*at];
		uint64_t lost = 0;

		for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++)
			lost += c->kernel.lost[why];
		assert_int_equal(c->kernel.generated, c->delivered + lost);
		if (c->kernel.source == PKPROF_SRC_CPU)
			delivered += c->delivered;
		if (c->kernel.source == PKPROF_SRC_CPU && c->cpu == 1)
			assert_int_equal(lost, 1234);
	}
	assert_int_equal(delivered, p->samples.nr);
	pk_vec_deinit(&view.latest);
}

/* Events that vanished without being booked must be seen, not smoothed over. */
static void test_books_that_do_not_close(void **state)
{
	(void)state;
	script_samples(1, 10);
	env.script.books.data[0].counters.generated++;
	record_well();
	assert_false(env.result.closes);
	assert_true(env.result.complete);
}

static void test_foreign_records_are_seen(void **state)
{
	struct pkprof_rec_exit *r = make_exit(1000 * MS, 5);

	(void)state;
	script_samples(1, 10);
	r->rec.source = 200;
	add(0, r);
	add(7, make_exit(1000 * MS, 5));
	end_round(2000 * MS);
	record_well();
	assert_int_equal(env.result.delivery.nr_foreign, 4);
	assert_int_equal(env.result.translate.nr_malformed, 1);
	assert_false(env.result.closes);
}

/* CPU 1 is read a round late: within the slack all comes in order. */
static void test_order_across_cpus(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 40; t++) {
		add(0, make_stack(PKPROF_STACK_USER, 0, 1, 1));
		add(0, make_sample((1000 + 20 * t) * MS, 10, PKPROF_NO_STACK, 0));
		add(1, make_stack(PKPROF_STACK_USER, 0, 2, 1));
		if (t)
			add(1, make_sample((1000 + 20 * t - 15) * MS, 11, PKPROF_NO_STACK, 0));
		end_round((1000 + 20 * t) * MS);
	}
	record_well();
	assert_int_equal(env.result.nr_late, 0);
	assert_samples(load(env.path), 79);
	assert_string_equal(pk_profile_fact(&env.p, "record.late_items"), "0");
}

/* Later than the slack: counted, and still in the file at its true time. */
static void test_late_items(void **state)
{
	(void)state;
	script_samples(1, 10);
	for (unsigned int i = 1; i < 5; i++) {
		add(0, make_stack(PKPROF_STACK_USER, 0, 1, 1));
		add(0, make_sample((1000 + 1000 * i) * MS, 10, PKPROF_NO_STACK, 0));
		end_round((1100 + 1000 * i) * MS);
	}
	add(1, make_stack(PKPROF_STACK_USER, 0, 1, 1));
	add(1, make_sample(1500 * MS, 11, PKPROF_NO_STACK, 0));
	end_round(6000 * MS);
	record_well();
	assert_int_equal(env.result.nr_late, 1);
	assert_samples(load(env.path), 25);
}

static int cut_here(struct pk_fake *f, unsigned int round)
{
	/* the recorder dies between two rounds, as kill -9 makes it */
	if (round == (unsigned long)f->ctx)
		kill(getpid(), SIGKILL);
	usleep(30000);
	return 0;
}

/* kill -9: what is older than a tick and the slack is in the file. */
static void test_killed_recorder_leaves_a_good_file(void **state)
{
	struct pk_profile *p;
	pid_t pid;
	int status;

	(void)state;
	script_samples(60, 30);
	env.script.on_round = cut_here;
	env.script.ctx = (void *)59;
	pid = fork();
	if (!pid) {
		record();
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	p = load(env.path);
	assert_int_equal(p->state, PK_FILE_CUT);
	/* a round takes 30 ms and has 60 samples: the last second may be missing */
	assert_true(p->samples.nr >= 60 * (59 - 34 - 2));
	assert_true(p->counters.nr > 0);
	assert_samples(p, p->samples.nr);
}

static void test_failing_engine(void **state)
{
	struct pk_profile *p;

	(void)state;
	script_samples(10, 10);
	env.script.fail_drain = -EIO;
	env.script.fail_drain_at = 5;
	assert_int_equal(record(), -EIO);
	assert_string_equal(env.err.msg, "the script fails to drain");
	assert_int_equal(env.script.nr_stopped, 1);
	assert_int_equal(env.script.nr_closed, 1);
	assert_false(env.result.complete);
	p = load(env.path);
	assert_int_equal(p->state, PK_FILE_CUT);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_file(const char *path, const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(got, sizeof(got), f));
	assert_string_equal(got, text);
	fclose(f);
}

/* A recording that does not come about costs nothing that was there. */
static void test_failed_start_leaves_the_former_file(void **state)
{
	(void)state;
	put_file(env.path, "former");
	env.script.fail_start = -EBUSY;
	assert_int_equal(record(), -EBUSY);
	assert_file(env.path, "former");
	assert_int_equal(access(env.old, F_OK), -1);
	env.script.fail_start = 0;
	env.script.fail_open = -EPERM;
	assert_int_equal(record(), -EPERM);
	assert_file(env.path, "former");
	assert_int_equal(env.script.nr_opened, env.script.nr_closed);
}

static void test_former_file_is_kept(void **state)
{
	(void)state;
	put_file(env.path, "former");
	script_samples(1, 1);
	record_well();
	assert_file(env.old, "former");
	assert_string_equal(env.result.kept, env.old);
	load(env.path);
}

static void test_output_not_writable(void **state)
{
	(void)state;
	env.cfg.path = "/no/such/directory/a.pkp";
	assert_true(record() < 0);
	assert_int_equal(env.err.exit_code, PK_EXIT_OUTPUT);
	assert_non_null(strstr(env.err.msg, env.cfg.path));
	env.cfg.path = env.dir;
	assert_int_equal(record(), -EISDIR);
	assert_int_equal(env.err.exit_code, PK_EXIT_OUTPUT);
	assert_int_equal(env.script.nr_started, 0);
}

/* A full disk: the session is stopped, the file reads to its last whole chunk. */
static void test_disk_full(void **state)
{
	uint64_t bytes;
	int status;
	pid_t pid;

	(void)state;
	script_samples(400, 100);
	record_well();
	bytes = env.result.file_bytes * 2 / 3;
	env.script.round = env.script.next = env.script.nr_stopped = env.script.nr_closed = 0;
	pid = fork();
	if (!pid) {
		struct rlimit l = { .rlim_cur = bytes, .rlim_max = bytes };
		bool good;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &l);
		good = record() == -EFBIG && env.err.exit_code == PK_EXIT_OUTPUT &&
		       strstr(env.err.msg, env.path) && env.script.nr_stopped == 1 &&
		       env.script.nr_closed == 1 && !env.result.complete;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	load(env.path);
	assert_int_equal(env.p.state, PK_FILE_CUT);
	assert_true(env.p.samples.nr > 0);
	assert_samples(&env.p, env.p.samples.nr);
}

static int raise_signal(struct pk_fake *f, unsigned int round)
{
	if (round == 5)
		kill(getpid(), *(int *)f->ctx);
	return 0;
}

static void test_signals_end_a_recording(void **state)
{
	int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	script_samples(50, 10);
	env.script.on_round = raise_signal;
	for (unsigned int i = 0; i < 3; i++) {
		env.script.ctx = &numbers[i];
		env.script.round = 0;
		env.script.next = 0;
		env.script.nr_stopped = 0;
		record_well();
		assert_int_equal(env.result.end, PK_RECORD_END_SIGNAL);
		assert_int_equal(env.script.nr_stopped, 1);
		/* what the engine still had after the stop was taken, too */
		assert_int_equal(env.result.translate.nr_samples, 20 * 14);
		load(env.path);
		assert_int_equal(env.p.state, PK_FILE_CLOSED);
	}
}

static int sleep_a_while(struct pk_fake *f, unsigned int round)
{
	(void)f;
	(void)round;
	usleep(10000);
	return 0;
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static void test_duration(void **state)
{
	uint64_t start_ns;

	(void)state;
	script_samples(1000, 1);
	env.script.on_round = sleep_a_while;
	env.cfg.duration_ns = 300 * MS;
	start_ns = clock_ns();
	record_well();
	assert_int_equal(env.result.end, PK_RECORD_END_DURATION);
	assert_in_range(clock_ns() - start_ns, 300 * MS, 2000 * MS);
}

static void test_command(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "sleep 0.2; exit 42", NULL };

	(void)state;
	script_samples(1000, 1);
	env.script.on_round = sleep_a_while;
	env.cfg.command = argv;
	record_well();
	assert_int_equal(env.result.end, PK_RECORD_END_COMMAND);
	assert_true(env.result.command_ended);
	assert_int_equal(env.result.command_exit, 42);
	load(env.path);
	assert_string_equal(pk_profile_fact(&env.p, "record.command"),
			    "/bin/sh -c sleep 0.2; exit 42");
}

static void test_only_gives_the_pid(void **state)
{
	char *argv[] = { "/bin/true", NULL };

	(void)state;
	script_samples(20, 1);
	env.script.on_round = sleep_a_while;
	env.cfg.command = argv;
	env.cfg.only = true;
	record_well();
	assert_int_equal(env.script.config.nr_pids, 1);
}

/* The command outlives the time given: it is waited for, its code is passed on. */
static void test_command_outlives_duration(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "sleep 0.5; exit 3", NULL };

	(void)state;
	script_samples(1000, 1);
	env.script.on_round = sleep_a_while;
	env.cfg.command = argv;
	env.cfg.duration_ns = 100 * MS;
	record_well();
	assert_int_equal(env.result.end, PK_RECORD_END_DURATION);
	assert_int_equal(env.result.command_exit, 3);
}

static void see_failure(void *ctx, const struct pk_err *err)
{
	assert_int_equal(access(ctx, F_OK), -1);
	assert_int_equal(err->code, -EIO);
	put_file(ctx, "told");
}

/* That recording failed is told at once, not when the command has ended. */
static void test_failure_is_told_first(void **state)
{
	char script[400], ended[160], told[160];
	char *argv[] = { "/bin/sh", "-c", script, NULL };

	(void)state;
	snprintf(ended, sizeof(ended), "%s/ended", env.dir);
	snprintf(told, sizeof(told), "%s/told", env.dir);
	snprintf(script, sizeof(script), "until [ -e %s ]; do sleep 0.1; done; : >%s", told, ended);
	script_samples(1000, 1);
	env.script.on_round = sleep_a_while;
	env.script.fail_drain = -EIO;
	env.script.fail_drain_at = 3;
	env.cfg.command = argv;
	env.cfg.failed = see_failure;
	env.cfg.ctx = told;
	assert_int_equal(record(), -EIO);
	assert_file(told, "told");
	assert_int_equal(access(ended, F_OK), 0);
	assert_true(env.result.command_ended);
}

static void test_signal_ends_the_command(void **state)
{
	char *argv[] = { "/bin/sleep", "30", NULL };
	int number = SIGTERM;

	(void)state;
	script_samples(1000, 1);
	env.script.on_round = raise_signal;
	env.script.ctx = &number;
	env.cfg.command = argv;
	record_well();
	assert_true(env.result.command_ended);
	assert_int_equal(env.result.command_exit, 128 + SIGTERM);
}

static void test_command_errors_leave_no_file(void **state)
{
	char *argv[] = { "no-such-program", NULL };

	(void)state;
	script_samples(1, 1);
	env.cfg.command = argv;
	assert_int_equal(record(), -ENOENT);
	assert_int_equal(env.err.exit_code, PK_EXIT_NOT_FOUND);
	assert_int_equal(access(env.path, F_OK), -1);
	assert_int_equal(env.script.nr_opened, 0);
}

/* Late: exec fails when the session runs already. */
static void test_late_command_errors_leave_no_file(void **state)
{
	char script[160];
	char *argv[] = { script, NULL };

	(void)state;
	snprintf(script, sizeof(script), "%s/script", env.dir);
	put_file(script, "#!/no/such/interpreter\n");
	chmod(script, 0755);
	put_file(env.path, "former");
	script_samples(1, 1);
	env.cfg.command = argv;
	assert_int_equal(record(), -ENOENT);
	assert_int_equal(env.err.exit_code, PK_EXIT_NOT_FOUND);
	assert_file(env.path, "former");
	assert_int_equal(env.script.nr_stopped, 1);
	assert_int_equal(env.script.nr_closed, 1);
}

/* A dump replayed gives the same samples, stacks and books. */
static void test_dump_and_replay(void **state)
{
	struct pk_profile first;
	struct pk_profile *p;

	(void)state;
	add(0, make_mark(1000 * MS, "all"));
	add(1, make_fork(1001 * MS, 99, 11, "child"));
	script_samples(20, 25);
	pk_fake_lose(&env.script, 1, PKPROF_SRC_CPU, PKPROF_LOSS_NESTED, 5);
	env.cfg.dump_path = env.dump;
	record_well();
	load(env.path);
	first = env.p;
	env.loaded = false;

	env.cfg.dump_path = NULL;
	env.cfg.engine = &pk_source_replay;
	env.cfg.engine_arg = env.dump;
	record_well();
	assert_true(env.result.closes);
	p = load(env.path);
	assert_samples(p, first.samples.nr);
	assert_memory_equal(p->samples.time_ns, first.samples.time_ns,
			    p->samples.nr * sizeof(*p->samples.time_ns));
	assert_memory_equal(p->samples.ustack, first.samples.ustack,
			    p->samples.nr * sizeof(*p->samples.ustack));
	assert_int_equal(p->nodes.nr, first.nodes.nr);
	assert_int_equal(p->tasks.nr, first.tasks.nr);
	assert_int_equal(p->marks.nr, 1);
	assert_int_equal(pk_profile_fact_u64(p, "record.period_ns", 0), 10 * MS);
	pk_profile_deinit(&first);
}

/* Each byte of a dump changed, each length of it: an error or a recording, never a crash. */
static void test_damaged_dumps(void **state)
{
	unsigned char bytes[8192];
	unsigned int nr_refused = 0;
	size_t len;
	FILE *f;

	(void)state;
	script_samples(2, 3);
	env.cfg.dump_path = env.dump;
	record_well();
	f = fopen(env.dump, "r");
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(len, 500, sizeof(bytes) - 1);
	env.cfg.dump_path = NULL;
	env.cfg.engine = &pk_source_replay;
	env.cfg.engine_arg = env.dump;
	for (size_t i = 0; i < 2 * len; i += 11) {
		size_t at = i % len, keep = i < len ? len : at;

		bytes[at] ^= 0xff;
		f = fopen(env.dump, "w");
		fwrite(bytes, 1, keep, f);
		fclose(f);
		bytes[at] ^= 0xff;
		if (record()) {
			nr_refused++;
			assert_true(env.err.exit_code == PK_EXIT_BAD_FILE ||
				    env.err.exit_code == PK_EXIT_VERSION);
			assert_non_null(strstr(env.err.msg, env.dump));
		}
	}
	assert_true(nr_refused > len / 20);
}

/* With the names of functions added by a child: here there is nothing to name. */
static void test_naming(void **state)
{
	(void)state;
	script_samples(5, 10);
	env.cfg.symbols = true;
	record_well();
	assert_true(env.result.names.named);
	load(env.path);
	assert_int_equal(env.p.state, PK_FILE_CLOSED);
	assert_samples(&env.p, 100);
}

/* As standard output: only whole files, and only where there is no terminal. */
static void test_standard_output(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	script_samples(5, 10);
	env.cfg.path = "-";
	pid = fork();
	if (!pid) {
		dup2(open(env.path, O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
		_exit(record() ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	load(env.path);
	assert_int_equal(env.p.state, PK_FILE_CLOSED);
	assert_samples(&env.p, 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_end_to_end),
		TEST(test_books_close_in_the_file),
		TEST(test_books_that_do_not_close),
		TEST(test_foreign_records_are_seen),
		TEST(test_order_across_cpus),
		TEST(test_late_items),
		TEST(test_killed_recorder_leaves_a_good_file),
		TEST(test_failing_engine),
		TEST(test_failed_start_leaves_the_former_file),
		TEST(test_former_file_is_kept),
		TEST(test_output_not_writable),
		TEST(test_disk_full),
		TEST(test_signals_end_a_recording),
		TEST(test_duration),
		TEST(test_command),
		TEST(test_only_gives_the_pid),
		TEST(test_command_outlives_duration),
		TEST(test_failure_is_told_first),
		TEST(test_signal_ends_the_command),
		TEST(test_command_errors_leave_no_file),
		TEST(test_late_command_errors_leave_no_file),
		TEST(test_dump_and_replay),
		TEST(test_damaged_dumps),
		TEST(test_naming),
		TEST(test_standard_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
