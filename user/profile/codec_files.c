// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk FILES: identities of mapped files. */
#include <string.h>

#include "profile/codec.h"

int pk_writer_file(struct pk_writer *w, const struct pk_file *f, uint32_t *id_ret)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_FILES];

	if (!pk_writer_has_string(w, f->path))
		return pk_writer_refuse(w, "file with unknown string %u", f->path);
	if (f->build_id_len > PKPROF_MAX_BUILD_ID)
		return pk_writer_refuse(w, "build ID of %u bytes", f->build_id_len);
	if (w->err.code)
		return w->err.code;
	pk_strbuf_varint(&p->body, f->path);
	pk_strbuf_varint(&p->body, f->dev);
	pk_strbuf_varint(&p->body, f->gen);
	pk_strbuf_varint(&p->body, f->ino);
	pk_strbuf_varint(&p->body, f->build_id_len);
	pk_strbuf_add(&p->body, f->build_id, f->build_id_len);
	*id_ret = pk_writer_count(w, PK_CHUNK_FILES) + 1;
	return pk_writer_added(w, PK_CHUNK_FILES);
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_file *f = pk_vec_push(&l->p->files);
	const void *build_id;
	uint64_t len;

	if (!f)
		return -ENOMEM;
	if (pk_loading_string(l, r, &f->path) || pk_loading_u32(l, r, &f->dev) ||
	    pk_loading_u32(l, r, &f->gen) || pk_loading_number(l, r, UINT64_MAX, &f->ino) ||
	    pk_loading_number(l, r, PKPROF_MAX_BUILD_ID, &len))
		return -EBADMSG;
	build_id = pk_reader_bytes(r, len);
	if (!build_id)
		return pk_loading_bad(l, "a build ID is not there");
	memcpy(f->build_id, build_id, len);
	f->build_id_len = len;
	return 0;
}

const struct pk_codec pk_codec_files = {
	.name = "files",
	.needs = 1 << PK_CHUNK_STRINGS,
	.decode_item = decode,
};
