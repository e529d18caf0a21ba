// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readings of the ledger: pieces that make no sense are refused whatever their bytes,
 * scripts and dumps hand out readings where they belong, and what `stat` prints.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "source/dump.h"
#include "source/fake.h"
#include "source/names.h"
#include "source/replay.h"
#include "view/stat_view.h"

static union {
	struct pkprof_ledger_thread thread;
	struct pkprof_ledger_process process;
	struct pkprof_ledger_cpu cpu;
	struct pkprof_hist hist;
	struct pkprof_ledger_info info;
	uint8_t bytes[4096];
} piece;

static void make_thread(void)
{
	memset(&piece, 0, sizeof(piece));
	piece.thread = (struct pkprof_ledger_thread){
		.id = 5,
		.tid = 12,
		.tgid = 11,
		.from_ns = 100,
		.since_ns = 400,
		.read_ns = 500,
		.state = PKPROF_LINE_DISK,
		.comm = "reader",
		.nr_lines = 2,
	};
	piece.thread.lines[0] = (struct pkprof_ledger_line){ 100, 2, PKPROF_LINE_CPU, 0 };
	piece.thread.lines[1] = (struct pkprof_ledger_line){ 200, 1, PKPROF_LINE_SLEEP, 0 };
}

static void make_cpu(void)
{
	memset(&piece, 0, sizeof(piece));
	piece.cpu = (struct pkprof_ledger_cpu){
		.cpu = 1, .online = 1, .from_ns = 100, .read_ns = 400, .busy_ns = 100, .idle_ns = 200,
	};
}

static void make_hist(unsigned int key)
{
	memset(&piece, 0, sizeof(piece));
	piece.hist = (struct pkprof_hist){ .what = PKPROF_HIST_RUNQ, .key = key, .nr_buckets = 2 };
	piece.hist.buckets[0] = (struct pkprof_hist_bucket){ 3, 7 };
	piece.hist.buckets[1] = (struct pkprof_hist_bucket){ 31, 1 };
}

/* --- pieces ------------------------------------------------------------------ */

struct seen {
	unsigned int infos, cpus, processes, threads, hists;
	size_t alive;
	uint64_t last_id, now_ns;
};

static int on_info(void *ctx, const struct pkprof_ledger_info *i)
{
	((struct seen *)ctx)->infos++;
	((struct seen *)ctx)->now_ns = i->now_ns;
	return 0;
}

static int on_cpu(void *ctx, const struct pkprof_ledger_cpu *c)
{
	(void)c;
	((struct seen *)ctx)->cpus++;
	return 0;
}

static int on_process(void *ctx, const struct pkprof_ledger_process *p)
{
	(void)p;
	((struct seen *)ctx)->processes++;
	return 0;
}

static int on_thread(void *ctx, const struct pkprof_ledger_thread *t)
{
	((struct seen *)ctx)->threads++;
	((struct seen *)ctx)->last_id = t->id;
	return t->id == 999 ? -ECANCELED : 0;
}

static int on_hist(void *ctx, const struct pkprof_hist *h)
{
	(void)h;
	((struct seen *)ctx)->hists++;
	return 0;
}

static int on_alive(void *ctx, const uint64_t *ids, size_t nr)
{
	(void)ids;
	((struct seen *)ctx)->alive += nr;
	return 0;
}

static const struct pk_ledger_visitor visitor = {
	.info = on_info, .cpu = on_cpu, .process = on_process,
	.thread = on_thread, .hist = on_hist, .alive = on_alive,
};
static struct seen seen;

static int tell(unsigned int kind, size_t bytes)
{
	struct pk_err err = { 0 };
	int ret = pk_ledger_tell(kind, &piece, bytes, &visitor, &seen, &err);

	if (ret == -EBADMSG)
		assert_true(err.msg[0]);
	return ret;
}

static size_t size_of(unsigned int kind)
{
	return pk_ledger_piece_bytes(kind, &piece);
}

#define REFUSED(kind, make, member, value)                                                         \
	do {                                                                                       \
		make;                                                                              \
		assert_int_equal(tell(kind, size_of(kind)), 0);                                    \
		piece.member = (value);                                                            \
		assert_int_equal(tell(kind, size_of(kind)), -EBADMSG);                             \
	} while (0)

static void test_thread_pieces(void **state)
{
	const unsigned int kind = PKPROF_A_LEDGER_THREAD;

	(void)state;
	REFUSED(kind, make_thread(), thread.state, PKPROF_NR_LINES);
	REFUSED(kind, make_thread(), thread.lines[1].line, PKPROF_NR_LINES);
	REFUSED(kind, make_thread(), thread.lines[1].ns, 201);
	REFUSED(kind, make_thread(), thread.lines[0].ns, UINT64_MAX);
	REFUSED(kind, make_thread(), thread.from_ns, 401);
	REFUSED(kind, make_thread(), thread.read_ns, 399);
	REFUSED(kind, make_thread(), thread.read_ns, UINT64_MAX);
	make_thread();
	memset(piece.thread.comm, 'x', sizeof(piece.thread.comm));
	assert_int_equal(tell(kind, size_of(kind)), -EBADMSG);
	/* cut anywhere; longer is a newer module's */
	make_thread();
	for (size_t bytes = 0; bytes < size_of(kind); bytes++)
		assert_int_equal(tell(kind, bytes), -EBADMSG);
	assert_int_equal(tell(kind, size_of(kind) + 8), 0);
	piece.thread.nr_lines = UINT16_MAX;
	assert_int_equal(tell(kind, sizeof(piece)), -EBADMSG);
	piece.thread.nr_lines = 2;
	piece.thread.id = 999;
	assert_int_equal(tell(kind, size_of(kind)), -ECANCELED);
}

static void test_other_pieces(void **state)
{
	(void)state;
	REFUSED(PKPROF_A_LEDGER_CPU, make_cpu(), cpu.cpu, 1u << 20);
	REFUSED(PKPROF_A_LEDGER_CPU, make_cpu(), cpu.busy_ns, 101);
	REFUSED(PKPROF_A_LEDGER_CPU, make_cpu(), cpu.from_ns, 500);
	REFUSED(PKPROF_A_LEDGER_HIST, make_hist(PKPROF_HIST_CPU), hist.what, PKPROF_NR_HISTS);
	REFUSED(PKPROF_A_LEDGER_HIST, make_hist(PKPROF_HIST_CPU), hist.key, PKPROF_NR_HIST_KEYS);
	REFUSED(PKPROF_A_LEDGER_HIST, make_hist(PKPROF_HIST_CPU), hist.buckets[1].bucket,
		PKPROF_HIST_BUCKETS);
	REFUSED(PKPROF_A_LEDGER_HIST, make_hist(PKPROF_HIST_THREAD), hist.buckets[1].bucket,
		PKPROF_HIST_COARSE);
	REFUSED(PKPROF_A_LEDGER_HIST, make_hist(PKPROF_HIST_CPU), hist.buckets[1].bucket, 3);
	make_cpu();
	assert_int_equal(tell(PKPROF_A_LEDGER_CPU, sizeof(piece.cpu) - 1), -EBADMSG);
	assert_int_equal(tell(PKPROF_A_LEDGER_ALIVE, 12), -EBADMSG);
	assert_int_equal(tell(PKPROF_A_LEDGER_ALIVE, 0), 0);
	memset(&piece, 0, sizeof(piece));
	assert_int_equal(tell(PKPROF_A_LEDGER_INFO, sizeof(piece.info) - 1), -EBADMSG);
	piece.info.from_ns = 1;
	assert_int_equal(tell(PKPROF_A_LEDGER_INFO, sizeof(piece.info)), -EBADMSG);
	memset(&piece, 0, sizeof(piece));
	piece.process.nr_lines = 300;
	assert_int_equal(tell(PKPROF_A_LEDGER_PROCESS, sizeof(piece)), -EBADMSG);
	/* of a newer module: passed over */
	assert_int_equal(tell(PKPROF_A_MAX + 1, 3), 0);
}

/* Any bytes and any length: an answer, never a byte too far (the sanitizer looks). */
static void test_noise(void **state)
{
	uint32_t random = 1;
	uint64_t *noise;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		size_t bytes = random % 600;
		struct pk_err err;

		noise = malloc(bytes + 8);
		for (size_t i = 0; i < bytes; i++) {
			random = random * 1664525 + 1013904223;
			((uint8_t *)noise)[i] = random >> 24 & (round % 2 ? 0xff : 0x3);
		}
		noise = realloc(noise, bytes ? bytes : 1);
		for (unsigned int kind = PKPROF_A_LEDGER_INFO; kind <= PKPROF_A_LEDGER_ALIVE; kind++)
			pk_ledger_tell(kind, noise, bytes, &visitor, &seen, &err);
		free(noise);
	}
}

/* --- scripts and dumps --------------------------------------------------------- */

static void script_reading(struct pk_fake *f, uint64_t now_ns)
{
	memset(&piece, 0, sizeof(piece));
	piece.info.now_ns = now_ns;
	assert_int_equal(pk_fake_add_piece(f, PKPROF_A_LEDGER_INFO, &piece, 0), 0);
	make_cpu();
	assert_int_equal(pk_fake_add_piece(f, PKPROF_A_LEDGER_CPU, &piece, 0), 0);
	make_thread();
	piece.thread.id = now_ns;
	assert_int_equal(pk_fake_add_piece(f, PKPROF_A_LEDGER_THREAD, &piece, 0), 0);
	make_hist(PKPROF_HIST_CPU);
	assert_int_equal(pk_fake_add_piece(f, PKPROF_A_LEDGER_HIST, &piece, 0), 0);
	assert_int_equal(pk_fake_end_reading(f), 0);
}

static int drop(void *ctx, unsigned int cpu, const struct pkprof_rec *rec)
{
	(void)cpu;
	(void)rec;
	++*(unsigned int *)ctx;
	return 0;
}

/* Take every reading that is due; how many there were. */
static unsigned int take_due(struct pk_source *s)
{
	struct pk_err err = { 0 };
	unsigned int nr = 0;

	while (s->ops->ledger_due(s)) {
		assert_int_equal(s->ops->ledger(s, 0, 0, &visitor, &seen, &err), 0);
		nr++;
	}
	return nr;
}

static void test_script(void **state)
{
	struct pk_source_config cfg = { .sources = 1u << PKPROF_SRC_SCHED };
	struct pk_source_info info;
	struct pk_err err = { 0 };
	struct pk_source *s;
	unsigned int nr = 0;
	struct pk_fake f;
	char arg[32];

	(void)state;
	pk_fake_init(&f);
	script_reading(&f, 10);
	pk_fake_end_round(&f, 20);
	script_reading(&f, 21);
	script_reading(&f, 22);
	assert_int_equal(pk_source_fake.open(pk_fake_arg(&f, arg), &s, &err), 0);
	assert_int_equal(pk_source_fake.start(s, &cfg, &info, &err), 0);
	assert_int_equal(take_due(s), 1);
	assert_int_equal(seen.last_id, 10);
	/* out of turn: the time, and nothing else */
	seen = (struct seen){ 0 };
	assert_int_equal(pk_source_fake.ledger(s, 7, 3, &visitor, &seen, &err), 0);
	assert_int_equal(seen.infos, 1);
	assert_int_equal(seen.now_ns, 20);
	assert_int_equal(seen.threads, 0);
	assert_int_equal(f.ledger_epoch_ns, 7);
	assert_int_equal(f.ledger_what, 3);
	assert_int_equal(pk_source_fake.drain(s, drop, &nr, &err), 0);
	assert_int_equal(take_due(s), 2);
	assert_int_equal(seen.last_id, 22);
	pk_source_fake.close(s);
	pk_fake_deinit(&f);
}

static struct pkprof_rec a_record(uint64_t time_ns)
{
	return (struct pkprof_rec){ PKPROF_REC_MARK, 0, sizeof(struct pkprof_rec), 1, time_ns };
}

static void dump_reading(struct pk_dump *d, uint64_t now_ns)
{
	memset(&piece, 0, sizeof(piece));
	piece.info.now_ns = now_ns;
	assert_int_equal(pk_dump_ledger(d, PKPROF_A_LEDGER_INFO, &piece), 0);
	make_thread();
	piece.thread.id = now_ns;
	assert_int_equal(pk_dump_ledger(d, PKPROF_A_LEDGER_THREAD, &piece), 0);
}

/* Baseline, round with a record, two readings at once, round with two records, the last one. */
static void write_dump(const char *path)
{
	struct pk_source_info info = {
		.session = 1, .t0_ns = 5, .sources = 1u << PKPROF_SRC_SCHED, .nr_cpus = 1,
	};
	struct pkprof_rec rec = a_record(15);
	struct pk_err err = { 0 };
	struct pk_dump *d;

	assert_int_equal(pk_dump_create(path, &d, &err), 0);
	pk_dump_info(d, &info);
	dump_reading(d, 10);
	pk_dump_round(d, 20);
	pk_dump_record(d, 0, &rec);
	dump_reading(d, 21);
	dump_reading(d, 22);
	pk_dump_round(d, 30);
	pk_dump_record(d, 0, &rec);
	pk_dump_record(d, 0, &rec);
	dump_reading(d, 31);
	assert_int_equal(pk_dump_flush(d), 0);
	pk_dump_destroy(d);
}

static void test_replay(void **state)
{
	char path[] = "/tmp/pk_ledger_XXXXXX";
	struct pk_source_config cfg = { 0 };
	struct pk_source_info info;
	struct pk_err err = { 0 };
	struct pk_source *s;
	unsigned int nr = 0;
	PK_AUTO_FD int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	write_dump(path);
	assert_int_equal(pk_source_replay.open(path, &s, &err), 0);
	assert_int_equal(pk_source_replay.start(s, &cfg, &info, &err), 0);
	assert_int_equal(take_due(s), 1);
	assert_int_equal(seen.last_id, 10);
	assert_int_equal(pk_source_replay.now_ns(s), 20);
	assert_int_equal(pk_source_replay.drain(s, drop, &nr, &err), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(take_due(s), 2);
	assert_int_equal(seen.last_id, 22);
	assert_int_equal(pk_source_replay.drain(s, drop, &nr, &err), 0);
	assert_int_equal(nr, 3);
	assert_int_equal(take_due(s), 1);
	assert_int_equal(seen.last_id, 31);
	assert_int_equal(pk_source_replay.drain(s, drop, &nr, &err), -ENODATA);
	pk_source_replay.close(s);

	/* who does not want the ledger gets the records all the same */
	nr = 0;
	assert_int_equal(pk_source_replay.open(path, &s, &err), 0);
	assert_int_equal(pk_source_replay.start(s, &cfg, &info, &err), 0);
	while (!pk_source_replay.drain(s, drop, &nr, &err))
		;
	assert_int_equal(nr, 3);
	pk_source_replay.close(s);
	unlink(path);
}

/* Each byte of a dump changed: an error or a replay, and it comes to an end. */
static void test_damaged_replay(void **state)
{
	char path[] = "/tmp/pk_ledger_XXXXXX";
	struct pk_source_config cfg = { 0 };
	struct pk_source_info info;
	PK_AUTO_FD int fd = mkstemp(path);
	unsigned int nr = 0;
	off_t end;

	(void)state;
	assert_true(fd >= 0);
	write_dump(path);
	end = lseek(fd, 0, SEEK_END);
	for (off_t at = 0; at < end; at++) {
		struct pk_err err = { 0 };
		struct pk_source *s;
		uint8_t was, now;
		int ret;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		now = was ^ (1 + at % 255);
		assert_int_equal(pwrite(fd, &now, 1, at), 1);
		ret = pk_source_replay.open(path, &s, &err);
		if (!ret) {
			ret = pk_source_replay.start(s, &cfg, &info, &err);
			for (unsigned int i = 0; !ret && i < 100; i++) {
				while (!ret && s->ops->ledger_due(s))
					ret = s->ops->ledger(s, 0, 0, &visitor, &seen, &err);
				if (!ret)
					ret = pk_source_replay.drain(s, drop, &nr, &err);
			}
			pk_source_replay.close(s);
		}
		assert_true(ret < 0);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	unlink(path);
}

/* --- sources that need others --------------------------------------------------- */

static void test_needs(void **state)
{
	const uint32_t task = 1u << PKPROF_SRC_TASK, sched = 1u << PKPROF_SRC_SCHED,
		       offcpu = 1u << PKPROF_SRC_OFFCPU, cpu = 1u << PKPROF_SRC_CPU;

	(void)state;
	assert_int_equal(pk_sources_complete(offcpu), offcpu | sched | task);
	assert_int_equal(pk_sources_complete(cpu), cpu);
	assert_int_equal(pk_sources_supported(offcpu | sched | cpu), cpu);
	assert_int_equal(pk_sources_supported(offcpu | task), task);
	assert_int_equal(pk_sources_supported(offcpu | sched | task), offcpu | sched | task);
}

/* --- stat ------------------------------------------------------------------------ */

static struct pk_live_picture picture;

static int fill_picture(void **state)
{
	struct pk_live_process *p;
	struct pk_live_thread *t;

	(void)state;
	picture = (struct pk_live_picture){ .from_ns = 1000000000, .to_ns = 3000000000 };
	picture.system = (struct pk_live_system){
		.nr_cpus = 2, .nr_online = 2, .busy_ns = 1000000000, .idle_ns = 3000000000,
		.nr_switches = 2468, .nr_threads = 1234, .nr_processes = 3,
	};
	p = pk_vec_push(&picture.processes);
	p->tgid = 100;
	p->nr_threads = 20;
	strcpy(p->comm, "server");
	p->amount.ns[PKPROF_LINE_CPU] = 500000000;
	p->amount.ns[PKPROF_LINE_FUTEX] = 39500000000;
	p->amount.nr_switches = 200;
	p = pk_vec_push(&picture.processes);
	p->tgid = 7;
	p->kthread = true;
	strcpy(p->comm, "kworker/0:1");
	p->amount.ns[PKPROF_LINE_CPU] = 1500000000;
	p->amount.ns[PKPROF_LINE_KTHREAD] = 500000000;
	p = pk_vec_push(&picture.processes);
	p->tgid = 9;
	strcpy(p->comm, "idle one");
	p->amount.ns[PKPROF_LINE_SLEEP] = 2000000000;
	t = pk_vec_push(&picture.threads);
	t->tid = 101;
	t->tgid = 100;
	strcpy(t->comm, "a\033[31mb");
	t->amount.ns[PKPROF_LINE_CPU] = 1;
	return 0;
}

static int empty_picture(void **state)
{
	(void)state;
	pk_vec_deinit(&picture.processes);
	pk_vec_deinit(&picture.threads);
	return 0;
}

static void test_stat_wide(void **state)
{
	struct pk_stat_layout layout = { 0 };
	struct pk_strbuf out = { 0 };

	(void)state;
	pk_stat_layout_init(&layout, 0);
	assert_int_equal(layout.nr_lines, PKPROF_NR_LINES);
	assert_false(layout.rest);
	pk_stat_view_header(&layout, &out);
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		assert_non_null(strstr(out.data, pk_line_name(i)));
	assert_non_null(strstr(out.data, "COMMAND\n"));
	pk_strbuf_clear(&out);
	pk_stat_view_interval(&layout, &picture, NULL, "12:00:00", &out);
	assert_non_null(strstr(out.data, "12:00:00  2.000 s, CPUs 2, busy 25.0 %, idle 75.0 %"));
	assert_non_null(strstr(out.data, "1,234 switches/s, 1,234 threads, 3 processes\n"));
	/* the busiest first; who has none of it is left out */
	assert_true(strstr(out.data, "[kworker/0:1]") < strstr(out.data, "server"));
	assert_null(strstr(out.data, "idle one"));
	assert_non_null(strstr(out.data, "   75.0"));
	assert_non_null(strstr(out.data, "   1975"));
	assert_null(strchr(out.data, '\033'));
	pk_strbuf_deinit(&out);
}

/* Every width holds its lines; the columns that are left out are in the rest. */
static void test_stat_narrow(void **state)
{
	(void)state;
	for (unsigned int width = 60; width < 250; width++) {
		struct pk_stat_layout layout = { .idle = true, .key = PKPROF_LINE_KTHREAD };
		struct pk_strbuf out = { 0 };
		char *save = NULL;

		pk_stat_layout_init(&layout, width);
		assert_int_equal(layout.lines[0], PKPROF_LINE_CPU);
		if (width > 80)
			assert_int_equal(layout.lines[1], PKPROF_LINE_KTHREAD);
		assert_int_equal(layout.rest, layout.nr_lines < PKPROF_NR_LINES);
		pk_stat_view_header(&layout, &out);
		pk_stat_view_interval(&layout, &picture, NULL, "12:00:00", &out);
		for (char *line = strtok_r(out.data, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			if (!strstr(line, "12:00:00"))
				assert_true(strlen(line) <= width);
		pk_strbuf_deinit(&out);
	}
}

static void test_stat_rows(void **state)
{
	const uint32_t only = 9;
	struct pk_stat_layout layout = {
		.tgids = &only, .nr_tgids = 1, .idle = true, .max_rows = 1, .key = PK_LIVE_BY_TOTAL,
	};
	struct pk_strbuf out = { 0 };

	(void)state;
	pk_stat_layout_init(&layout, 0);
	pk_stat_view_interval(&layout, &picture, NULL, "", &out);
	assert_non_null(strstr(out.data, "idle one"));
	assert_null(strstr(out.data, "server"));
	pk_strbuf_clear(&out);
	layout.nr_tgids = 0;
	pk_stat_view_interval(&layout, &picture, NULL, "", &out);
	assert_non_null(strstr(out.data, "server"));
	assert_null(strstr(out.data, "idle one"));
	pk_strbuf_clear(&out);
	layout.threads = true;
	pk_stat_view_interval(&layout, &picture, NULL, "", &out);
	/* a name cannot steer the terminal */
	assert_non_null(strstr(out.data, "a?[31mb"));
	pk_strbuf_deinit(&out);
}

static void test_stat_json(void **state)
{
	struct pk_stat_layout layout = { 0 };
	struct pk_strbuf out = { 0 };

	(void)state;
	pk_stat_layout_init(&layout, 0);
	pk_stat_view_json(&layout, &picture, NULL, 42, &out);
	assert_false(pk_strbuf_failed(&out));
	/* one line */
	assert_ptr_equal(strchr(out.data, '\n'), out.data + out.len - 1);
	assert_non_null(strstr(out.data, "\"futex_ns\": 39500000000"));
	assert_non_null(strstr(out.data, "\"total_ns\": 40000000000"));
	assert_non_null(strstr(out.data, "\"wall_ns\": 42"));
	pk_strbuf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thread_pieces),
		cmocka_unit_test(test_other_pieces),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_damaged_replay),
		cmocka_unit_test(test_needs),
		cmocka_unit_test_setup_teardown(test_stat_wide, fill_picture, empty_picture),
		cmocka_unit_test_setup_teardown(test_stat_narrow, fill_picture, empty_picture),
		cmocka_unit_test_setup_teardown(test_stat_rows, fill_picture, empty_picture),
		cmocka_unit_test_setup_teardown(test_stat_json, fill_picture, empty_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
