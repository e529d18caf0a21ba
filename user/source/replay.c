// SPDX-License-Identifier: GPL-2.0-or-later
/* Engine that replays a dump; see replay.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/dump.h"
#include "source/names.h"
#include "source/replay.h"

#define MAX_CPUS 65536 /* of a dump; more is nonsense */

struct replay_books {
	unsigned int cpu;
	struct pkprof_counters counters;
};

struct replay {
	struct pk_source source;
	FILE *file;
	char *path;
	uint64_t offset; /* of the block in hand */
	struct pk_dump_info info;
	struct pk_dump_block block; /* in hand, payload in buffer; kind 0: end of the dump */
	void *buffer;		    /* PK_DUMP_MAX_BLOCK bytes */
	uint64_t now_ns;	    /* of the round to come */
	PK_VEC(struct replay_books) books;
};

static struct replay *replay_of(struct pk_source *s)
{
	return (struct replay *)s;
}

static int bad(struct replay *r, const char *what, struct pk_err *err)
{
	return pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE,
			   "the dump %s is damaged at byte %llu: %s", r->path,
			   (unsigned long long)r->offset, what);
}

static bool block_plausible(const struct replay *r)
{
	const struct pk_dump_block *b = &r->block;

	switch (b->kind) {
	case PK_DUMP_INFO:
		return b->len == sizeof(struct pk_dump_info);
	case PK_DUMP_ROUND:
		return b->len == sizeof(uint64_t);
	case PK_DUMP_BOOKS:
		return b->len == sizeof(struct pkprof_counters) && b->cpu < r->info.nr_cpus;
	case PK_DUMP_RECORDS:
		return b->len && b->len % 8 == 0 && b->len <= PK_DUMP_MAX_BLOCK &&
		       b->cpu < r->info.nr_cpus;
	case PK_DUMP_LEDGER:
		return b->len && b->len <= PK_LEDGER_MAX_PIECE &&
		       b->cpu >= PKPROF_A_LEDGER_INFO && b->cpu < __PKPROF_A_END &&
		       b->cpu != PKPROF_A_LEDGER_ALIVE;
	}
	return false;
}

static int next_block(struct replay *r, struct pk_err *err)
{
	size_t n, padded;

	r->offset = ftello(r->file);
	n = fread(&r->block, 1, sizeof(r->block), r->file);
	if (!n && feof(r->file)) {
		r->block.kind = 0;
		return 0;
	}
	if (n != sizeof(r->block))
		return bad(r, "it ends inside a block's head", err);
	if (!block_plausible(r))
		return bad(r, "there is no sensible block", err);
	padded = (r->block.len + 7) / 8 * 8;
	if (fread(r->buffer, 1, padded, r->file) != padded)
		return bad(r, "it ends inside a block", err);
	return 0;
}

static int read_start(struct replay *r, struct pk_err *err)
{
	char magic[8];
	int ret;

	if (fread(magic, 1, sizeof(magic), r->file) != sizeof(magic) ||
	    memcmp(magic, PK_DUMP_MAGIC, sizeof(magic)))
		return pk_err_exit(
			err, -EINVAL, PK_EXIT_BAD_FILE,
			"%s is not a dump of ring records; `record --dump-ring` makes one",
			r->path);
	ret = next_block(r, err);
	if (ret)
		return ret;
	if (r->block.kind != PK_DUMP_INFO)
		return bad(r, "the first block does not describe the session", err);
	memcpy(&r->info, r->buffer, sizeof(r->info));
	if (!r->info.nr_cpus || r->info.nr_cpus > MAX_CPUS)
		return bad(r, "the number of CPUs makes no sense", err);
	if (r->info.abi != PKPROF_ABI)
		return pk_err_exit(err, -EPROTO, PK_EXIT_VERSION,
				   "the dump %s holds records of ABI %u, this tool speaks %u",
				   r->path, r->info.abi, PKPROF_ABI);
	r->now_ns = r->info.t0_ns;
	return next_block(r, err);
}

static void replay_close(struct pk_source *s)
{
	struct replay *r = replay_of(s);

	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	pk_vec_deinit(&r->books);
	free(r->buffer);
	free(r->path);
	free(r);
}

static int replay_open(const char *arg, struct pk_source **ret, struct pk_err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	int code;

	if (!r)
		return -ENOMEM;
	r->source.ops = &pk_source_replay;
	r->path = strdup(arg ? arg : "");
	r->buffer = malloc(PK_DUMP_MAX_BLOCK);
	r->file = r->path ? fopen(r->path, "re") : NULL;
	if (!r->file)
		code = pk_err_exit(err, -errno, PK_EXIT_BAD_FILE, "cannot read the dump %s: %s",
				   arg ? arg : "", strerror(errno));
	else
		code = r->buffer ? read_start(r, err) : -ENOMEM;
	if (code) {
		replay_close(&r->source);
		return code;
	}
	*ret = &r->source;
	return 0;
}

/* The clock of the round in hand, if it is one. */
static int take_round(struct replay *r, struct pk_err *err)
{
	if (r->block.kind == PK_DUMP_ROUND)
		memcpy(&r->now_ns, r->buffer, sizeof(r->now_ns));
	return r->now_ns > INT64_MAX ? bad(r, "a time makes no sense", err) : 0;
}

static int replay_start(struct pk_source *s, const struct pk_source_config *cfg,
			struct pk_source_info *ret, struct pk_err *err)
{
	struct replay *r = replay_of(s);

	(void)cfg;
	*ret = (struct pk_source_info){
		.session = r->info.session,
		.t0_ns = r->info.t0_ns,
		.period_ns = r->info.period_ns,
		.sources = r->info.sources,
		.nr_cpus = r->info.nr_cpus,
	};
	return take_round(r, err);
}

static uint64_t replay_now_ns(struct pk_source *s)
{
	return replay_of(s)->now_ns;
}

static int replay_poll_fd(struct pk_source *s)
{
	(void)s;
	return -1;
}

static int hand_out(struct replay *r, pk_record_fn fn, void *ctx, struct pk_err *err)
{
	size_t pos = 0;
	int ret = 0;

	while (!ret && pos < r->block.len) {
		const struct pkprof_rec *rec = (const void *)((char *)r->buffer + pos);

		if (r->block.len - pos < sizeof(*rec) || rec->size < sizeof(*rec) ||
		    rec->size % 8 || rec->size > r->block.len - pos)
			return bad(r, "a record is longer than its block", err);
		pos += rec->size;
		ret = fn(ctx, r->block.cpu, rec);
	}
	return ret;
}

static int keep_books(struct replay *r)
{
	struct pkprof_counters c;
	struct replay_books *b;

	memcpy(&c, r->buffer, sizeof(c));
	if (c.source >= PKPROF_NR_SOURCES)
		return 0;
	PK_VEC_FOREACH(&r->books, it)
		if (it->cpu == r->block.cpu && it->counters.source == c.source) {
			it->counters = c;
			return 0;
		}
	b = pk_vec_push(&r->books);
	if (!b)
		return -ENOMEM;
	*b = (struct replay_books){ .cpu = r->block.cpu, .counters = c };
	return 0;
}

static bool replay_ledger_due(struct pk_source *s)
{
	return replay_of(s)->block.kind == PK_DUMP_LEDGER;
}

/* The blocks of the reading in hand, each to @v; NULL: to nobody. */
static int take_reading(struct replay *r, const struct pk_ledger_visitor *v, void *ctx,
			struct pk_err *err)
{
	struct pk_err fault = { 0 };
	int ret = 0;

	if (r->block.cpu != PKPROF_A_LEDGER_INFO)
		return bad(r, "a reading of the ledger has no beginning", err);
	do {
		if (v)
			ret = pk_ledger_tell(r->block.cpu, r->buffer, r->block.len, v, ctx,
					     &fault);
		if (fault.code)
			return bad(r, fault.msg, err);
		if (!ret)
			ret = next_block(r, err);
	} while (!ret && r->block.kind == PK_DUMP_LEDGER &&
		 r->block.cpu != PKPROF_A_LEDGER_INFO);
	return ret ? ret : take_round(r, err);
}

static int replay_ledger(struct pk_source *s, uint64_t epoch_ns, uint32_t what,
			 const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	struct replay *r = replay_of(s);
	struct pkprof_ledger_info info = { .now_ns = r->now_ns };

	/* the dump has what was asked for when it was made */
	(void)epoch_ns;
	(void)what;
	if (!pk_sources_told(r->info.sources))
		return pk_err_set(err, -EOPNOTSUPP,
				  "the dump %s was made without sources sched, block, tcp, vfs and unix",
				  r->path);
	if (replay_ledger_due(s))
		return take_reading(r, v, ctx, err);
	return pk_ledger_tell(PKPROF_A_LEDGER_INFO, &info, sizeof(info), v, ctx, err);
}

/* A reading that nobody asked for is passed over. */
static int skip_readings(struct replay *r, struct pk_err *err)
{
	int ret = 0;

	while (!ret && r->block.kind == PK_DUMP_LEDGER)
		ret = take_reading(r, NULL, NULL, err);
	return ret;
}

static int replay_drain(struct pk_source *s, pk_record_fn fn, void *ctx, struct pk_err *err)
{
	struct replay *r = replay_of(s);
	bool first = true;
	int ret = skip_readings(r, err);

	if (ret)
		return ret;
	if (!r->block.kind)
		return -ENODATA;
	/* The round in hand, up to the head of the next one or of a reading. */
	for (; !ret && r->block.kind; first = false) {
		if (r->block.kind == PK_DUMP_LEDGER || (r->block.kind == PK_DUMP_ROUND && !first))
			break;
		if (r->block.kind == PK_DUMP_RECORDS)
			ret = hand_out(r, fn, ctx, err);
		else if (r->block.kind == PK_DUMP_BOOKS)
			ret = keep_books(r);
		if (!ret)
			ret = next_block(r, err);
	}
	return ret ? ret : take_round(r, err);
}

static int replay_books(struct pk_source *s,
			int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c),
			void *ctx, struct pk_err *err)
{
	struct replay *r = replay_of(s);

	(void)err;
	PK_VEC_FOREACH(&r->books, it) {
		int ret = fn(ctx, it->cpu, &it->counters);

		if (ret)
			return ret;
	}
	return 0;
}

static int replay_mark(struct pk_source *s, const char *text, struct pk_err *err)
{
	(void)s;
	return pk_err_set(err, -EOPNOTSUPP, "a dump takes no mark '%s'", text);
}

static int replay_stop(struct pk_source *s, struct pk_err *err)
{
	(void)s;
	(void)err;
	return 0;
}

const struct pk_source_ops pk_source_replay = {
	.name = "replay",
	.help = "a dump of ring records, made by record --dump-ring",
	.open = replay_open,
	.start = replay_start,
	.now_ns = replay_now_ns,
	.poll_fd = replay_poll_fd,
	.drain = replay_drain,
	.books = replay_books,
	.ledger = replay_ledger,
	.ledger_due = replay_ledger_due,
	.mark = replay_mark,
	.stop = replay_stop,
	.close = replay_close,
};
