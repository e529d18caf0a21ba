// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk COUNTERS: the books of CPUs and sources. */
#include "profile/codec.h"

int pk_writer_counters(struct pk_writer *w, const struct pk_counters *c)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_COUNTERS];
	struct pk_strbuf *b = &p->body;

	if (c->time_ns > PK_TIME_MAX_NS)
		return pk_writer_refuse(w, "counters at %llu ns", (unsigned long long)c->time_ns);
	if (w->err.code)
		return w->err.code;
	pk_strbuf_svarint(b, c->time_ns - p->last.time_ns);
	pk_strbuf_varint(b, c->cpu);
	pk_strbuf_varint(b, c->delivered);
	pk_strbuf_varint(b, c->kernel.source);
	pk_strbuf_varint(b, c->kernel.generated);
	pk_strbuf_varint(b, PKPROF_NR_LOSSES);
	for (int i = 0; i < PKPROF_NR_LOSSES; i++)
		pk_strbuf_varint(b, c->kernel.lost[i]);
	pk_strbuf_varint(b, c->kernel.hits);
	pk_strbuf_varint(b, c->kernel.timed_hits);
	pk_strbuf_varint(b, c->kernel.timed_ns);
	pk_strbuf_varint(b, c->kernel.entry_ns);
	p->last.time_ns = c->time_ns;
	return pk_writer_added(w, PK_CHUNK_COUNTERS);
}

/*
 * More reasons of loss than are known here cannot be skipped: the books would
 * not add up. Fewer are those of an older writer.
 */
static int decode_lost(struct pk_loading *l, struct pk_reader *r, struct pkprof_counters *c)
{
	uint64_t nr;

	if (pk_loading_number(l, r, PKPROF_NR_LOSSES, &nr))
		return pk_loading_bad(l, "counters with reasons of loss that are not known here");
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t lost;

		if (pk_loading_number(l, r, UINT64_MAX, &lost))
			return -EBADMSG;
		c->lost[i] = lost;
	}
	return 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_counters *c = pk_vec_push(&l->p->counters);

	if (!c)
		return -ENOMEM;
	if (pk_loading_time(l, r, l->last.time_ns, &c->time_ns) || pk_loading_u32(l, r, &c->cpu) ||
	    pk_loading_number(l, r, UINT64_MAX, &c->delivered) ||
	    pk_loading_u32(l, r, &c->kernel.source))
		return -EBADMSG;
	c->kernel.generated = pk_reader_varint(r);
	if (decode_lost(l, r, &c->kernel))
		return -EBADMSG;
	c->kernel.hits = pk_reader_varint(r);
	c->kernel.timed_hits = pk_reader_varint(r);
	c->kernel.timed_ns = pk_reader_varint(r);
	c->kernel.entry_ns = pk_reader_varint(r);
	l->last.time_ns = c->time_ns;
	return 0;
}

const struct pk_codec pk_codec_counters = {
	.name = "counters",
	.decode_item = decode,
};
