// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk MAPS: executable mappings and when they were made. */
#include "profile/codec.h"

int pk_writer_map(struct pk_writer *w, const struct pk_map_event *e)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_MAPS];

	if (e->time_ns > PK_TIME_MAX_NS)
		return pk_writer_refuse(w, "mapping at %llu ns", (unsigned long long)e->time_ns);
	if (e->file > pk_writer_count(w, PK_CHUNK_FILES))
		return pk_writer_refuse(w, "mapping of unknown file %u", e->file);
	if (e->addr + e->len < e->addr)
		return pk_writer_refuse(w, "mapping beyond the last address");
	if (w->err.code)
		return w->err.code;
	pk_strbuf_svarint(&p->body, e->time_ns - p->last.time_ns);
	pk_strbuf_svarint(&p->body, (int64_t)e->tgid - p->last.id);
	pk_strbuf_varint(&p->body, e->file);
	pk_strbuf_svarint(&p->body, e->addr - p->last.addr);
	pk_strbuf_varint(&p->body, e->len);
	pk_strbuf_varint(&p->body, e->file_off);
	p->last = (struct pk_last){ .time_ns = e->time_ns, .id = e->tgid, .addr = e->addr };
	return pk_writer_added(w, PK_CHUNK_MAPS);
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_map_event *e = pk_vec_push(&l->p->maps);

	if (!e)
		return -ENOMEM;
	if (pk_loading_time(l, r, l->last.time_ns, &e->time_ns) ||
	    pk_loading_delta(l, r, l->last.id, &e->tgid) || pk_loading_u32(l, r, &e->file))
		return -EBADMSG;
	e->addr = l->last.addr + pk_reader_svarint(r);
	if (pk_loading_number(l, r, UINT64_MAX, &e->len) ||
	    pk_loading_number(l, r, UINT64_MAX, &e->file_off))
		return -EBADMSG;
	if (e->file >= l->p->files.nr)
		return pk_loading_bad(l, "mapping of file %u, of which nothing was said", e->file);
	if (e->addr + e->len < e->addr)
		return pk_loading_bad(l, "mapping beyond the last address");
	l->last = (struct pk_last){ .time_ns = e->time_ns, .id = e->tgid, .addr = e->addr };
	return 0;
}

const struct pk_codec pk_codec_maps = {
	.name = "mappings",
	.needs = 1 << PK_CHUNK_STRINGS | 1 << PK_CHUNK_FILES,
	.decode_item = decode,
};
