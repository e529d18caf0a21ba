// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk SYMBOLS: the functions that samples use, best given in order of space, id, address. */
#include <string.h>

#include "profile/codec.h"

int pk_writer_symbol(struct pk_writer *w, const struct pk_symbol *s)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_SYMBOLS];

	if (s->space >= PK_SPACE_NR)
		return pk_writer_refuse(w, "symbol of space %u", s->space);
	if (s->space == PK_SPACE_FILE && s->id > pk_writer_count(w, PK_CHUNK_FILES))
		return pk_writer_refuse(w, "symbol of unknown file %u", s->id);
	if (s->addr + s->size < s->addr)
		return pk_writer_refuse(w, "symbol beyond the last address");
	if (!pk_writer_has_string(w, s->name) || !pk_writer_has_string(w, s->dso))
		return pk_writer_refuse(w, "symbol with an unknown string");
	if (w->err.code)
		return w->err.code;
	pk_strbuf_varint(&p->body, s->space);
	pk_strbuf_varint(&p->body, s->flags);
	pk_strbuf_varint(&p->body, s->id);
	pk_strbuf_svarint(&p->body, s->addr - p->last.addr);
	pk_strbuf_varint(&p->body, s->size);
	pk_strbuf_svarint(&p->body, (int64_t)s->name - p->last.name);
	pk_strbuf_svarint(&p->body, (int64_t)s->dso - p->last.dso);
	p->last = (struct pk_last){ .addr = s->addr + s->size, .name = s->name, .dso = s->dso };
	return pk_writer_added(w, PK_CHUNK_SYMBOLS);
}

int pk_writer_symbols_of(struct pk_writer *w, const struct pk_profile *p)
{
	PK_VEC_FOREACH(&p->symbols, s) {
		const struct pk_strtab *t = &p->strings;
		struct pk_symbol out = *s;
		int ret = pk_writer_string(w, pk_strtab_get(t, s->name), pk_strtab_len(t, s->name),
					   &out.name);

		if (!ret)
			ret = pk_writer_string(w, pk_strtab_get(t, s->dso),
					       pk_strtab_len(t, s->dso), &out.dso);
		if (!ret)
			ret = pk_writer_symbol(w, &out);
		if (ret)
			return ret;
	}
	return 0;
}

/* A string told as the difference of its id in the file to the one before. */
static int decode_string(struct pk_loading *l, struct pk_reader *r, uint32_t *last, uint32_t *ret)
{
	if (pk_loading_delta(l, r, *last, last))
		return -EBADMSG;
	return pk_loading_string_id(l, *last, ret);
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_symbol *s = pk_vec_push(&l->p->symbols);
	uint64_t space, flags;

	if (!s)
		return -ENOMEM;
	if (pk_loading_number(l, r, PK_SPACE_NR - 1, &space) ||
	    pk_loading_number(l, r, UINT8_MAX, &flags) || pk_loading_u32(l, r, &s->id))
		return -EBADMSG;
	s->space = space;
	s->flags = flags;
	s->addr = l->last.addr + pk_reader_svarint(r);
	if (pk_loading_number(l, r, UINT64_MAX, &s->size) ||
	    decode_string(l, r, &l->last.name, &s->name) ||
	    decode_string(l, r, &l->last.dso, &s->dso))
		return -EBADMSG;
	if (s->space == PK_SPACE_FILE && s->id >= l->p->files.nr)
		return pk_loading_bad(l, "symbol of file %u, of which nothing was said", s->id);
	if (s->addr + s->size < s->addr)
		return pk_loading_bad(l, "symbol beyond the last address");
	l->last.addr = s->addr + s->size;
	return 0;
}

const struct pk_codec pk_codec_symbols = {
	.name = "symbols",
	.needs = 1 << PK_CHUNK_STRINGS | 1 << PK_CHUNK_FILES,
	.decode_item = decode,
};
