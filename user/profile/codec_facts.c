// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk FACTS: (key, value) texts about host and recording; a later value of a key wins. */
#include <stdlib.h>
#include <string.h>

#include "profile/codec.h"

int pk_writer_fact(struct pk_writer *w, const char *key, const char *value)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_FACTS];
	uint32_t key_id, value_id;
	int ret = pk_writer_string(w, key, strlen(key), &key_id);

	if (!ret)
		ret = pk_writer_string(w, value, strlen(value), &value_id);
	if (ret)
		return ret;
	if (!strcmp(key, "record.period_ns"))
		w->period_ns = strtoull(value, NULL, 10);
	pk_strbuf_varint(&p->body, key_id);
	pk_strbuf_varint(&p->body, value_id);
	return pk_writer_added(w, PK_CHUNK_FACTS);
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_fact *f = pk_vec_push(&l->p->facts);
	int ret = f ? pk_loading_string(l, r, &f->key) : -ENOMEM;

	return ret ? ret : pk_loading_string(l, r, &f->value);
}

const struct pk_codec pk_codec_facts = {
	.name = "facts",
	.needs = 1 << PK_CHUNK_STRINGS,
	.decode_item = decode,
};
