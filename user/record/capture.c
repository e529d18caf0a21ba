// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop of a recording: wait, drain, write what is in order, flush, keep
 * the books; and its orderly end. See recording.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "record/facts.h"
#include "record/host.h"
#include "record/recording.h"

#define MAX_LAST_DRAINS 8 /* after the stop one is enough, unless the engine errs */
#define STOP_POLL_MS 2

static int on_record(void *ctx, unsigned int cpu, const struct pkprof_rec *rec)
{
	struct pk_recording *r = ctx;
	int ret = 0;

	r->nr_taken++;
	if (rec->type == PKPROF_REC_PAD)
		return 0;
	pk_delivery_count(&r->result->delivery, cpu, rec->source);
	if (r->dump)
		ret = pk_dump_record(r->dump, cpu, rec);
	if (!ret && r->scanning)
		ret = pk_seen_note(&r->seen, rec);
	/* its rows are wanted now, not when all that came before is in order; if at all */
	if (r->unwinder.fd >= 0 && rec->type == PKPROF_REC_FILE &&
	    rec->size >= sizeof(struct pkprof_rec_file))
		pk_files_show(r->files, (const void *)rec);
	/* likewise: the process may be gone soon */
	pk_jit_maps_record(&r->jit_maps, rec);
	return ret ? ret : pk_translate_record(&r->translator, cpu, rec);
}

int pk_capture_drain(struct pk_recording *r)
{
	const struct pk_source_ops *engine = pk_recording_engine(r);
	uint64_t before_ns = engine->now_ns(r->source);
	int ret;

	r->nr_taken = 0;
	if (r->dump && pk_dump_round(r->dump, before_ns))
		return r->err->code;
	ret = engine->drain(r->source, on_record, r, r->err);
	if (ret && ret != -ENODATA)
		return pk_recording_failed(r, ret);
	pk_unwinder_work(&r->unwinder);
	if (!r->scanning && before_ns > PK_SORTER_SLACK_NS &&
	    pk_translate_release(&r->translator, before_ns - PK_SORTER_SLACK_NS))
		return pk_recording_failed(r, -EIO);
	return pk_recording_due_readings(r) ? r->err->code : ret;
}

static int read_books(struct pk_recording *r)
{
	return pk_recording_engine(r)->books(r->source, pk_delivery_book, &r->result->delivery,
					     r->err);
}

static int read_ledger_at_tick(struct pk_recording *r)
{
	bool marked = r->ledger.accounts.mark_ns > r->ledger.cut_mark_ns;

	return pk_recording_read_ledger(r, marked ? PK_READING_MARK : PK_READING_TICK);
}

/* What was drained is in the file after this. */
static int tick(struct pk_recording *r)
{
	uint64_t now_ns = pk_recording_engine(r)->now_ns(r->source);
	int drained = pk_capture_drain(r), ret;

	if (drained && drained != -ENODATA)
		return drained;
	pk_jvm_maps_tick(&r->jvm_maps, &r->jit_maps, pk_monotonic_ns());
	pk_jit_maps_look(&r->jit_maps, false);
	ret = pk_recording_engine(r)->ledger_due ? 0 : read_ledger_at_tick(r);
	if (!ret)
		ret = read_books(r);
	if (ret)
		return ret;
	ret = pk_delivery_write(&r->result->delivery, r->writer, now_ns, false);
	if (!ret)
		ret = pk_writer_flush(r->writer);
	if (ret)
		return pk_recording_failed(r, ret);
	/*
	 * Have the kernel start to write now, not in half a minute, for the case of
	 * a power cut. Waiting for it (fdatasync) would stall the draining and force
	 * journal commits on the file system that is being measured. No matter if
	 * it is a pipe.
	 */
	sync_file_range(r->target.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	pk_recording_progress(r, PK_RECORD_RUNNING);
	r->next_tick_ns = pk_monotonic_ns() + PK_RECORD_TICK_NS;
	return drained;
}

static int ms_until(uint64_t when_ns, uint64_t now_ns)
{
	return when_ns > now_ns ? (when_ns - now_ns + 999999) / 1000000 : 0;
}

/* Sleep until something is to be done; is it a reason to end? */
static bool wait_or_end(struct pk_recording *r, bool *ready_ret, enum pk_record_end *end_ret)
{
	int source_fd = pk_recording_engine(r)->poll_fd(r->source);
	struct pollfd fds[] = {
		{ .fd = r->signals.fd, .events = POLLIN },
		{ .fd = r->command.pid ? r->command.pidfd : -1, .events = POLLIN },
		{ .fd = source_fd, .events = POLLIN },
		{ .fd = r->unwinder.fd, .events = pk_unwinder_events(&r->unwinder) },
	};
	uint64_t now_ns = pk_monotonic_ns();
	int timeout = ms_until(r->next_tick_ns, now_ns);

	if (r->deadline_ns && ms_until(r->deadline_ns, now_ns) < timeout)
		timeout = ms_until(r->deadline_ns, now_ns);
	poll(fds, 4, source_fd < 0 ? 0 : timeout);
	if (fds[3].revents)
		pk_unwinder_work(&r->unwinder);
	*ready_ret = source_fd < 0 || fds[2].revents & POLLIN;
	if (fds[0].revents && pk_signals_take(&r->signals))
		*end_ret = PK_RECORD_END_SIGNAL;
	else if (fds[1].revents && pk_command_poll(&r->command))
		*end_ret = PK_RECORD_END_COMMAND;
	else if (r->deadline_ns && pk_monotonic_ns() >= r->deadline_ns)
		*end_ret = PK_RECORD_END_DURATION;
	else if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
		*end_ret = PK_RECORD_END_SOURCE;
	else
		return false;
	return true;
}

static int drain_and_cut(struct pk_recording *r)
{
	int drained = pk_capture_drain(r), ret = 0;

	if (!drained)
		ret = pk_recording_cut_at_mark(r);
	return ret ? ret : drained;
}

int pk_capture_loop(struct pk_recording *r)
{
	bool ready;
	int ret = 0;

	while (!wait_or_end(r, &ready, &r->result->end)) {
		if (pk_monotonic_ns() >= r->next_tick_ns)
			ret = tick(r);
		else if (ready)
			ret = drain_and_cut(r);
		if (ret == -ENODATA) {
			r->result->end = PK_RECORD_END_SOURCE;
			return 0;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int take_rest(struct pk_recording *r)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < MAX_LAST_DRAINS; i++) {
		ret = pk_capture_drain(r);
		if (!r->nr_taken)
			break;
	}
	return ret == -ENODATA ? 0 : ret;
}

static int dump_books(struct pk_recording *r)
{
	const struct pk_delivery *d = &r->result->delivery;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < d->nr_cpus * PKPROF_NR_SOURCES; i++)
		if (d->rows[i].known)
			ret = pk_dump_books(r->dump, i / PKPROF_NR_SOURCES, &d->rows[i].kernel);
	return ret ? ret : pk_dump_flush(r->dump);
}

static int write_unwinder_facts(struct pk_recording *r)
{
	const struct pk_unwinder_stats *s = &r->unwinder.stats;
	int ret = pk_fact_u64(r->writer, "record.unwind_tables", s->nr_tables);

	if (!ret)
		ret = pk_fact_u64(r->writer, "record.unwind_bytes", s->table_bytes);
	if (!ret)
		ret = pk_fact_u64(r->writer, "record.unwind_without", s->nr_without);
	return ret ? ret : pk_fact_u64(r->writer, "record.unwind_refused", s->nr_refused);
}

/* What the recorder has to say about its own work. */
static int write_end_facts(struct pk_recording *r)
{
	const struct pk_record_result *res = r->result;
	const struct pk_translate_stats *t = &r->translator.stats;
	struct pk_writer *w = r->writer;
	int ret = pk_fact_u64(w, "record.late_items", r->translator.sorter.nr_late);

	if (!ret)
		ret = pk_fact_u64(w, "record.undefined_stacks", t->nr_undefined);
	if (!ret)
		ret = pk_fact_u64(w, "record.malformed_records", t->nr_malformed);
	if (!ret)
		ret = pk_fact_u64(w, "record.unknown_records", t->nr_unknown);
	if (!ret)
		ret = pk_fact_u64(w, "record.foreign_records", res->delivery.nr_foreign);
	if (!ret)
		ret = pk_fact_u64(w, "record.bad_ring_bytes", res->bad_ring_bytes);
	if (!ret)
		ret = pk_fact_u64(w, "record.nameless_files",
				  pk_files_stats(r->files)->nr_nameless);
	if (!ret)
		ret = pk_fact_u64(w, "record.jit_maps", pk_jit_maps_held(&r->jit_maps));
	if (!ret)
		ret = pk_fact_u64(w, "record.jit_maps_given_up", r->jit_maps.nr_given_up);
	if (!ret)
		ret = write_unwinder_facts(r);
	if (!ret && r->cfg->scan)
		ret = pk_fact_u64(w, "record.cpu_ns", res->cpu_ns);
	return ret ? ret : pk_fact_u64(w, "record.peak_rss_bytes", res->peak_rss_bytes);
}

static int write_rest(struct pk_recording *r)
{
	int ret = pk_translate_release(&r->translator, UINT64_MAX);

	pk_jvm_maps_finish(&r->jvm_maps, &r->jit_maps, r->signals.fd);
	pk_jit_maps_look(&r->jit_maps, true);
	if (!ret)
		ret = pk_recording_finish_ledger(r);
	/*
	 * What is still sampled while the sources are detached, which takes seconds on a
	 * loaded machine, moves the end. What else comes, the exit of a task say, does not:
	 * most of that time was looked at by nobody.
	 */
	if (r->translator.last_sample_ns > r->end_ns)
		r->end_ns = r->translator.last_sample_ns;
	r->result->elapsed_ns = r->end_ns - r->info.t0_ns;
	if (!ret)
		ret = pk_delivery_write(&r->result->delivery, r->writer, r->end_ns, true);
	if (!ret)
		ret = write_end_facts(r);
	if (!ret)
		ret = pk_writer_flush(r->writer);
	return ret ? pk_recording_failed(r, ret) : 0;
}

static void close_source(struct pk_recording *r)
{
	const struct pk_source_ops *engine;

	if (!r->source)
		return;
	/* it has the device open, too */
	pk_unwinder_stop(&r->unwinder);
	engine = pk_recording_engine(r);
	if (engine->bad_bytes)
		r->result->bad_ring_bytes = engine->bad_bytes(r->source);
	engine->close(r->source);
	r->source = NULL;
	r->started = false;
}

/* The ledger can only be read before the stop. Marks first: the reading cuts there. */
static int read_last_ledger(struct pk_recording *r)
{
	int ret;

	if (pk_recording_engine(r)->ledger_due || !r->result->ledger.works)
		return 0;
	ret = pk_capture_drain(r);
	return ret && ret != -ENODATA ? ret : pk_recording_read_ledger(r, PK_READING_LAST);
}

/* --- the stop, which tells of all who wait: maybe of more than fits into the rings --- */

struct stopping {
	const struct pk_source_ops *engine;
	struct pk_source *source;
	struct pk_err err;
	int ret;
	atomic_bool done;
};

static void *stop_thread(void *arg)
{
	struct stopping *st = arg;

	st->ret = st->engine->stop(st->source, &st->err);
	atomic_store(&st->done, true);
	return NULL;
}

/* Return: of draining. */
static int drain_until(struct pk_recording *r, atomic_bool *done)
{
	struct pollfd fd = { .fd = pk_recording_engine(r)->poll_fd(r->source), .events = POLLIN };
	int ret = 0;

	while (!ret && !atomic_load(done)) {
		poll(&fd, 1, STOP_POLL_MS);
		ret = pk_capture_drain(r);
	}
	return ret == -ENODATA ? 0 : ret;
}

/* An engine without a descriptor has no rings that could be full. */
static int stop_and_drain(struct pk_recording *r)
{
	struct stopping st = { .engine = pk_recording_engine(r), .source = r->source };
	pthread_t thread;
	int ret;

	if (st.engine->poll_fd(r->source) < 0 || pthread_create(&thread, NULL, stop_thread, &st))
		return st.engine->stop(r->source, r->err);
	ret = drain_until(r, &st.done);
	pthread_join(thread, NULL);
	/* what failed first is the cause */
	if (!st.ret || ret)
		return ret;
	*r->err = st.err;
	return st.ret;
}

int pk_capture_finish(struct pk_recording *r)
{
	const struct pk_source_ops *engine = pk_recording_engine(r);
	int ret = read_last_ledger(r);

	if (ret)
		return ret;
	r->end_ns = engine->now_ns(r->source);
	ret = stop_and_drain(r);
	if (!ret)
		ret = take_rest(r);
	if (!ret)
		ret = read_books(r);
	r->result->peak_rss_bytes = pk_host_peak_rss();
	r->result->cpu_ns = pk_host_cpu_ns() - r->result->startup_cpu_ns;
	close_source(r);
	if (!ret)
		ret = write_rest(r);
	if (!ret && r->dump && dump_books(r))
		ret = r->err->code;
	return ret;
}

void pk_capture_abort(struct pk_recording *r)
{
	struct pk_err ignored;

	if (r->source && r->started)
		pk_recording_engine(r)->stop(r->source, &ignored);
	close_source(r);
}
