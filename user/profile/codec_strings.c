// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunk STRINGS: texts that other chunks refer to by id. In the file a text
 * may come again under another id, as the writer forgets what it wrote when
 * that takes too much memory; once loaded, equal text is equal id.
 */
#include "profile/codec.h"

/* Bounds of the memory for texts that were written. */
#define KNOWN_MAX_TEXTS 32768
#define KNOWN_MAX_BYTES (1 << 20)

static int forget(struct pk_writer *w)
{
	pk_strtab_deinit(&w->texts);
	w->texts_bytes = 0;
	w->string_base = pk_writer_count(w, PK_CHUNK_STRINGS) + 1;
	return pk_strtab_init(&w->texts);
}

static bool is_known_enough(const struct pk_writer *w)
{
	return w->texts.entries.nr > KNOWN_MAX_TEXTS || w->texts_bytes > KNOWN_MAX_BYTES;
}

int pk_writer_string(struct pk_writer *w, const char *text, size_t len, uint32_t *id_ret)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_STRINGS];
	uint32_t known, id;

	if (w->err.code)
		return w->err.code;
	if (len > PK_STRING_MAX_BYTES)
		len = PK_STRING_MAX_BYTES;
	if (is_known_enough(w) && forget(w))
		return pk_writer_no_memory(w);
	known = w->texts.entries.nr;
	if (pk_strtab_intern(&w->texts, text, len, &id))
		return pk_writer_no_memory(w);
	*id_ret = id ? w->string_base + id - 1 : 0;
	if (id < known)
		return 0;
	w->texts_bytes += len;
	pk_strbuf_varint(&p->body, len);
	pk_strbuf_add(&p->body, text, len);
	return pk_writer_added(w, PK_CHUNK_STRINGS);
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	uint64_t len;
	const char *text;
	uint32_t id;

	if (pk_loading_number(l, r, PK_STRING_MAX_BYTES, &len))
		return -EBADMSG;
	text = pk_reader_bytes(r, len);
	if (!text)
		return pk_loading_bad(l, "a text of %llu bytes is not there",
				      (unsigned long long)len);
	if (pk_strtab_intern(&l->p->strings, text, len, &id))
		return -ENOMEM;
	return pk_vec_add(&l->string_ids, id);
}

const struct pk_codec pk_codec_strings = {
	.name = "strings",
	.decode_item = decode,
};
