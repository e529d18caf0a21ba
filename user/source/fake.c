// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripted engine for tests; see fake.h. */
#include <stdio.h>
#include <stdlib.h>

#include "source/fake.h"
#include "source/names.h"

struct fake_source {
	struct pk_source source;
	struct pk_fake *script;
};

void pk_fake_init(struct pk_fake *f)
{
	*f = (struct pk_fake){ .info = { .session = 1, .nr_cpus = 1 } };
}

void pk_fake_deinit(struct pk_fake *f)
{
	pk_vec_deinit(&f->bytes);
	pk_vec_deinit(&f->records);
	pk_vec_deinit(&f->rounds);
	pk_vec_deinit(&f->books);
	pk_vec_deinit(&f->piece_bytes);
	pk_vec_deinit(&f->pieces);
	pk_vec_deinit(&f->readings);
}

const char *pk_fake_arg(const struct pk_fake *f, char *text)
{
	snprintf(text, 32, "%p", (const void *)f);
	return text;
}

static struct pkprof_counters *books_of(struct pk_fake *f, unsigned int cpu, unsigned int source)
{
	struct pk_fake_books *b;

	PK_VEC_FOREACH(&f->books, it)
		if (it->cpu == cpu && it->counters.source == source)
			return &it->counters;
	b = pk_vec_push(&f->books);
	if (!b)
		return NULL;
	b->cpu = cpu;
	b->counters.source = source;
	return &b->counters;
}

int pk_fake_add(struct pk_fake *f, unsigned int cpu, const void *rec)
{
	const struct pkprof_rec *head = rec;
	struct pkprof_counters *c = books_of(f, cpu, head->source);
	struct pk_fake_record *r = pk_vec_push(&f->records);

	if (!c || !r || pk_vec_reserve(&f->bytes, f->bytes.nr + head->size))
		return -ENOMEM;
	*r = (struct pk_fake_record){ .cpu = cpu, .offset = f->bytes.nr };
	memcpy(f->bytes.data + f->bytes.nr, rec, head->size);
	f->bytes.nr += head->size;
	c->generated++;
	return 0;
}

int pk_fake_lose(struct pk_fake *f, unsigned int cpu, enum pkprof_source source,
		 enum pkprof_loss why, uint64_t nr)
{
	struct pkprof_counters *c = books_of(f, cpu, source);

	if (!c)
		return -ENOMEM;
	c->generated += nr;
	c->lost[why] += nr;
	return 0;
}

int pk_fake_end_round(struct pk_fake *f, uint64_t now_ns)
{
	struct pk_fake_round round = { .now_ns = now_ns, .end = f->records.nr };

	return pk_vec_add(&f->rounds, round);
}

int pk_fake_add_piece(struct pk_fake *f, unsigned int kind, const void *piece, size_t bytes)
{
	struct pk_fake_piece *p = pk_vec_push(&f->pieces);
	size_t padded;

	if (!bytes)
		bytes = pk_ledger_piece_bytes(kind, piece);
	padded = (bytes + 7) / 8 * 8;
	if (!p || pk_vec_reserve(&f->piece_bytes, f->piece_bytes.nr + padded))
		return -ENOMEM;
	*p = (struct pk_fake_piece){ .kind = kind, .offset = f->piece_bytes.nr, .bytes = bytes };
	memcpy(f->piece_bytes.data + f->piece_bytes.nr, piece, bytes);
	f->piece_bytes.nr += padded;
	return 0;
}

int pk_fake_end_reading(struct pk_fake *f)
{
	struct pk_fake_reading reading = { .round = f->rounds.nr, .end = f->pieces.nr };

	return pk_vec_add(&f->readings, reading);
}

static int fake_open(const char *arg, struct pk_source **ret, struct pk_err *err)
{
	struct pk_fake *script = NULL;
	struct fake_source *s;
	void *address;

	if (arg && sscanf(arg, "%p", &address) == 1)
		script = address;
	if (!script)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "the engine 'fake' needs a script; it is there for tests only");
	if (script->fail_open)
		return pk_err_set(err, script->fail_open, "the script fails to open");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->source.ops = &pk_source_fake;
	s->script = script;
	script->nr_opened++;
	*ret = &s->source;
	return 0;
}

static struct pk_fake *script_of(struct pk_source *s)
{
	return ((struct fake_source *)s)->script;
}

static int fake_start(struct pk_source *s, const struct pk_source_config *cfg,
		      struct pk_source_info *ret, struct pk_err *err)
{
	struct pk_fake *f = script_of(s);

	if (f->fail_start)
		return pk_err_set(err, f->fail_start, "the script fails to start");
	f->config = *cfg;
	f->nr_started++;
	*ret = f->info;
	ret->sources = cfg->sources;
	ret->period_ns = cfg->period_ns;
	return 0;
}

static uint64_t fake_now_ns(struct pk_source *s)
{
	struct pk_fake *f = script_of(s);

	if (f->round < f->rounds.nr)
		return f->rounds.data[f->round].now_ns;
	return f->rounds.nr ? f->rounds.data[f->rounds.nr - 1].now_ns : 0;
}

static int fake_poll_fd(struct pk_source *s)
{
	(void)s;
	return -1;
}

static int fake_drain(struct pk_source *s, pk_record_fn fn, void *ctx, struct pk_err *err)
{
	struct pk_fake *f = script_of(s);
	int ret;

	f->nr_drains++;
	if (f->fail_drain && f->round == f->fail_drain_at)
		return pk_err_set(err, f->fail_drain, "the script fails to drain");
	if (f->round == f->rounds.nr)
		return -ENODATA;
	ret = f->on_round ? f->on_round(f, f->round) : 0;
	for (; !ret && f->next < f->rounds.data[f->round].end; f->next++) {
		const struct pk_fake_record *r = &f->records.data[f->next];

		ret = fn(ctx, r->cpu, (const void *)(f->bytes.data + r->offset));
	}
	f->round++;
	return ret;
}

static int fake_books(struct pk_source *s,
		      int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c),
		      void *ctx, struct pk_err *err)
{
	struct pk_fake *f = script_of(s);

	(void)err;
	PK_VEC_FOREACH(&f->books, it) {
		int ret = fn(ctx, it->cpu, &it->counters);

		if (ret)
			return ret;
	}
	return 0;
}

static bool fake_ledger_due(struct pk_source *s)
{
	struct pk_fake *f = script_of(s);

	return f->reading < f->readings.nr && f->readings.data[f->reading].round <= f->round;
}

static int hand_out_reading(struct pk_fake *f, const struct pk_ledger_visitor *v, void *ctx,
			    struct pk_err *err)
{
	size_t i = f->reading ? f->readings.data[f->reading - 1].end : 0;
	size_t end = f->readings.data[f->reading++].end;
	int ret = 0;

	for (; !ret && i < end; i++) {
		const struct pk_fake_piece *p = &f->pieces.data[i];

		ret = pk_ledger_tell(p->kind, f->piece_bytes.data + p->offset, p->bytes, v, ctx,
				     err);
	}
	return ret;
}

static int fake_ledger(struct pk_source *s, uint64_t epoch_ns, uint32_t what,
		       const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	struct pk_fake *f = script_of(s);
	struct pkprof_ledger_info info = { .now_ns = fake_now_ns(s) };

	if (!pk_sources_told(f->config.sources))
		return pk_err_set(err, -EOPNOTSUPP, "the script runs without sources sched, block, tcp, vfs and unix");
	f->nr_ledger++;
	f->ledger_epoch_ns = epoch_ns;
	f->ledger_what = what;
	if (f->fail_ledger)
		return pk_err_set(err, f->fail_ledger, "the script fails to read the ledger");
	if (fake_ledger_due(s))
		return hand_out_reading(f, v, ctx, err);
	return pk_ledger_tell(PKPROF_A_LEDGER_INFO, &info, sizeof(info), v, ctx, err);
}

static int fake_mark(struct pk_source *s, const char *text, struct pk_err *err)
{
	(void)s;
	return pk_err_set(err, -EOPNOTSUPP, "a script takes no mark '%s'", text);
}

static int fake_stop(struct pk_source *s, struct pk_err *err)
{
	struct pk_fake *f = script_of(s);

	f->nr_stopped++;
	if (f->fail_stop)
		return pk_err_set(err, f->fail_stop, "the script fails to stop");
	return 0;
}

static void fake_close(struct pk_source *s)
{
	if (!s)
		return;
	script_of(s)->nr_closed++;
	free(s);
}

const struct pk_source_ops pk_source_fake = {
	.name = "fake",
	.help = "records scripted in memory, for tests",
	.open = fake_open,
	.start = fake_start,
	.now_ns = fake_now_ns,
	.poll_fd = fake_poll_fd,
	.drain = fake_drain,
	.books = fake_books,
	.ledger = fake_ledger,
	.ledger_due = fake_ledger_due,
	.mark = fake_mark,
	.stop = fake_stop,
	.close = fake_close,
};
