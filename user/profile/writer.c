// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profile file writer; see writer.h. The codecs collect items; this file packs
 * what they collected into chunks and appends those. A chunk is always written
 * after the chunks that it refers to.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/crc32c.h"
#include "profile/codec.h"

#define PENDING_MAX_BYTES (64 << 10)	/* of one type; small, for the recorder's memory */
#define ROWS_PER_CHUNK 4096		/* of types that go by columns */
#define PACK_LEVEL 2	/* 3 is 15 % slower for half a per cent less */
#define PACK_MIN_BYTES 64		/* smaller bodies do not get smaller */

static_assert(PK_CHUNK_NR_TYPES <= PK_ARRAY_SIZE(((struct pk_profile *)0)->resume.nr_items),
	      "room for each type's count");

static int fail(struct pk_writer *w, int code, const char *what)
{
	if (w->err.code)
		return w->err.code;
	return pk_err_exit(&w->err, code, PK_EXIT_OUTPUT,
			   "%s: cannot %s: %s; the file is good up to byte %llu", w->name, what,
			   strerror(-code), (unsigned long long)w->offset);
}

int pk_writer_refuse(struct pk_writer *w, const char *fmt, ...)
{
	va_list ap;
	char why[128];

	if (w->err.code)
		return w->err.code;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return pk_err_set(&w->err, -EINVAL, "%s: refusing to write a bad item: %s", w->name, why);
}

int pk_writer_no_memory(struct pk_writer *w)
{
	if (w->err.code)
		return w->err.code;
	return pk_err_set(&w->err, -ENOMEM, "%s: no memory to write the profile", w->name);
}

static int write_all(struct pk_writer *w, struct iovec *iov, int nr)
{
	uint64_t written = 0;

	while (nr) {
		ssize_t n = writev(w->fd, iov, nr);
		int code = n < 0 ? -errno : n ? 0 : -EIO;

		if (code == -EINTR)
			continue;
		if (code) {
			/* a pipe or full disk may not let us tidy up: the reader copes */
			if (written && ftruncate(w->fd, w->offset))
				written = 0;
			return fail(w, code, "write");
		}
		written += n;
		for (; nr && (size_t)n >= iov->iov_len; iov++, nr--)
			n -= iov->iov_len;
		if (nr) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= n;
		}
	}
	w->offset += written;
	return 0;
}

/* Body of w->raw as it will be stored: packed if that makes it smaller. */
static int pack(struct pk_writer *w, struct pk_chunk_head *h, const void **body_ret)
{
	size_t bound = ZSTD_compressBound(w->raw.len), len;

	h->coding = PK_CODING_RAW;
	h->raw_bytes = h->stored_bytes = w->raw.len;
	*body_ret = w->raw.data;
	if (w->raw.len < PACK_MIN_BYTES)
		return 0;
	if (pk_vec_grow((void **)&w->packed.data, &w->packed.cap, bound, 1))
		return pk_writer_no_memory(w);
	len = ZSTD_compressCCtx(w->zstd, w->packed.data, bound, w->raw.data, w->raw.len,
				PACK_LEVEL);
	if (ZSTD_isError(len))
		return pk_writer_no_memory(w);
	if (len < w->raw.len) {
		h->coding = PK_CODING_ZSTD;
		h->stored_bytes = len;
		*body_ret = w->packed.data;
	}
	return 0;
}

static int append_chunk(struct pk_writer *w, enum pk_chunk_type type)
{
	struct pk_chunk_head h = { .type = type };
	uint8_t head[PK_CHUNK_HEAD_BYTES];
	const void *body;
	int ret;

	if (pk_strbuf_failed(&w->raw))
		return pk_writer_no_memory(w);
	ret = pack(w, &h, &body);
	if (ret)
		return ret;
	h.body_crc = pk_crc32c(0, body, h.stored_bytes);
	pk_chunk_head_pack(&h, w->crc, head);
	ret = write_all(w, (struct iovec[]){ { head, sizeof(head) },
					     { (void *)body, h.stored_bytes } }, 2);
	if (!ret)
		w->crc = h.head_crc;
	return ret;
}

/* The items that are pending, behind what is in w->raw. 0 or -ENOMEM. */
static int encode_pending(struct pk_writer *w, enum pk_chunk_type type)
{
	const struct pk_codec *codec = pk_codec_of(type);
	const struct pk_pending *p = &w->pending[type];

	if (codec->cols)
		return pk_columns_encode(codec->cols, codec->nr_cols, w->rows[type].data, p->nr,
					 &w->scratch, &w->raw);
	if (codec->encode)
		return codec->encode(w, &w->raw);
	if (pk_strbuf_failed(&p->body))
		return -ENOMEM;
	pk_strbuf_add(&w->raw, p->body.data, p->body.len);
	return 0;
}

int pk_writer_emit(struct pk_writer *w, enum pk_chunk_type type)
{
	const struct pk_codec *codec = pk_codec_of(type);
	struct pk_pending *p = &w->pending[type];
	int ret;

	if (w->err.code)
		return w->err.code;
	if (!p->nr)
		return 0;
	/* what it refers to is of a lower type */
	for (unsigned int t = 0; t < type; t++) {
		ret = codec->needs >> t & 1 ? pk_writer_emit(w, t) : 0;
		if (ret)
			return ret;
	}
	pk_strbuf_clear(&w->raw);
	pk_strbuf_varint(&w->raw, p->base);
	pk_strbuf_varint(&w->raw, p->nr);
	if (encode_pending(w, type))
		return pk_writer_no_memory(w);
	ret = append_chunk(w, type);
	if (ret)
		return ret;
	p->base += p->nr;
	p->nr = 0;
	p->last = (struct pk_last){ 0 };
	pk_strbuf_clear(&p->body);
	w->rows[type].nr = w->subrows[type].nr = 0;
	return 0;
}

int pk_writer_added(struct pk_writer *w, enum pk_chunk_type type)
{
	w->pending[type].nr++;
	return w->pending[type].body.len < PENDING_MAX_BYTES ? 0 : pk_writer_emit(w, type);
}

static int add_row(pk_column_rows *rows, const uint64_t *row, unsigned int nr_cols)
{
	int ret = pk_vec_reserve(rows, rows->nr + nr_cols);

	if (ret)
		return ret;
	memcpy(rows->data + rows->nr, row, nr_cols * sizeof(*row));
	rows->nr += nr_cols;
	return 0;
}

int pk_writer_subrow(struct pk_writer *w, enum pk_chunk_type type, const uint64_t *row,
		     unsigned int nr_cols)
{
	return add_row(&w->subrows[type], row, nr_cols);
}

int pk_writer_row(struct pk_writer *w, enum pk_chunk_type type, const uint64_t *row,
		  unsigned int nr_cols)
{
	if (add_row(&w->rows[type], row, nr_cols))
		return pk_writer_no_memory(w);
	return ++w->pending[type].nr < ROWS_PER_CHUNK ? 0 : pk_writer_emit(w, type);
}

int pk_writer_last_row(struct pk_writer *w, enum pk_chunk_type type, const uint64_t *row,
		       unsigned int nr_cols)
{
	if (add_row(&w->rows[type], row, nr_cols))
		return pk_writer_no_memory(w);
	w->pending[type].nr++;
	return pk_writer_emit(w, type);
}

int pk_writer_flush(struct pk_writer *w)
{
	if (w->err.code)
		return w->err.code;
	for (unsigned int t = PK_CHUNK_END + 1; t < PK_CHUNK_NR_TYPES; t++) {
		int ret = pk_writer_emit(w, t);

		if (ret)
			return ret;
	}
	return 0;
}

int pk_writer_cut_back(struct pk_writer *w)
{
	if (w->err.code)
		return w->err.code;
	if (ftruncate(w->fd, w->offset) || lseek(w->fd, w->offset, SEEK_SET) < 0)
		return fail(w, -errno, "cut off what was added");
	return 0;
}

int pk_writer_finish(struct pk_writer *w, uint64_t end_ns)
{
	int ret = pk_writer_flush(w);

	if (ret)
		return ret;
	if (end_ns > PK_TIME_MAX_NS)
		return pk_writer_refuse(w, "end at %llu ns", (unsigned long long)end_ns);
	w->end_ns = end_ns;
	w->pending[PK_CHUNK_END].nr = 1;
	return pk_writer_emit(w, PK_CHUNK_END);
}

static int create(int fd, const char *name, struct pk_writer **ret, struct pk_err *err)
{
	struct pk_writer *w = calloc(1, sizeof(*w));

	if (w) {
		w->fd = fd;
		w->name = strdup(name);
		w->zstd = ZSTD_createCCtx();
		w->string_base = 1;
	}
	if (!w || !w->name || !w->zstd || pk_strtab_init(&w->texts) ||
	    pk_node_encoder_create(&w->nodes) || pk_sample_encoder_create(&w->samples)) {
		pk_writer_destroy(w);
		return pk_err_set(err, -ENOMEM, "%s: no memory to write the profile", name);
	}
	*ret = w;
	return 0;
}

static int give_up(struct pk_writer *w, struct pk_err *err)
{
	int ret = w->err.code;

	if (err)
		*err = w->err;
	pk_writer_destroy(w);
	return ret;
}

int pk_writer_create(int fd, const char *name, struct pk_writer **ret, struct pk_err *err)
{
	uint8_t head[PK_FILE_HEAD_BYTES];
	struct pk_writer *w;
	int code = create(fd, name, &w, err);

	if (code)
		return code;
	w->crc = pk_file_head_pack(head);
	if (write_all(w, &(struct iovec){ head, sizeof(head) }, 1))
		return give_up(w, err);
	*ret = w;
	return 0;
}

int pk_writer_resume(int fd, const char *name, const struct pk_profile *loaded,
		     struct pk_writer **ret, struct pk_err *err)
{
	struct pk_writer *w;
	off_t len = lseek(fd, 0, SEEK_END);
	int code;

	/* what is behind the damage may still be of use to somebody */
	if (loaded->state == PK_FILE_DAMAGED)
		return pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE,
				   "%s: is damaged; not extending it", name);
	if (len >= 0 && (uint64_t)len < loaded->resume.offset)
		return pk_err_exit(err, -ESTALE, PK_EXIT_OUTPUT,
				   "%s: has become shorter since it was read; not extending it",
				   name);
	code = create(fd, name, &w, err);
	if (code)
		return code;
	w->offset = loaded->resume.offset;
	w->crc = loaded->resume.crc;
	for (unsigned int t = 0; t < PK_CHUNK_NR_TYPES; t++)
		w->pending[t].base = loaded->resume.nr_items[t];
	w->string_base = pk_writer_count(w, PK_CHUNK_STRINGS) + 1;
	if (ftruncate(fd, w->offset) || lseek(fd, w->offset, SEEK_SET) < 0) {
		fail(w, -errno, "extend it");
		return give_up(w, err);
	}
	*ret = w;
	return 0;
}

void pk_writer_destroy(struct pk_writer *w)
{
	if (!w)
		return;
	for (unsigned int t = 0; t < PK_CHUNK_NR_TYPES; t++) {
		pk_strbuf_deinit(&w->pending[t].body);
		pk_vec_deinit(&w->rows[t]);
		pk_vec_deinit(&w->subrows[t]);
	}
	pk_vec_deinit(&w->line_chain);
	pk_column_scratch_deinit(&w->scratch);
	pk_strtab_deinit(&w->texts);
	pk_sample_encoder_destroy(w->samples);
	pk_node_encoder_destroy(w->nodes);
	pk_strbuf_deinit(&w->raw);
	pk_strbuf_deinit(&w->packed);
	ZSTD_freeCCtx(w->zstd);
	free(w->name);
	free(w);
}

uint64_t pk_writer_bytes(const struct pk_writer *w)
{
	return w->offset;
}

const struct pk_err *pk_writer_error(const struct pk_writer *w)
{
	return &w->err;
}
