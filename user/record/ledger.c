// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the ledger while recording; see ledger.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "record/facts.h"
#include "record/ledger.h"
#include "record/recording.h"
#include "source/names.h"

#define TICKS_PER_HISTS 8
#define MIN_GAP_NS 20000000ULL /* between two readings for marks */

#define WHAT_ALWAYS (PKPROF_LEDGER_CPUS | PKPROF_LEDGER_THREADS | PKPROF_LEDGER_BLOCK | \
		     PKPROF_LEDGER_NET | PKPROF_LEDGER_VFS | PKPROF_LEDGER_WAIT_ON)

static int dump_piece(struct pk_recording *r, unsigned int kind, const void *piece)
{
	return r->dump ? pk_dump_ledger(r->dump, kind, piece) : 0;
}

static int on_info(void *ctx, const struct pkprof_ledger_info *i)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_LEDGER_INFO, i);

	r->ledger.info = *i;
	r->ledger.nr_told = 0;
	pk_reading_times_begin(&r->ledger.times, i->now_ns);
	/* with sources block, tcp, vfs or unix alone there are no accounts */
	if (!(r->info.sources >> PKPROF_SRC_SCHED & 1))
		return ret;
	if (!ret)
		ret = pk_accounts_begin(&r->ledger.accounts, i);
	return ret ? ret : pk_hists_begin(&r->ledger.hists, i, r->ledger.final);
}

static int on_cpu(void *ctx, const struct pkprof_ledger_cpu *c)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_LEDGER_CPU, c);

	return ret ? ret : pk_accounts_cpu(&r->ledger.accounts, c);
}

static int on_thread(void *ctx, const struct pkprof_ledger_thread *t)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_LEDGER_THREAD, t);

	r->ledger.nr_told++;
	return ret ? ret : pk_accounts_thread(&r->ledger.accounts, t);
}

static int on_hist(void *ctx, const struct pkprof_hist *h)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_LEDGER_HIST, h);

	return ret ? ret : pk_hists_take(&r->ledger.hists, h);
}

static int on_block_device(void *ctx, const struct pkprof_block_device *d)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_BLOCK_DEVICE, d);

	return ret ? ret : pk_blocks_device(&r->ledger.blocks, d);
}

static int on_block_ops(void *ctx, const struct pkprof_block_ops *o)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_BLOCK_OPS, o);

	return ret ? ret : pk_blocks_ops(&r->ledger.blocks, o);
}

static int on_net_conns(void *ctx, const struct pkprof_net_conns *c)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_NET_CONNS, c);

	return ret ? ret : pk_nets_conns(&r->ledger.nets, c);
}

static int on_vfs_fs(void *ctx, const struct pkprof_vfs_fs *f)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_VFS_FS, f);

	return ret ? ret : pk_file_ops_fs(&r->ledger.file_ops, f);
}

static int on_vfs_ops(void *ctx, const struct pkprof_vfs_ops *o)
{
	struct pk_recording *r = ctx;
	int ret = dump_piece(r, PKPROF_A_VFS_OPS, o);

	return ret ? ret : pk_file_ops_ops(&r->ledger.file_ops, o);
}

static int on_wait_on(void *ctx, const struct pkprof_wait_on *w)
{
	struct pk_recording *r = ctx;
	const char *device = w->kind == PKPROF_ON_DEVICE ?
				     pk_blocks_device_name(&r->ledger.blocks, w->device) : NULL;
	int ret = dump_piece(r, PKPROF_A_WAIT_ON, w);

	return ret ? ret : pk_waited_take(&r->ledger.waited, w, device);
}

static const struct pk_ledger_visitor visitor = {
	.info = on_info,
	.cpu = on_cpu,
	.thread = on_thread,
	.hist = on_hist,
	.block_device = on_block_device,
	.block_ops = on_block_ops,
	.net_conns = on_net_conns,
	.vfs_fs = on_vfs_fs,
	.vfs_ops = on_vfs_ops,
	.wait_on = on_wait_on,
};

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* What to ask for, and since when. */
static uint32_t choose(struct pk_ledger_reader *l, enum pk_reading when, uint64_t *epoch_ret)
{
	uint32_t what = WHAT_ALWAYS;

	*epoch_ret = l->epoch_ns;
	if (when == PK_READING_TICK && ++l->nr_ticks % TICKS_PER_HISTS)
		return what;
	what |= PKPROF_LEDGER_HISTS;
	*epoch_ret = earlier(*epoch_ret, l->hist_epoch_ns);
	if (when == PK_READING_TICK)
		return what;
	what |= PKPROF_LEDGER_COARSE;
	*epoch_ret = when == PK_READING_LAST ? 0 : earlier(*epoch_ret, l->coarse_epoch_ns);
	return what;
}

static void note_time(struct pk_ledger_result *res, uint64_t ns)
{
	res->reading_ns += ns;
	if (ns > res->longest_ns)
		res->longest_ns = ns;
}

/* Ticks to leave out, as many threads are told each time. */
static unsigned int skip_after(uint64_t nr_told)
{
	uint64_t skip = nr_told * 1000000000 / PK_RECORD_TICK_NS / PK_LEDGER_PIECES_PER_S;

	return skip < PK_LEDGER_MAX_SKIP ? skip : PK_LEDGER_MAX_SKIP;
}

/* The reading is over: what the next one starts from. */
static void note_end(struct pk_recording *r, uint32_t what, bool complete)
{
	struct pk_ledger_reader *l = &r->ledger;

	pk_accounts_end(&l->accounts, complete);
	pk_hists_end(&l->hists, complete);
	pk_reading_times_end(&l->times, complete);
	if (!complete)
		return;
	r->result->ledger.works = true;
	r->result->ledger.info = l->info;
	/* the first one tells of all, which says nothing about the next */
	l->skip = l->epoch_ns ? skip_after(l->nr_told) : 0;
	l->epoch_ns = l->info.now_ns;
	if (what & PKPROF_LEDGER_HISTS)
		l->hist_epoch_ns = l->info.now_ns;
	if (what & PKPROF_LEDGER_COARSE)
		l->coarse_epoch_ns = l->info.now_ns;
}

/*
 * Failures of the output and broken dumps end the recording. A ledger that cannot be
 * read does not: the samples are worth having, and sums come with the next reading.
 */
static int judge(struct pk_recording *r, int code, enum pk_reading when)
{
	struct pk_ledger_result *res = &r->result->ledger;
	const struct pk_err *written = pk_writer_error(r->writer);

	if (!code)
		return 0;
	/* whatever the engine made of it */
	if (written->code)
		*r->err = *written;
	if (written->code || code == -ENOMEM || r->err->exit_code == PK_EXIT_BAD_FILE ||
	    (r->dump && r->err->exit_code == PK_EXIT_OUTPUT))
		return pk_recording_failed(r, code);
	if (code != -EOPNOTSUPP || when != PK_READING_FIRST) {
		res->nr_failed++;
		snprintf(res->why, sizeof(res->why), "%.255s",
			 r->err->msg[0] ? r->err->msg : strerror(-code));
	}
	*r->err = (struct pk_err){ 0 };
	return 0;
}

int pk_recording_read_ledger(struct pk_recording *r, enum pk_reading when)
{
	const struct pk_source_ops *engine = pk_recording_engine(r);
	struct pk_ledger_reader *l = &r->ledger;
	uint64_t epoch_ns, began_ns = pk_monotonic_ns();
	uint32_t what;
	int ret;

	if (!engine->ledger || !pk_sources_told(r->info.sources))
		return 0;
	if (when == PK_READING_TICK && l->skip) {
		l->skip--;
		return 0;
	}
	what = choose(l, when, &epoch_ns);
	l->final = when == PK_READING_LAST;
	l->cut_mark_ns = l->accounts.mark_ns;
	ret = engine->ledger(r->source, epoch_ns, what, &visitor, r, r->err);
	note_end(r, what, !ret);
	l->read_at_ns = pk_monotonic_ns();
	note_time(&r->result->ledger, l->read_at_ns - began_ns);
	return judge(r, ret, when);
}

int pk_recording_due_readings(struct pk_recording *r)
{
	const struct pk_source_ops *engine = pk_recording_engine(r);
	int ret = 0;

	while (!ret && engine->ledger_due && engine->ledger_due(r->source)) {
		uint64_t nr_failed = r->result->ledger.nr_failed;

		ret = pk_recording_read_ledger(r, PK_READING_DUE);
		if (r->result->ledger.nr_failed != nr_failed ||
		    !pk_sources_told(r->info.sources))
			break;
	}
	return ret;
}

int pk_recording_cut_at_mark(struct pk_recording *r)
{
	struct pk_ledger_reader *l = &r->ledger;

	if (pk_recording_engine(r)->ledger_due || l->accounts.mark_ns <= l->cut_mark_ns ||
	    pk_monotonic_ns() - l->read_at_ns < MIN_GAP_NS)
		return 0;
	return pk_recording_read_ledger(r, PK_READING_MARK);
}

static int write_facts(struct pk_recording *r)
{
	const struct pkprof_ledger_info *i = &r->result->ledger.info;
	const struct {
		const char *key;
		uint64_t value;
	} facts[] = {
		{ "ledger.from_ns", i->from_ns },
		{ "ledger.to_ns", i->now_ns },
		{ "ledger.memory_bytes", i->memory_bytes },
		{ "ledger.memory_cap_bytes", i->memory_cap_bytes },
		{ "ledger.nr_overflow", i->nr_overflow },
		{ "ledger.overflow_cpu_ns", i->overflow_cpu_ns },
		{ "ledger.nr_overflow_hist", i->nr_overflow_hist },
		{ "ledger.nr_aggregated", i->nr_aggregated },
		{ "record.ledger_readings", r->ledger.accounts.stats.nr_readings },
		{ "record.ledger_failed_readings", r->result->ledger.nr_failed },
		{ "record.ledger_mended", r->ledger.accounts.stats.nr_mended },
		{ "record.ledger_untold", r->ledger.accounts.stats.nr_untold },
		{ "record.hists_untold", r->ledger.hists.stats.nr_untold },
	};
	int ret = 0;

	for (size_t n = 0; !ret && n < sizeof(facts) / sizeof(facts[0]); n++)
		ret = pk_fact_u64(r->writer, facts[n].key, facts[n].value);
	return ret;
}

int pk_recording_finish_ledger(struct pk_recording *r)
{
	struct pk_ledger_result *res = &r->result->ledger;
	int ret = pk_accounts_finish(&r->ledger.accounts);

	res->accounts = r->ledger.accounts.stats;
	res->hists = r->ledger.hists.stats;
	res->blocks = r->ledger.blocks.stats;
	if (!ret && res->works && r->info.sources >> PKPROF_SRC_SCHED & 1)
		ret = write_facts(r);
	return ret;
}
