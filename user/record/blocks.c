// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of block devices to pieces; see blocks.h. */
#include <errno.h>
#include <string.h>

#include "record/blocks.h"

void pk_blocks_init(struct pk_blocks *b, struct pk_writer *w, const struct pk_reading_times *times)
{
	*b = (struct pk_blocks){ .writer = w, .times = times };
}

void pk_blocks_deinit(struct pk_blocks *b)
{
	PK_VEC_FOREACH(&b->known, s)
		pk_kept_buckets_deinit(&s->buckets);
	pk_vec_deinit(&b->known);
	pk_vec_deinit(&b->devices);
	pk_vec_deinit(&b->told);
	pk_vec_deinit(&b->diff);
	pk_map64_deinit(&b->where);
}

/* --- devices ------------------------------------------------------------------------ */

static struct pkprof_block_device *known_device(struct pk_blocks *b, uint32_t id)
{
	PK_VEC_FOREACH(&b->devices, d)
		if (d->id == id)
			return d;
	return NULL;
}

const char *pk_blocks_device_name(const struct pk_blocks *b, uint32_t id)
{
	PK_VEC_FOREACH(&b->devices, d)
		if (d->id == id)
			return d->name;
	return NULL;
}

/* What @told has more than @before. A device that did nothing is not worth a piece. */
static int write_load(struct pk_blocks *b, const struct pkprof_block_device *before,
		      const struct pkprof_block_device *told, bool first)
{
	struct pk_block_load x = {
		.from_ns = before->read_ns,
		.to_ns = told->read_ns,
		.load_ns = told->load_ns - before->load_ns,
		.device = told->id,
		.dev = told->dev,
		.flags = told->flags,
		.max_depth = told->max_depth,
	};
	uint64_t all_ns = x.to_ns - x.from_ns;
	int ret;

	for (unsigned int i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		x.depth_ns[i] = told->depth_ns[i] - before->depth_ns[i];
	if (!all_ns || (x.depth_ns[0] == all_ns && !first))
		return 0;
	ret = pk_writer_string(b->writer, told->name, strlen(told->name), &x.name);
	b->stats.nr_loads++;
	return ret ? ret : pk_writer_block_load(b->writer, &x);
}

/* Never less than it was; else nothing of a difference makes sense. */
static bool went_on(const struct pkprof_block_device *before,
		    const struct pkprof_block_device *told)
{
	for (unsigned int i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		if (told->depth_ns[i] < before->depth_ns[i])
			return false;
	return told->read_ns >= before->read_ns && told->load_ns >= before->load_ns;
}

int pk_blocks_device(struct pk_blocks *b, const struct pkprof_block_device *told)
{
	struct pkprof_block_device *d = known_device(b, told->id);
	int ret;

	if (!d) {
		struct pkprof_block_device none = { .read_ns = told->from_ns };

		ret = write_load(b, &none, told, true);
		return ret ? ret : pk_vec_add(&b->devices, *told);
	}
	ret = went_on(d, told) ? write_load(b, d, told, false) : 0;
	*d = *told;
	return ret;
}

/* --- requests ----------------------------------------------------------------------- */

static uint64_t key_of(const struct pkprof_block_ops *o)
{
	return (uint64_t)(o->any_tgid & 1) << 63 | (uint64_t)(o->size & 7) << 60 |
	       (uint64_t)(o->by & 3) << 58 |
	       (uint64_t)(o->op & 0x1f) << 53 | (uint64_t)(o->device & 0x1fffff) << 32 | o->tgid;
}

static struct pk_block_state *state_of(struct pk_blocks *b, const struct pkprof_block_ops *told)
{
	uint32_t *at = pk_map64_at(&b->where, key_of(told));

	if (at && *at == PK_MAP64_NONE && pk_vec_push(&b->known))
		*at = b->known.nr - 1;
	return at && *at != PK_MAP64_NONE ? &b->known.data[*at] : NULL;
}

/* The buckets of @told, into b->told, and what they have more than those of @s into b->diff. */
static int take_buckets(struct pk_blocks *b, const struct pk_block_state *s,
			const struct pkprof_block_ops *told)
{
	b->told.nr = 0;
	for (uint32_t i = 0; i < told->nr_buckets; i++) {
		const struct pkprof_block_bucket *x = &told->buckets[i];
		uint32_t bucket = x->time * PKPROF_HIST_BUCKETS + x->bucket;

		if (pk_vec_add(&b->told, ((struct pk_hist_bucket){ bucket, x->nr })))
			return -ENOMEM;
	}
	return pk_buckets_difference(&b->told, &s->buckets, &b->diff);
}

static int write_piece(struct pk_blocks *b, const struct pk_block_state *s,
		       const struct pkprof_block_ops *told)
{
	const struct pkprof_block_ops *was = &s->sums;
	struct pk_block_ops x = {
		.from_ns = pk_reading_times_from_ns(b->times, s->at_ns),
		.to_ns = b->times->now_ns,
		.device = told->device,
		.tgid = told->tgid,
		.op = told->op,
		.size = told->size,
		.flags = (told->any_tgid ? PK_BLOCK_ANY_PROCESS : 0) |
			 (told->by & 3) << PK_BLOCK_BY_SHIFT,
		.nr = pk_sum_growth(told->nr, was->nr),
		.bytes = pk_sum_growth(told->bytes, was->bytes),
		.nr_untimed = pk_sum_growth(told->nr_untimed, was->nr_untimed),
		.nr_failed = pk_sum_growth(told->nr_failed, was->nr_failed),
		.nr_partial = pk_sum_growth(told->nr_partial, was->nr_partial),
		.nr_requeued = pk_sum_growth(told->nr_requeued, was->nr_requeued),
		.nr_merged = pk_sum_growth(told->nr_merged, was->nr_merged),
		.nr_split = pk_sum_growth(told->nr_split, was->nr_split),
		.nr_buckets = b->diff.nr,
	};

	for (unsigned int t = 0; t < PKPROF_NR_BLOCK_TIMES; t++) {
		x.sum_ns[t] = pk_sum_growth(told->sum_ns[t], was->sum_ns[t]);
		x.max_ns[t] = told->max_ns[t];
	}
	/* told in the middle of a change, one may be ahead of the other */
	if (x.nr_untimed > x.nr)
		x.nr_untimed = x.nr;
	if (x.nr_failed > x.nr)
		x.nr_failed = x.nr;
	if (!x.to_ns || !(x.nr || x.bytes || x.nr_merged || x.nr_split || b->diff.nr))
		return 0;
	b->stats.nr_pieces++;
	return pk_writer_block_ops(b->writer, &x, b->diff.data);
}

int pk_blocks_ops(struct pk_blocks *b, const struct pkprof_block_ops *told)
{
	struct pk_block_state *s = state_of(b, told);
	int ret = s ? take_buckets(b, s, told) : -ENOMEM;

	if (!ret)
		ret = write_piece(b, s, told);
	if (!ret)
		ret = pk_kept_buckets_set(&s->buckets, &b->told);
	if (ret)
		return ret;
	memcpy(&s->sums, told, sizeof(*told));
	s->at_ns = b->times->now_ns;
	return 0;
}
