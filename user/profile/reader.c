// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profile file reader; see reader.h. Goes from chunk to chunk: input.c hands
 * out bytes, here they are checked and unpacked, codecs decode them into the
 * profile, order.c puts the tables in order. A chunk is taken as a whole or
 * not at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/crc32c.h"
#include "profile/codec.h"
#include "profile/input.h"
#include "profile/order.h"
#include "profile/reader.h"

/*
 * Bounds on memory for what a file claims: bodies unpacked, together, per byte
 * of file, beyond an allowance that ordinary files never reach.
 */
#define EXPANSION_MAX 1024
#define EXPANSION_FREE_BYTES (64u << 20)

struct load {
	struct pk_loading l;
	struct pk_input in;
	ZSTD_DCtx *zstd;
	uint8_t *raw;		/* unpacked body */
	size_t raw_cap;
	uint64_t raw_total;	/* bytes unpacked so far */
	uint32_t crc;		/* head_crc of the chunk before */
	uint64_t nr_chunks;
	bool stopped;		/* nothing more is to be read */
};

/* --- how it ends ------------------------------------------------------------ */

__attribute__((format(printf, 4, 5))) static void stop(struct load *ld, enum pk_file_state state,
						       uint64_t offset, const char *fmt, ...)
{
	struct pk_profile *p = ld->l.p;
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	p->state = state;
	p->end_offset = offset;
	p->file_bytes = pk_input_size(&ld->in);
	snprintf(p->notice, sizeof(p->notice), "%s at byte %llu of %llu (%s); all before it is used",
		 state == PK_FILE_CUT ? "The file was cut off" : "The file is damaged",
		 (unsigned long long)offset, (unsigned long long)p->file_bytes, why);
	ld->stopped = true;
}

static void stop_at_end(struct load *ld, uint64_t offset, size_t got)
{
	struct pk_profile *p = ld->l.p;

	if (ld->in.code) {
		stop(ld, PK_FILE_DAMAGED, offset, "%s", strerror(-ld->in.code));
	} else if (ld->l.ended && !got) {
		p->state = PK_FILE_CLOSED;
		p->end_offset = p->file_bytes = offset;
		ld->stopped = true;
	} else {
		stop(ld, PK_FILE_CUT, offset, got ? "within a chunk" : "no end chunk");
	}
}

/* --- one chunk --------------------------------------------------------------- */

static void read_head(struct load *ld, struct pk_chunk_head *h)
{
	uint64_t offset = ld->in.offset;
	const uint8_t *head;
	size_t got = pk_input_take(&ld->in, PK_CHUNK_HEAD_BYTES, &head);
	size_t stored_max = ZSTD_compressBound(PK_CHUNK_MAX_BYTES);

	if (got && ld->l.ended) {
		stop(ld, PK_FILE_DAMAGED, offset, "something follows the end chunk");
	} else if (got < PK_CHUNK_HEAD_BYTES) {
		stop_at_end(ld, offset, got);
	} else if (!pk_chunk_head_unpack(head, ld->crc, h)) {
		/* after a power cut a file may be as long as it was to be, but empty there */
		if (pk_input_all_zero(&ld->in, head, got))
			stop(ld, PK_FILE_CUT, offset, "only zeroes follow");
		else
			stop(ld, PK_FILE_DAMAGED, offset, "wrong checksum of a chunk's head");
	} else if (h->coding >= PK_CODING_NR || h->raw_bytes > PK_CHUNK_MAX_BYTES ||
		   h->stored_bytes > stored_max ||
		   (h->coding == PK_CODING_RAW && h->stored_bytes != h->raw_bytes)) {
		stop(ld, PK_FILE_DAMAGED, offset, "senseless sizes in a chunk's head");
	}
}

static const uint8_t *unpack(struct load *ld, const struct pk_chunk_head *h, const uint8_t *body)
{
	size_t len;

	if (h->coding == PK_CODING_RAW)
		return body;
	len = ZSTD_decompressDCtx(ld->zstd, ld->raw, h->raw_bytes, body, h->stored_bytes);
	if (ZSTD_isError(len) || len != h->raw_bytes)
		return NULL;
	return ld->raw;
}

/* 0, -EBADMSG with l.why, or -ENOMEM. */
static int decode_body(struct load *ld, const struct pk_chunk_head *h, const uint8_t *body)
{
	struct pk_reader r;

	if (!pk_codec_of(h->type))
		return 0;
	ld->raw_total += h->raw_bytes;
	if (ld->raw_total > EXPANSION_FREE_BYTES + ld->in.offset * EXPANSION_MAX)
		return pk_loading_bad(&ld->l, "it would unpack to more than any recording");
	if (pk_vec_grow((void **)&ld->raw, &ld->raw_cap, h->raw_bytes + 1, 1))
		return -ENOMEM;
	body = unpack(ld, h, body);
	if (!body)
		return pk_loading_bad(&ld->l, "it does not unpack");
	r = pk_reader_of(body, h->raw_bytes);
	return pk_loading_decode(&ld->l, h->type, &r);
}

static void note_resume(struct load *ld, const struct pk_chunk_head *h)
{
	struct pk_profile *p = ld->l.p;

	ld->crc = h->head_crc;
	ld->nr_chunks++;
	if (ld->l.ended)
		return;
	p->resume.offset = ld->in.offset;
	p->resume.crc = ld->crc;
}

static int read_chunk(struct load *ld)
{
	uint64_t offset = ld->in.offset;
	struct pk_chunk_head h;
	const uint8_t *body;
	size_t got;
	int ret;

	read_head(ld, &h);
	if (ld->stopped)
		return 0;
	got = pk_input_take(&ld->in, h.stored_bytes, &body);
	if (got < h.stored_bytes) {
		stop_at_end(ld, offset, PK_CHUNK_HEAD_BYTES + got);
		return 0;
	}
	if (pk_crc32c(0, body, got) != h.body_crc) {
		stop(ld, PK_FILE_DAMAGED, offset, "wrong checksum of a chunk's body");
		return 0;
	}
	ret = decode_body(ld, &h, body);
	if (ret == -EBADMSG)
		stop(ld, PK_FILE_DAMAGED, offset, "chunk of type %u: %s", h.type, ld->l.why);
	else if (!ret)
		note_resume(ld, &h);
	return ret == -EBADMSG ? 0 : ret;
}

/* --- the file ---------------------------------------------------------------- */

static int read_file_head(struct load *ld, struct pk_err *err)
{
	const char *name = ld->in.name;
	unsigned int major = 0;
	const uint8_t *head;
	size_t got = pk_input_take(&ld->in, PK_FILE_HEAD_BYTES, &head);

	if (ld->in.code)
		return pk_err_exit(err, ld->in.code, PK_EXIT_BAD_FILE, "%s: cannot be read: %s",
				   name, strerror(-ld->in.code));
	if (!got)
		return pk_err_exit(err, -EINVAL, PK_EXIT_BAD_FILE,
				   "%s: is empty; nothing was recorded into it", name);
	if (got < PK_FILE_HEAD_BYTES)
		return pk_err_exit(err, -EINVAL, PK_EXIT_BAD_FILE,
				   pk_file_head_begins(head, got) ?
					   "%s: was cut off at byte %zu, before any data" :
					   "%s: is not a profile of pkprof (%zu bytes)",
				   name, got);
	switch (pk_file_head_check(head, &major, &ld->crc)) {
	case PK_HEAD_GOOD:
		return 0;
	case PK_HEAD_FOREIGN:
		return pk_err_exit(err, -EINVAL, PK_EXIT_BAD_FILE,
				   "%s: is not a profile of pkprof", name);
	case PK_HEAD_TEXT_MODE:
		return pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE,
				   "%s: is damaged from byte 0 on, as by a transfer in text mode; "
				   "copy it again in binary mode", name);
	case PK_HEAD_BIG_ENDIAN:
		return pk_err_exit(err, -EPROTO, PK_EXIT_BAD_FILE,
				   "%s: has the wrong byte order; profiles are little endian",
				   name);
	case PK_HEAD_VERSION:
		return pk_err_exit(err, -EPROTO, PK_EXIT_BAD_FILE,
				   "%s: has format version %u, this pkprof-user reads version %d; "
				   "use the one that recorded it or a newer one", name, major,
				   PK_FORMAT_MAJOR);
	case PK_HEAD_DAMAGED:
		break;
	}
	return pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE,
			   "%s: is damaged at byte 0 (wrong checksum of the file's head)", name);
}

static int read_all(struct load *ld, struct pk_err *err)
{
	struct pk_profile *p = ld->l.p;
	int ret = read_file_head(ld, err);

	if (ret)
		return ret;
	p->resume.offset = ld->in.offset;
	p->resume.crc = ld->crc;
	while (!ret && !ld->stopped)
		ret = read_chunk(ld);
	if (!ret)
		ret = pk_profile_order(p);
	if (ret)
		return pk_err_set(err, ret, "%s: no memory to load it", ld->in.name);
	for (unsigned int t = 0; t < PK_CHUNK_NR_TYPES; t++)
		p->resume.nr_items[t] = t == PK_CHUNK_END ? 0 : ld->l.nr_items[t];
	if (p->state == PK_FILE_DAMAGED && !ld->nr_chunks)
		return pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE,
				   "%s: is damaged at byte %llu, before any data", ld->in.name,
				   (unsigned long long)p->end_offset);
	return 0;
}

static int load(struct load *ld, struct pk_profile *ret, struct pk_err *err)
{
	int code;

	if (pk_profile_init(ret))
		return pk_err_set(err, -ENOMEM, "%s: no memory to load it", ld->in.name);
	ld->l.p = ret;
	ld->zstd = ZSTD_createDCtx();
	if (!ld->zstd || pk_vec_add(&ld->l.string_ids, 0))
		code = pk_err_set(err, -ENOMEM, "%s: no memory to load it", ld->in.name);
	else
		code = read_all(ld, err);
	pk_vec_deinit(&ld->l.string_ids);
	ZSTD_freeDCtx(ld->zstd);
	free(ld->raw);
	if (code)
		pk_profile_deinit(ret);
	return code;
}

int pk_profile_load(const char *path, struct pk_profile *ret, struct pk_err *err)
{
	struct load ld = { 0 };
	int code = pk_input_open(&ld.in, path, err);

	if (!code)
		code = load(&ld, ret, err);
	pk_input_close(&ld.in);
	return code;
}

int pk_profile_load_mem(const void *data, size_t len, const char *name, struct pk_profile *ret,
			struct pk_err *err)
{
	struct load ld = { 0 };

	pk_input_of_mem(&ld.in, data, len, name);
	return load(&ld, ret, err);
}
