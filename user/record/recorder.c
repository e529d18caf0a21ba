// SPDX-License-Identifier: GPL-2.0-or-later
/* A recording from its start to the closed file; see recorder.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/facts.h"
#include "record/host.h"
#include "record/recording.h"
#include "source/names.h"

#define SORTER_BYTES	    (4u << 20)
#define MAX_FILES	    16384 /* identities remembered, some 200 bytes each */
#define MAX_HELD	    2048  /* descriptors */
#define SPARE_DESCRIPTORS   (64 + 2 * PK_JIT_MAPS_MAX) /* left for everything else */
#define NAMING_TICK_MS 200 /* of the line that tells how far it is */
#define COMMAND_PATIENCE_MS 5000  /* after SIGTERM */
#define UNWINDER_PATIENCE_MS 10000 /* on a machine that never was recorded it may take seconds */

int pk_recording_failed(struct pk_recording *r, int code)
{
	const struct pk_err *why = r->writer ? pk_writer_error(r->writer) : NULL;

	if (why && why->code && r->err->code != why->code)
		*r->err = *why;
	if (!r->err->code)
		pk_err_set(r->err, code, "the recording failed: %s", strerror(-code));
	return r->err->code;
}

static void tell_progress(struct pk_recording *r, enum pk_record_phase phase,
			  const struct pk_finalize_progress *naming)
{
	uint64_t now_ns = r->source ? pk_recording_engine(r)->now_ns(r->source) : r->end_ns;
	struct pk_record_progress p = {
		.phase = phase,
		.elapsed_ns = now_ns - r->info.t0_ns,
		.nr_samples = r->translator.stats.nr_samples,
		.file_bytes = pk_writer_bytes(r->writer),
		.nr_cpus = r->result->nr_cpus,
		.delivery = &r->result->delivery,
		.nr_named = naming ? naming->done : 0,
		.nr_to_name = naming ? naming->total : 0,
	};

	if (r->cfg->progress)
		r->cfg->progress(r->cfg->ctx, &p);
}

void pk_recording_progress(struct pk_recording *r, enum pk_record_phase phase)
{
	tell_progress(r, phase, NULL);
}

/* --- beginning ----------------------------------------------------------- */

/* The command is forked first: so early it can inherit nothing of ours. */
static int prepare(struct pk_recording *r)
{
	const struct pk_record_config *cfg = r->cfg;
	int ret = pk_signals_open(&r->signals, r->err);

	if (!ret && cfg->command)
		ret = pk_command_find(cfg->command[0], r->err);
	if (!ret && cfg->command)
		ret = pk_command_start(&r->command, cfg->command, &r->signals,
				       !strcmp(cfg->path, "-"), r->err);
	if (!ret)
		ret = cfg->engine->open(cfg->engine_arg, &r->source, r->err);
	/* without it stacks are shorter, which they say themselves */
	if (!ret && cfg->scan && cfg->source.user_depth)
		(void)pk_unwinder_start(&r->unwinder, r->source, NULL);
	if (!ret && r->unwinder.fd >= 0)
		pk_recent_load(&r->recent, NULL);
	if (!ret && cfg->dump_path)
		ret = pk_dump_create(cfg->dump_path, &r->dump, r->err);
	return ret ? ret : pk_target_open(&r->target, cfg->path, r->err);
}

static int start_source(struct pk_recording *r)
{
	struct pk_source_config source = r->cfg->source;
	uint32_t pid = r->command.pid;
	int ret;

	if (r->cfg->only && pid) {
		source.pids = &pid;
		source.nr_pids = 1;
	}
	ret = pk_recording_engine(r)->start(r->source, &source, &r->info, r->err);
	if (ret)
		return ret;
	r->started = true;
	if (r->cfg->scan) {
		r->result->missing_sources = source.sources & ~r->info.sources;
		r->result->nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	}
	r->start_ns = pk_monotonic_ns();
	r->next_tick_ns = r->start_ns + PK_RECORD_TICK_NS;
	if (r->cfg->duration_ns)
		r->deadline_ns = r->start_ns + r->cfg->duration_ns;
	if (r->cfg->began_ns)
		r->result->startup_ns = r->start_ns - r->cfg->began_ns;
	r->result->startup_cpu_ns = pk_host_cpu_ns();
	return 0;
}

/*
 * Room for the descriptors of mapped files: one that is held may be on its way to the child
 * that makes its unwind rows, too. Return: how many may be held.
 */
static unsigned int raise_descriptor_limit(void)
{
	const rlim_t wanted = 2 * MAX_HELD + SPARE_DESCRIPTORS;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return 0;
	if (l.rlim_cur < wanted) {
		l.rlim_cur = l.rlim_max < wanted ? l.rlim_max : wanted;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	if (l.rlim_cur >= wanted)
		return MAX_HELD;
	return l.rlim_cur > SPARE_DESCRIPTORS ? (l.rlim_cur - SPARE_DESCRIPTORS) / 2 : 0;
}

/* A file's generation is known if it was mapped while we record. */
static void on_opened(void *ctx, const struct pk_file_key *key, bool gen_known, int fd)
{
	struct pk_recording *r = ctx;

	pk_unwinder_add(&r->unwinder, key, gen_known, fd);
	if (gen_known && r->unwinder.fd >= 0)
		pk_recent_note(&r->recent, key, fd);
}

static void on_recent(void *ctx, const struct pk_file_key *key, int fd)
{
	pk_unwinder_add(ctx, key, true, fd);
}

/* Rows of what runs already, and of what began in earlier recordings. */
static void make_rows(struct pk_recording *r)
{
	pk_recent_open_all(&r->recent, on_recent, &r->unwinder);
	if (r->command.pid)
		pk_unwinder_wait(&r->unwinder, r->signals.fd, UNWINDER_PATIENCE_MS);
}

static int create_tables(struct pk_recording *r)
{
	struct pk_translate_config translate = {
		.nr_cpus = r->info.nr_cpus,
		.sorter_bytes = SORTER_BYTES,
		.max_nodes = PK_NODES_MAX,
		.accounts = &r->ledger.accounts,
		.hists = &r->ledger.hists,
	};
	struct pk_files_config files = {
		.max_files = MAX_FILES,
		.max_held = raise_descriptor_limit(),
		.proc = r->cfg->scan ? "/proc" : NULL,
		.opened = on_opened,
		.ctx = r,
		.local_pids = r->result->in_pid_namespace ? &r->local_pids : NULL,
	};
	int ret = pk_writer_create(r->target.fd, r->target.path, &r->writer, r->err);

	if (ret)
		return ret;
	pk_accounts_init(&r->ledger.accounts, r->writer, r->info.t0_ns);
	pk_hists_init(&r->ledger.hists, r->writer, r->info.t0_ns);
	r->ledger.times.last_ns = r->info.t0_ns;
	pk_blocks_init(&r->ledger.blocks, r->writer, &r->ledger.times);
	pk_nets_init(&r->ledger.nets, r->writer, &r->ledger.times);
	pk_file_ops_init(&r->ledger.file_ops, r->writer, &r->ledger.times);
	pk_waited_init(&r->ledger.waited, r->writer, &r->ledger.times);
	files.writer = r->writer;
	r->jit_maps = (struct pk_jit_maps){
		.on = r->cfg->scan,
		.local_pids = files.local_pids,
	};
	r->jvm_maps.on = r->cfg->scan && r->cfg->jvm_maps;
	ret = pk_files_create(&files, &r->files);
	if (!ret)
		ret = pk_translate_init(&r->translator, &translate, r->writer, r->files);
	if (!ret)
		ret = pk_delivery_init(&r->result->delivery, r->info.nr_cpus);
	return ret ? pk_recording_failed(r, ret) : 0;
}

static int write_command(struct pk_recording *r)
{
	struct pk_strbuf line = { 0 };
	int ret = 0;

	for (char *const *arg = r->cfg->command; arg && *arg; arg++)
		pk_strbuf_printf(&line, "%s%s", line.len ? " " : "", *arg);
	if (pk_strbuf_failed(&line))
		ret = -ENOMEM;
	else if (line.len)
		ret = pk_writer_fact(r->writer, "record.command", line.data);
	pk_strbuf_deinit(&line);
	return ret;
}

static int write_sources(struct pk_recording *r)
{
	struct pk_strbuf names = { 0 };
	int ret = -ENOMEM;

	pk_sources_format(r->info.sources, &names);
	if (!pk_strbuf_failed(&names))
		ret = pk_writer_fact(r->writer, "record.sources", names.data ? names.data : "");
	pk_strbuf_deinit(&names);
	return ret;
}

static int write_wait_settings(struct pk_recording *r)
{
	uint32_t cap = r->cfg->source.wait_cap;
	int ret = 0;

	if (r->info.wait_period_ns)
		ret = pk_fact_u64(r->writer, "record.wait_period_ns", r->info.wait_period_ns);
	if (!ret && r->cfg->scan)
		ret = pk_fact_u64(r->writer, "record.wait_cap",
				  cap == UINT32_MAX ? 0 : cap ? cap : PKPROF_DEF_WAIT_CAP);
	return ret;
}

static int write_io_settings(struct pk_recording *r)
{
	uint32_t cap = r->cfg->source.io_cap;

	return r->cfg->scan ? pk_fact_u64(r->writer, "record.io_cap",
					  cap == UINT32_MAX ? 0 : cap ? cap : PKPROF_DEF_IO_CAP) : 0;
}

/* How it is recorded. The period comes first: samples are packed by it. */
static int write_settings(struct pk_recording *r)
{
	const struct pk_record_config *cfg = r->cfg;
	struct pk_writer *w = r->writer;
	int ret = pk_fact_u64(w, "record.period_ns", r->info.period_ns);

	if (!ret)
		ret = pk_fact_u64(w, "record.start_ns", r->info.t0_ns);
	if (!ret)
		ret = write_sources(r);
	if (!ret && r->info.ring_bytes)
		ret = pk_fact_u64(w, "record.ring_bytes", r->info.ring_bytes);
	if (!ret && r->info.sources >> PKPROF_SRC_OFFCPU & 1)
		ret = write_wait_settings(r);
	if (!ret && r->info.sources >> PKPROF_SRC_BLOCK & 1)
		ret = write_io_settings(r);
	if (!ret)
		ret = pk_fact_u64(w, "record.kernel_depth",
				  r->info.no_kernel_stacks ? 0 : cfg->source.kernel_depth);
	if (!ret)
		ret = pk_fact_u64(w, "record.user_depth", cfg->source.user_depth);
	if (!ret && cfg->scan)
		ret = pk_fact_u64(w, "record.budget_ppm", cfg->source.budget_ppm);
	if (!ret && cfg->pids_text)
		ret = pk_writer_fact(w, "record.pids", cfg->pids_text);
	if (!ret && cfg->cpus_text)
		ret = pk_writer_fact(w, "record.cpus", cfg->cpus_text);
	if (!ret && cfg->only)
		ret = pk_writer_fact(w, "record.scope", "command");
	if (!ret && cfg->command)
		ret = write_command(r);
	return ret ? ret : pk_writer_fact(w, "record.version", PKPROF_VERSION);
}

static void on_nameless_code(void *ctx, uint32_t tgid)
{
	struct pk_recording *r = ctx;

	pk_jit_maps_add(&r->jit_maps, tgid);
}

static int catch_up(void *ctx)
{
	int ret = pk_capture_drain(ctx);

	return ret == -ENODATA ? 0 : ret;
}

static int global_pids(void *ctx, uint32_t *pids, unsigned int nr)
{
	struct pk_recording *r = ctx;

	return pk_recording_engine(r)->global_pids(r->source, pids, nr, r->err);
}

static int scan(struct pk_recording *r)
{
	uint32_t pid = r->command.pid;
	struct pk_synth_config synth = {
		.proc = "/proc",
		.cgroup = pk_host_cgroup_root(),
		.t0_ns = r->info.t0_ns,
		.suspended_ns = pk_host_suspended_ns(),
		.ticks_per_s = sysconf(_SC_CLK_TCK),
		.pids = r->cfg->only ? &pid : r->cfg->source.pids,
		.nr_pids = r->cfg->only ? 1 : r->cfg->source.nr_pids,
		.writer = r->writer,
		.files = r->files,
		.seen = &r->seen,
		.global_pids = r->result->in_pid_namespace ? global_pids : NULL,
		.local_pids = &r->local_pids,
		.nameless_code = on_nameless_code,
		.catch_up = catch_up,
		.ctx = r,
	};
	int ret;

	r->scanning = true;
	ret = pk_synth_run(&synth, &r->result->synth, r->err);
	r->scanning = false;
	pk_seen_deinit(&r->seen);
	r->seen = (struct pk_seen){ 0 };
	r->result->scan_ns = pk_monotonic_ns() - r->start_ns;
	return ret ? pk_recording_failed(r, ret) : 0;
}

/* Everything that has a place before the first record. */
static int write_beginning(struct pk_recording *r)
{
	int ret = write_settings(r);

	if (!ret && r->cfg->scan)
		ret = pk_host_write(r->writer);
	if (!ret && r->result->in_pid_namespace)
		ret = pk_writer_fact(r->writer, "record.pid_namespace", "inner");
	if (!ret && r->dump)
		ret = pk_dump_info(r->dump, &r->info);
	if (!ret)
		ret = pk_recording_engine(r)->ledger_due ?
			      pk_recording_due_readings(r) :
			      pk_recording_read_ledger(r, PK_READING_FIRST);
	if (!ret)
		ret = pk_writer_flush(r->writer);
	if (ret)
		return pk_recording_failed(r, ret);
	if (r->cfg->scan && (!r->result->in_pid_namespace || pk_recording_engine(r)->global_pids))
		ret = scan(r);
	if (!ret)
		ret = pk_fact_u64(r->writer, "record.startup_ns", r->result->startup_ns);
	if (!ret)
		ret = pk_fact_u64(r->writer, "record.scan_ns", r->result->scan_ns);
	return ret ? pk_recording_failed(r, ret) : 0;
}

static int begin(struct pk_recording *r)
{
	int ret;

	r->result->in_pid_namespace = r->cfg->scan && pk_host_in_pid_namespace();
	ret = start_source(r);
	r->result->no_kernel_stacks = r->info.no_kernel_stacks;
	if (!ret)
		ret = create_tables(r);
	if (!ret)
		ret = write_beginning(r);
	/* before COMMAND begins */
	if (!ret)
		make_rows(r);
	if (!ret && r->command.pid)
		ret = pk_command_release(&r->command, r->err);
	return ret;
}

/* --- end ----------------------------------------------------------------- */

/* Names for the addresses; a signal means that the user has no patience for it. */
static int name_functions(struct pk_recording *r)
{
	struct pk_record_result *res = r->result;
	struct pk_finalize job;
	struct pollfd fds[2];
	int ret = pk_finalize_start(&job, r->target.fd, r->end_ns,
				    &(struct pk_finalize_held){ r->files, &r->jit_maps },
				    &(struct pk_finalize_how){ .live = r->cfg->scan,
							       .cache = r->cfg->cache,
							       .lines = r->cfg->lines,
							       .servers = r->cfg->servers },
				    r->err);

	if (ret) {
		memcpy(res->names.why, r->err->msg, sizeof(res->names.why) - 1);
		*r->err = (struct pk_err){ 0 };
		return pk_writer_finish(r->writer, r->end_ns);
	}
	pk_recording_progress(r, PK_RECORD_NAMING);
	fds[0] = (struct pollfd){ .fd = job.result_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = r->signals.fd, .events = POLLIN };
	while (poll(fds, 2, NAMING_TICK_MS) < 0 || !fds[0].revents) {
		tell_progress(r, PK_RECORD_NAMING, job.progress);
		if (fds[1].revents && pk_signals_take(&r->signals))
			pk_finalize_cancel(&job);
	}
	return pk_finalize_wait(&job, r->writer, &res->names);
}

static int close_file(struct pk_recording *r)
{
	const struct pk_translate_stats *stats = &r->translator.stats;
	off_t bytes;
	int ret;

	if (r->cfg->symbols && (stats->nr_samples || stats->nr_waits || stats->nr_bios ||
				stats->nr_ops))
		ret = name_functions(r);
	else
		ret = pk_writer_finish(r->writer, r->end_ns);
	if (ret)
		return pk_recording_failed(r, ret);
	bytes = lseek(r->target.fd, 0, SEEK_END);
	r->result->file_bytes = bytes < 0 ? 0 : bytes;
	ret = pk_target_finish(&r->target, r->err);
	r->result->complete = !ret;
	return ret;
}

/* The user is not to wait for a command to learn that nothing is recorded any more. */
static void tell_waiting(struct pk_recording *r, int code)
{
	if (!code)
		pk_recording_progress(r, PK_RECORD_WAITING);
	else if (r->cfg->failed)
		r->cfg->failed(r->cfg->ctx, r->err);
}

/*
 * The file is written, or with @code the recording failed. What still runs is waited
 * for, for the sake of its exit code and of who waits for us.
 */
static void await_command(struct pk_recording *r, int code)
{
	struct pollfd fds[] = {
		{ .fd = r->command.pidfd, .events = POLLIN },
		{ .fd = r->signals.fd, .events = POLLIN },
	};
	bool asked = r->result->end == PK_RECORD_END_SIGNAL;

	if (!pk_command_poll(&r->command))
		tell_waiting(r, code);
	while (!pk_command_poll(&r->command)) {
		int n = poll(fds, 2, asked ? COMMAND_PATIENCE_MS : -1);

		if (!n)
			return;
		if (fds[1].revents && pk_signals_take(&r->signals)) {
			asked = true;
			pk_command_signal(&r->command, SIGTERM);
		}
	}
}

static void take_down(struct pk_recording *r)
{
	struct pk_record_result *res = r->result;

	res->command_pid = r->command.pid;
	if (r->command.pid && r->command.reaped) {
		res->command_ended = true;
		res->command_exit = pk_command_exit_code(&r->command);
	}
	res->translate = r->translator.stats;
	res->nr_late = r->translator.sorter.nr_late;
	if (r->files)
		res->files = *pk_files_stats(r->files);
	res->jit_maps_given_up = r->jit_maps.nr_given_up;
	pk_jvm_maps_result(&r->jvm_maps, &res->jvm);
	res->unwinder = r->unwinder.stats;
	pk_unwinder_stop(&r->unwinder);
	pk_recent_save(&r->recent, NULL);
	pk_recent_deinit(&r->recent);
	if (r->target.kept)
		res->kept = strdup(r->target.kept);
	pk_command_close(&r->command);
	pk_dump_destroy(r->dump);
	if (r->translator.slots)
		pk_translate_deinit(&r->translator);
	pk_accounts_deinit(&r->ledger.accounts);
	pk_hists_deinit(&r->ledger.hists);
	pk_blocks_deinit(&r->ledger.blocks);
	pk_nets_deinit(&r->ledger.nets);
	pk_file_ops_deinit(&r->ledger.file_ops);
	pk_waited_deinit(&r->ledger.waited);
	pk_files_destroy(r->files);
	pk_jit_maps_deinit(&r->jit_maps);
	pk_jvm_maps_deinit(&r->jvm_maps);
	pk_writer_destroy(r->writer);
	pk_target_close(&r->target);
	pk_seen_deinit(&r->seen);
	pk_map64_deinit(&r->local_pids);
	pk_signals_close(&r->signals);
}

static int record(struct pk_recording *r)
{
	int ret = begin(r);
	bool began = !ret, signalled;

	if (!ret)
		ret = pk_capture_loop(r);
	signalled = !ret && r->result->end == PK_RECORD_END_SIGNAL;
	/* who is asked something at the end must live until then */
	if (signalled && !r->jvm_maps.on)
		pk_command_signal(&r->command, SIGTERM);
	if (!ret)
		ret = pk_capture_finish(r);
	if (signalled && r->jvm_maps.on)
		pk_command_signal(&r->command, SIGTERM);
	if (!ret) {
		r->result->closes = pk_delivery_closes(&r->result->delivery) &&
				    !r->result->bad_ring_bytes;
		ret = close_file(r);
	}
	if (ret)
		pk_capture_abort(r);
	if (!began)
		pk_target_discard(&r->target);
	else if (r->command.pid)
		await_command(r, ret);
	return ret;
}

int pk_record(const struct pk_record_config *cfg, struct pk_record_result *ret, struct pk_err *err)
{
	struct pk_recording r = {
		.cfg = cfg,
		.result = ret,
		.err = err,
		.signals = { .fd = -1 },
		.command = { .pidfd = -1, .go_fd = -1, .error_fd = -1 },
		.target = { .fd = -1, .stream = -1 },
		.unwinder = { .fd = -1 },
	};
	int code;

	*ret = (struct pk_record_result){ 0 };
	code = prepare(&r);
	code = code ? code : record(&r);
	pk_capture_abort(&r);
	take_down(&r);
	return code;
}

void pk_record_result_deinit(struct pk_record_result *r)
{
	pk_delivery_deinit(&r->delivery);
	free(r->kept);
	r->kept = NULL;
}
