// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk MARKS: where phases begin. */
#include "profile/codec.h"

int pk_writer_mark(struct pk_writer *w, uint64_t time_ns, const char *text, size_t len)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_MARKS];
	uint32_t id;
	int ret;

	if (time_ns > PK_TIME_MAX_NS)
		return pk_writer_refuse(w, "mark at %llu ns", (unsigned long long)time_ns);
	ret = pk_writer_string(w, text, len, &id);
	if (ret)
		return ret;
	pk_strbuf_svarint(&p->body, time_ns - p->last.time_ns);
	pk_strbuf_varint(&p->body, id);
	p->last.time_ns = time_ns;
	return pk_writer_added(w, PK_CHUNK_MARKS);
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_mark *m = pk_vec_push(&l->p->marks);

	if (!m)
		return -ENOMEM;
	if (pk_loading_time(l, r, l->last.time_ns, &m->time_ns) ||
	    pk_loading_string(l, r, &m->text))
		return -EBADMSG;
	l->last.time_ns = m->time_ns;
	return 0;
}

const struct pk_codec pk_codec_marks = {
	.name = "marks",
	.needs = 1 << PK_CHUNK_STRINGS,
	.decode_item = decode,
};
