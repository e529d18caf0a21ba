/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Codecs: one row per chunk type, with the two directions of its body side by
 * side in one file, codec_TYPE.c. For the profile's reader and writer only.
 *
 * A body is: varint base (items of the type in the file so far), varint count,
 * then the items. What is behind them is for later columns, and skipped.
 */
#ifndef PK_PROFILE_CODEC_H
#define PK_PROFILE_CODEC_H

#include "base/err.h"
#include "base/reader.h"
#include "base/strbuf.h"
#include "profile/chunk.h"
#include "profile/columns.h"
#include "profile/profile.h"
#include "profile/writer.h"

/* What an item is told relative to; all zero at the beginning of each chunk. */
struct pk_last {
	uint64_t time_ns, addr;
	uint32_t id, name, dso;
};

/* Items of one type that are given but not written. */
struct pk_pending {
	struct pk_strbuf body;	/* of the items, for types that go item by item */
	struct pk_last last;
	uint64_t base;		/* items in the file */
	uint32_t nr;		/* items pending */
};

struct pk_sample_encoder;	/* codec_samples.c */
struct pk_node_encoder;		/* codec_nodes.c */

struct pk_writer {
	int fd;
	char *name;
	uint64_t offset;	/* in the file, behind the last whole chunk */
	uint32_t crc;		/* head_crc of the last chunk */
	struct pk_err err;	/* of the first failure; all later calls repeat it */
	struct pk_pending pending[PK_CHUNK_NR_TYPES];
	/*
	 * Texts that were written and their ids, so that each is written once;
	 * forgotten as a whole when big. Id 0 is 0, id n is string_base + n - 1.
	 */
	struct pk_strtab texts;
	uint32_t string_base;
	size_t texts_bytes;
	struct pk_sample_encoder *samples;
	struct pk_node_encoder *nodes;
	PK_VEC(uint32_t) line_chain;	/* frames of the last line, by their places in its chunk */
	/* Items of the types that go by columns.h, and what such items consist of. */
	pk_column_rows rows[PK_CHUNK_NR_TYPES], subrows[PK_CHUNK_NR_TYPES];
	struct pk_column_scratch scratch;
	uint64_t period_ns;	/* fact "record.period_ns": makes times smaller, 0: not known */
	uint64_t end_ns;
	struct pk_strbuf raw, packed;
	void *zstd;		/* ZSTD_CCtx */
};

/* A profile that is being loaded. */
struct pk_loading {
	struct pk_profile *p;
	PK_VEC(uint32_t) string_ids;	/* by id in the file: id in p->strings */
	uint64_t nr_items[PK_CHUNK_NR_TYPES];	/* loaded so far, by chunk type */
	struct pk_last last;
	bool ended;		/* the end chunk was there */
	char why[128];		/* what is wrong with the chunk */
};

struct pk_codec {
	const char *name;
	uint64_t needs;		/* mask of 1 << type: written before, being referred to */
	/* Items that are rows of columns.h and nothing else; NULL: those below instead. */
	const struct pk_column *cols;
	unsigned int nr_cols;
	int (*take)(struct pk_loading *l, const uint64_t *row);	/* one item */
	/* The pending items as a body without base and count; NULL: pending.body is that. */
	int (*encode)(struct pk_writer *w, struct pk_strbuf *out);
	/* One of the two: one item, or all @nr > 0 items; @r holds at least a byte of each. */
	int (*decode_item)(struct pk_loading *l, struct pk_reader *r);
	int (*decode)(struct pk_loading *l, struct pk_reader *r, uint32_t nr);
};

extern const struct pk_codec pk_codec_end, pk_codec_strings, pk_codec_facts, pk_codec_files,
	pk_codec_tasks, pk_codec_maps, pk_codec_nodes, pk_codec_samples, pk_codec_marks,
	pk_codec_counters, pk_codec_symbols, pk_codec_lines, pk_codec_ledger, pk_codec_hists, pk_codec_cpus,
	pk_codec_notices, pk_codec_latencies, pk_codec_waits, pk_codec_wakes, pk_codec_block_loads,
	pk_codec_block_ops, pk_codec_net_conns, pk_codec_vfs_fs, pk_codec_vfs_ops,
	pk_codec_op_files, pk_codec_ops, pk_codec_bios, pk_codec_bio_ends, pk_codec_wait_on,
	pk_codec_codes;

/* The row of a type, or NULL. */
const struct pk_codec *pk_codec_of(unsigned int type);

/* --- for encoders ---------------------------------------------------------- */

/* An item was added to pending[type]: write the chunk if it is big enough. */
int pk_writer_added(struct pk_writer *w, enum pk_chunk_type type);
/*
 * Likewise, for types that go by columns.h: one item of @nr_cols values, and before
 * it, with subrow(), those of its parts. last_row(): the chunk is big enough. subrow()
 * sets no error; 0 or -ENOMEM.
 */
int pk_writer_row(struct pk_writer *w, enum pk_chunk_type type, const uint64_t *row,
		  unsigned int nr_cols);
int pk_writer_last_row(struct pk_writer *w, enum pk_chunk_type type, const uint64_t *row,
		       unsigned int nr_cols);
int pk_writer_subrow(struct pk_writer *w, enum pk_chunk_type type, const uint64_t *row,
		     unsigned int nr_cols);
/* Write what is pending of a type, after what it needs. */
int pk_writer_emit(struct pk_writer *w, enum pk_chunk_type type);
/* Refuse an item that no reader would take: sets the writer's error, returns -EINVAL. */
int pk_writer_refuse(struct pk_writer *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int pk_writer_no_memory(struct pk_writer *w);	/* sets the error, returns -ENOMEM */
/* Items of a type so far, written or pending. */
static inline uint64_t pk_writer_count(const struct pk_writer *w, enum pk_chunk_type type)
{
	return w->pending[type].base + w->pending[type].nr;
}
/* Whether a string id was given out; 0 is always there. */
static inline bool pk_writer_has_string(const struct pk_writer *w, uint32_t id)
{
	return id <= pk_writer_count(w, PK_CHUNK_STRINGS);
}

int pk_node_encoder_create(struct pk_node_encoder **ret);
void pk_node_encoder_destroy(struct pk_node_encoder *n);
int pk_sample_encoder_create(struct pk_sample_encoder **ret);
void pk_sample_encoder_destroy(struct pk_sample_encoder *s);

/*
 * Take a chunk's body, of a type that has a codec, into the profile: as a whole or
 * not at all. 0, -EBADMSG with l->why, or -ENOMEM.
 */
int pk_loading_decode(struct pk_loading *l, unsigned int type, struct pk_reader *r);

/* --- for decoders ----------------------------------------------------------- */

/* Says why the chunk is bad; returns -EBADMSG. */
int pk_loading_bad(struct pk_loading *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A string id of the file, made one of p->strings. */
int pk_loading_string(struct pk_loading *l, struct pk_reader *r, uint32_t *ret);
int pk_loading_string_id(struct pk_loading *l, uint32_t file_id, uint32_t *ret);
/* A time, told as the difference to @last_ns. */
int pk_loading_time(struct pk_loading *l, struct pk_reader *r, uint64_t last_ns, uint64_t *ret);
/* A number of at most @max. */
int pk_loading_number(struct pk_loading *l, struct pk_reader *r, uint64_t max, uint64_t *ret);
int pk_loading_u32(struct pk_loading *l, struct pk_reader *r, uint32_t *ret);
/* A number told as the difference to @last. */
int pk_loading_delta(struct pk_loading *l, struct pk_reader *r, uint32_t last, uint32_t *ret);

#endif
