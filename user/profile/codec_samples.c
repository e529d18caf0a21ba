// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunk SAMPLES: the bulk of a profile, so each field is a column, and the
 * columns hold positions in dictionaries of what comes in this chunk:
 *
 *	varint period_ns, varint time_ns of the first sample
 *	dictionaries of CPUs, threads, kernel stacks, user stacks, flags
 *	columns cpu, thread, kstack, ustack, flags, periods, remainder
 *
 * Times are foretold per CPU: the one before, plus whole periods (column
 * "periods"), plus a small remainder.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/map64.h"
#include "profile/codec.h"

#define SAMPLES_PER_CHUNK 8192

enum column {
	COL_CPU,
	COL_THREAD,	/* tid and tgid */
	COL_KSTACK,
	COL_USTACK,
	COL_FLAGS,
	NR_COLS
};

struct dict {
	struct pk_map64 where;	/* value: its position */
	PK_VEC(uint64_t) values;
	uint16_t pos[SAMPLES_PER_CHUNK];
};

struct pk_sample_encoder {
	struct pk_sample_row row[SAMPLES_PER_CHUNK];
	struct dict dict[NR_COLS];
	uint64_t last_ns[SAMPLES_PER_CHUNK];	/* by position of the CPU */
};

int pk_sample_encoder_create(struct pk_sample_encoder **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void pk_sample_encoder_destroy(struct pk_sample_encoder *s)
{
	for (int c = 0; s && c < NR_COLS; c++) {
		pk_map64_deinit(&s->dict[c].where);
		pk_vec_deinit(&s->dict[c].values);
	}
	free(s);
}

int pk_writer_sample(struct pk_writer *w, const struct pk_sample_row *s)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_SAMPLES];
	uint64_t nr_nodes = pk_writer_count(w, PK_CHUNK_NODES);

	if (s->time_ns > PK_TIME_MAX_NS)
		return pk_writer_refuse(w, "sample at %llu ns", (unsigned long long)s->time_ns);
	if (s->kstack > nr_nodes || s->ustack > nr_nodes)
		return pk_writer_refuse(w, "sample with an unknown stack");
	if (w->err.code)
		return w->err.code;
	w->samples->row[p->nr++] = *s;
	return p->nr < SAMPLES_PER_CHUNK ? 0 : pk_writer_emit(w, PK_CHUNK_SAMPLES);
}

static uint64_t column_of(const struct pk_sample_row *s, enum column col)
{
	switch (col) {
	case COL_CPU:
		return s->cpu;
	case COL_THREAD:
		return (uint64_t)s->tid << 32 | s->tgid;
	case COL_KSTACK:
		return s->kstack;
	case COL_USTACK:
		return s->ustack;
	default:
		return s->flags;
	}
}

static int fill_dict(struct pk_sample_encoder *e, enum column col, uint32_t nr)
{
	struct dict *d = &e->dict[col];

	pk_map64_clear(&d->where);
	d->values.nr = 0;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t value = column_of(&e->row[i], col);
		uint32_t *pos;

		if (i && value == d->values.data[d->pos[i - 1]]) {
			d->pos[i] = d->pos[i - 1];
			continue;
		}
		pos = pk_map64_at(&d->where, value);
		if (!pos)
			return -ENOMEM;
		if (*pos == PK_MAP64_NONE) {
			*pos = d->values.nr;
			if (pk_vec_add(&d->values, value))
				return -ENOMEM;
		}
		d->pos[i] = *pos;
	}
	return 0;
}

static void put_dict(const struct dict *d, enum column col, struct pk_strbuf *out)
{
	uint64_t last = 0;

	pk_strbuf_varint(out, d->values.nr);
	PK_VEC_FOREACH(&d->values, v) {
		if (col == COL_THREAD) {
			int64_t tid = *v >> 32, tgid = *v & UINT32_MAX;

			pk_strbuf_svarint(out, tid - (int64_t)last);
			pk_strbuf_svarint(out, tgid - tid);
			last = tid;
		} else {
			pk_strbuf_svarint(out, *v - last);
			last = *v;
		}
	}
}

static void put_times(struct pk_sample_encoder *e, uint32_t nr, uint64_t period_ns,
		      struct pk_strbuf *out)
{
	const uint16_t *cpu = e->dict[COL_CPU].pos;

	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t c = 0; c < e->dict[COL_CPU].values.nr; c++)
			e->last_ns[c] = e->row[0].time_ns;
		for (uint32_t i = 0; i < nr; i++) {
			int64_t delta = e->row[i].time_ns - e->last_ns[cpu[i]], periods = 0;

			/* rounding up must not get beyond the last possible time */
			if (period_ns && delta > 0 && delta < INT64_MAX / 2)
				periods = (delta + period_ns / 2) / period_ns;
			if (pass)
				pk_strbuf_svarint(out, delta - periods * (int64_t)period_ns);
			else
				pk_strbuf_varint(out, periods);
			e->last_ns[cpu[i]] = e->row[i].time_ns;
		}
	}
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	struct pk_sample_encoder *e = w->samples;
	uint32_t nr = w->pending[PK_CHUNK_SAMPLES].nr;
	uint64_t period_ns = w->period_ns > PK_TIME_MAX_NS / 4 ? 0 : w->period_ns;

	pk_strbuf_varint(out, period_ns);
	pk_strbuf_varint(out, e->row[0].time_ns);
	for (int c = 0; c < NR_COLS; c++) {
		if (fill_dict(e, c, nr))
			return -ENOMEM;
		put_dict(&e->dict[c], c, out);
	}
	for (int c = 0; c < NR_COLS; c++)
		for (uint32_t i = 0; i < nr; i++)
			pk_strbuf_varint(out, e->dict[c].pos[i]);
	put_times(e, nr, period_ns, out);
	return pk_strbuf_failed(out) ? -ENOMEM : 0;
}

/* --- decoding --------------------------------------------------------------- */

/* A chunk that is being decoded. */
struct decoding {
	struct {
		uint32_t nr;
		uint32_t *value;	/* tids for threads */
		uint32_t *value2;	/* their tgids */
	} dict[NR_COLS];
	uint64_t period_ns, first_ns;
	uint64_t *last_ns;	/* by position of the CPU */
	uint32_t *cpu;		/* by sample: position of its CPU */
	uint32_t *pos;		/* likewise, of the column at hand */
};

static void decoding_deinit(struct decoding *d)
{
	for (int c = 0; c < NR_COLS; c++) {
		free(d->dict[c].value);
		free(d->dict[c].value2);
	}
	free(d->last_ns);
	free(d->cpu);
	free(d->pos);
}

static int get_dict(struct pk_loading *l, struct pk_reader *r, struct decoding *d, enum column col)
{
	const uint32_t max[NR_COLS] = { UINT16_MAX, UINT32_MAX, l->p->nodes.nr - 1,
					l->p->nodes.nr - 1, UINT16_MAX };
	uint32_t last = 0, *value, *value2;
	uint64_t nr;

	/* each entry takes a byte at least: what is left bounds the memory */
	if (pk_loading_number(l, r, pk_reader_left(r), &nr))
		return -EBADMSG;
	value = d->dict[col].value = malloc((nr + 1) * sizeof(*value));
	value2 = d->dict[col].value2 = malloc((nr + 1) * sizeof(*value2));
	if (!value || !value2)
		return -ENOMEM;
	d->dict[col].nr = nr;
	for (uint32_t i = 0; i < nr; i++) {
		if (pk_loading_delta(l, r, last, &last) ||
		    (col == COL_THREAD && pk_loading_delta(l, r, last, &value2[i])))
			return -EBADMSG;
		if (last > max[col])
			return pk_loading_bad(l, "samples with %u in column %d", last, col);
		value[i] = last;
	}
	return 0;
}

/* Positions of a column. */
static int get_column(struct pk_loading *l, struct pk_reader *r, uint32_t nr_values,
		      uint32_t *pos, uint32_t nr)
{
	uint64_t highest = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t v = pk_reader_varint(r);

		pos[i] = v;
		highest = v > highest ? v : highest;
	}
	if (highest >= nr_values)
		return pk_loading_bad(l, "a sample beyond its dictionary");
	return 0;
}

static int get_columns(struct pk_loading *l, struct pk_reader *r, struct decoding *d, uint32_t nr)
{
	struct pk_samples *s = &l->p->samples;

	for (int c = 0; c < NR_COLS; c++) {
		const uint32_t *value = d->dict[c].value, *value2 = d->dict[c].value2;
		uint32_t *pos = c == COL_CPU ? d->cpu : d->pos;

		if (get_column(l, r, d->dict[c].nr, pos, nr))
			return -EBADMSG;
		for (uint32_t i = 0; i < nr && c == COL_CPU; i++)
			s->cpu[s->nr + i] = value[pos[i]];
		for (uint32_t i = 0; i < nr && c == COL_THREAD; i++) {
			s->tid[s->nr + i] = value[pos[i]];
			s->tgid[s->nr + i] = value2[pos[i]];
		}
		for (uint32_t i = 0; i < nr && c == COL_KSTACK; i++)
			s->kstack[s->nr + i] = value[pos[i]];
		for (uint32_t i = 0; i < nr && c == COL_USTACK; i++)
			s->ustack[s->nr + i] = value[pos[i]];
		for (uint32_t i = 0; i < nr && c == COL_FLAGS; i++)
			s->flags[s->nr + i] = value[pos[i]];
	}
	return 0;
}

static int get_times(struct pk_loading *l, struct pk_reader *r, struct decoding *d, uint32_t nr)
{
	uint64_t *time_ns = l->p->samples.time_ns + l->p->samples.nr;

	for (uint32_t c = 0; c < d->dict[COL_CPU].nr; c++)
		d->last_ns[c] = d->first_ns;
	for (uint32_t i = 0; i < nr; i++)
		time_ns[i] = pk_reader_varint(r);
	for (uint32_t i = 0; i < nr; i++) {
		int64_t rest = pk_reader_svarint(r), whole;
		uint64_t *last = &d->last_ns[d->cpu[i]];

		if (__builtin_mul_overflow(time_ns[i], d->period_ns, &whole) ||
		    __builtin_add_overflow(whole, rest, &whole) ||
		    __builtin_add_overflow((int64_t)*last, whole, &whole) || whole < 0)
			return pk_loading_bad(l, "a sample out of all time");
		*last = time_ns[i] = whole;
	}
	return 0;
}

static int decode_all(struct pk_loading *l, struct pk_reader *r, struct decoding *d, uint32_t nr)
{
	int ret;

	if (pk_loading_number(l, r, PK_TIME_MAX_NS, &d->period_ns) ||
	    pk_loading_number(l, r, PK_TIME_MAX_NS, &d->first_ns))
		return -EBADMSG;
	for (int c = 0; c < NR_COLS; c++) {
		ret = get_dict(l, r, d, c);
		if (ret)
			return ret;
	}
	d->last_ns = malloc((d->dict[COL_CPU].nr + 1) * sizeof(*d->last_ns));
	d->cpu = malloc((nr + 1) * sizeof(*d->cpu));
	d->pos = malloc((nr + 1) * sizeof(*d->pos));
	if (!d->last_ns || !d->cpu || !d->pos || pk_samples_reserve(&l->p->samples, nr))
		return -ENOMEM;
	ret = get_columns(l, r, d, nr);
	if (!ret)
		ret = get_times(l, r, d, nr);
	if (!ret && pk_reader_bad(r))
		ret = pk_loading_bad(l, "columns of samples end early");
	if (!ret)
		l->p->samples.nr += nr;
	return ret;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	struct decoding d = { 0 };
	int ret = decode_all(l, r, &d, nr);

	decoding_deinit(&d);
	return ret;
}

const struct pk_codec pk_codec_samples = {
	.name = "samples",
	.needs = 1 << PK_CHUNK_NODES,
	.encode = encode,
	.decode = decode,
};
