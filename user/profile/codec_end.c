// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk END: the recording was closed; how much of everything is in the file. */
#include "profile/codec.h"

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	pk_strbuf_varint(out, w->end_ns);
	pk_strbuf_varint(out, PK_CHUNK_NR_TYPES);
	for (unsigned int t = 0; t < PK_CHUNK_NR_TYPES; t++)
		pk_strbuf_varint(out, t == PK_CHUNK_END ? 0 : pk_writer_count(w, t));
	return pk_strbuf_failed(out) ? -ENOMEM : 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	uint64_t nr_types, nr;

	if (pk_loading_number(l, r, PK_TIME_MAX_NS, &l->p->end_ns) ||
	    pk_loading_number(l, r, UINT16_MAX, &nr_types))
		return -EBADMSG;
	for (uint64_t t = 0; t < nr_types; t++) {
		if (pk_loading_number(l, r, UINT64_MAX, &nr))
			return -EBADMSG;
		if (t != PK_CHUNK_END && t < PK_CHUNK_NR_TYPES && nr != l->nr_items[t])
			return pk_loading_bad(l, "%llu items of type %llu instead of %llu",
					      (unsigned long long)l->nr_items[t],
					      (unsigned long long)t, (unsigned long long)nr);
	}
	l->ended = true;
	return 0;
}

const struct pk_codec pk_codec_end = {
	.name = "end",
	.encode = encode,
	.decode_item = decode,
};
