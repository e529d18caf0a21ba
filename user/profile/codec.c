// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of codecs, and what their decoders share; see codec.h. */
#include <assert.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "profile/codec.h"

static const struct pk_codec *const codecs[] = {
	[PK_CHUNK_END] = &pk_codec_end,
	[PK_CHUNK_STRINGS] = &pk_codec_strings,
	[PK_CHUNK_FACTS] = &pk_codec_facts,
	[PK_CHUNK_FILES] = &pk_codec_files,
	[PK_CHUNK_TASKS] = &pk_codec_tasks,
	[PK_CHUNK_MAPS] = &pk_codec_maps,
	[PK_CHUNK_NODES] = &pk_codec_nodes,
	[PK_CHUNK_SAMPLES] = &pk_codec_samples,
	[PK_CHUNK_MARKS] = &pk_codec_marks,
	[PK_CHUNK_COUNTERS] = &pk_codec_counters,
	[PK_CHUNK_SYMBOLS] = &pk_codec_symbols,
	[PK_CHUNK_LINES] = &pk_codec_lines,
	[PK_CHUNK_LEDGER] = &pk_codec_ledger,
	[PK_CHUNK_HISTOGRAMS] = &pk_codec_hists,
	[PK_CHUNK_CPUS] = &pk_codec_cpus,
	[PK_CHUNK_NOTICES] = &pk_codec_notices,
	[PK_CHUNK_LATENCIES] = &pk_codec_latencies,
	[PK_CHUNK_WAITS] = &pk_codec_waits,
	[PK_CHUNK_WAKES] = &pk_codec_wakes,
	[PK_CHUNK_BLOCK_LOADS] = &pk_codec_block_loads,
	[PK_CHUNK_BLOCK_OPS] = &pk_codec_block_ops,
	[PK_CHUNK_VFS_FS] = &pk_codec_vfs_fs,
	[PK_CHUNK_VFS_OPS] = &pk_codec_vfs_ops,
	[PK_CHUNK_NET_CONNS] = &pk_codec_net_conns,
	[PK_CHUNK_OP_FILES] = &pk_codec_op_files,
	[PK_CHUNK_OPS] = &pk_codec_ops,
	[PK_CHUNK_BIOS] = &pk_codec_bios,
	[PK_CHUNK_BIO_ENDS] = &pk_codec_bio_ends,
	[PK_CHUNK_WAIT_ON] = &pk_codec_wait_on,
	[PK_CHUNK_CODES] = &pk_codec_codes,
};
static_assert(PK_ARRAY_SIZE(codecs) <= PK_CHUNK_NR_TYPES, "a codec of no type");

const struct pk_codec *pk_codec_of(unsigned int type)
{
	return type < PK_ARRAY_SIZE(codecs) ? codecs[type] : NULL;
}

int pk_loading_bad(struct pk_loading *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

int pk_loading_number(struct pk_loading *l, struct pk_reader *r, uint64_t max, uint64_t *ret)
{
	*ret = pk_reader_varint(r);
	if (pk_reader_bad(r))
		return pk_loading_bad(l, "its items end early");
	if (*ret > max)
		return pk_loading_bad(l, "%llu where %llu is the most", (unsigned long long)*ret,
				      (unsigned long long)max);
	return 0;
}

int pk_loading_u32(struct pk_loading *l, struct pk_reader *r, uint32_t *ret)
{
	uint64_t v;
	int code = pk_loading_number(l, r, UINT32_MAX, &v);

	*ret = v;
	return code;
}

int pk_loading_delta(struct pk_loading *l, struct pk_reader *r, uint32_t last, uint32_t *ret)
{
	int64_t v = pk_reader_svarint(r);

	if (pk_reader_bad(r))
		return pk_loading_bad(l, "its items end early");
	if (__builtin_add_overflow(v, last, &v) || v < 0 || v > UINT32_MAX)
		return pk_loading_bad(l, "a number is out of range");
	*ret = v;
	return 0;
}

int pk_loading_time(struct pk_loading *l, struct pk_reader *r, uint64_t last_ns, uint64_t *ret)
{
	int64_t v = pk_reader_svarint(r);

	if (pk_reader_bad(r))
		return pk_loading_bad(l, "its items end early");
	if (__builtin_add_overflow(v, (int64_t)last_ns, &v) || v < 0)
		return pk_loading_bad(l, "an item out of all time");
	*ret = v;
	return 0;
}

int pk_loading_string_id(struct pk_loading *l, uint32_t file_id, uint32_t *ret)
{
	if (file_id >= l->string_ids.nr)
		return pk_loading_bad(l, "text %u, which was not given", file_id);
	*ret = l->string_ids.data[file_id];
	return 0;
}

int pk_loading_string(struct pk_loading *l, struct pk_reader *r, uint32_t *ret)
{
	uint32_t id;
	int code = pk_loading_u32(l, r, &id);

	return code ? code : pk_loading_string_id(l, id, ret);
}

static int decode_items(struct pk_loading *l, const struct pk_codec *codec, unsigned int type,
			struct pk_reader *r)
{
	uint64_t base, nr;
	int ret = 0;

	if (pk_loading_number(l, r, UINT64_MAX, &base) ||
	    pk_loading_number(l, r, pk_reader_left(r), &nr))
		return -EBADMSG;
	if (base != l->nr_items[type])
		return pk_loading_bad(l, "%s from number %llu on where %llu is next", codec->name,
				      (unsigned long long)base,
				      (unsigned long long)l->nr_items[type]);
	l->last = (struct pk_last){ 0 };
	if (codec->cols && nr)
		ret = pk_columns_decode_each(l, r, codec->cols, codec->nr_cols, nr, codec->take);
	else if (codec->decode && nr)
		ret = codec->decode(l, r, nr);
	for (uint64_t i = 0; !ret && codec->decode_item && i < nr; i++)
		ret = codec->decode_item(l, r);
	if (!ret && pk_reader_bad(r))
		ret = pk_loading_bad(l, "its items end early");
	if (!ret)
		l->nr_items[type] += nr;
	return ret;
}

/* How long the tables are, to take back what a bad chunk added. */
struct lengths {
	size_t strings, facts, files, tasks, maps, nodes, marks, counters, symbols;
	size_t lines, line_frames;
	size_t ledger, ledger_parts, hists, hist_buckets, cpus, latencies, waits, wakes, steps;
	size_t block_loads, block_ops, block_buckets;
	size_t bios, bio_ends;
	size_t net_conns, net_buckets;
	size_t vfs_fs, vfs_ops, vfs_buckets;
	size_t op_files, ops;
	size_t wait_on;
	size_t codes;
};

static struct lengths lengths_of(const struct pk_loading *l)
{
	const struct pk_profile *p = l->p;

	return (struct lengths){
		.strings = l->string_ids.nr,
		.facts = p->facts.nr,
		.files = p->files.nr,
		.tasks = p->tasks.nr,
		.maps = p->maps.nr,
		.nodes = p->nodes.nr,
		.marks = p->marks.nr,
		.counters = p->counters.nr,
		.symbols = p->symbols.nr,
		.lines = p->lines.nr,
		.line_frames = p->line_frames.nr,
		.ledger = p->ledger.nr,
		.ledger_parts = p->ledger_parts.nr,
		.hists = p->hists.nr,
		.hist_buckets = p->hist_buckets.nr,
		.cpus = p->cpus.nr,
		.latencies = p->latencies.nr,
		.steps = p->steps.nr,
		.waits = p->waits.nr,
		.wakes = p->wakes.nr,
		.block_loads = p->block_loads.nr,
		.block_ops = p->block_ops.nr,
		.block_buckets = p->block_buckets.nr,
		.bios = p->bios.nr,
		.bio_ends = p->bio_ends.nr,
		.net_conns = p->net_conns.nr,
		.net_buckets = p->net_buckets.nr,
		.vfs_fs = p->vfs_fs.nr,
		.vfs_ops = p->vfs_ops.nr,
		.vfs_buckets = p->vfs_buckets.nr,
		.op_files = p->op_files.nr,
		.ops = p->ops.nr,
		.wait_on = p->wait_on.nr,
		.codes = p->codes.nr,
	};
}

static void take_back(struct pk_loading *l, const struct lengths *n)
{
	struct pk_profile *p = l->p;

	l->string_ids.nr = n->strings;
	p->facts.nr = n->facts;
	p->files.nr = n->files;
	p->tasks.nr = n->tasks;
	p->maps.nr = n->maps;
	p->nodes.nr = n->nodes;
	p->marks.nr = n->marks;
	p->counters.nr = n->counters;
	p->symbols.nr = n->symbols;
	p->lines.nr = n->lines;
	p->line_frames.nr = n->line_frames;
	p->ledger.nr = n->ledger;
	p->ledger_parts.nr = n->ledger_parts;
	p->hists.nr = n->hists;
	p->hist_buckets.nr = n->hist_buckets;
	p->cpus.nr = n->cpus;
	p->latencies.nr = n->latencies;
	p->steps.nr = n->steps;
	p->waits.nr = n->waits;
	p->wakes.nr = n->wakes;
	p->block_loads.nr = n->block_loads;
	p->block_ops.nr = n->block_ops;
	p->block_buckets.nr = n->block_buckets;
	p->bios.nr = n->bios;
	p->bio_ends.nr = n->bio_ends;
	p->net_conns.nr = n->net_conns;
	p->net_buckets.nr = n->net_buckets;
	p->vfs_fs.nr = n->vfs_fs;
	p->vfs_ops.nr = n->vfs_ops;
	p->vfs_buckets.nr = n->vfs_buckets;
	p->op_files.nr = n->op_files;
	p->ops.nr = n->ops;
	p->wait_on.nr = n->wait_on;
	p->codes.nr = n->codes;
}

int pk_loading_decode(struct pk_loading *l, unsigned int type, struct pk_reader *r)
{
	struct lengths before = lengths_of(l);
	int ret = decode_items(l, pk_codec_of(type), type, r);

	if (ret)
		take_back(l, &before);
	return ret;
}
