// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of block devices to pieces; see blocks.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/blocks.h"

void pk_blocks_init(struct pk_blocks *b, struct pk_writer *w, uint64_t t0_ns)
{
	*b = (struct pk_blocks){ .writer = w, .last_ns = t0_ns };
}

void pk_blocks_deinit(struct pk_blocks *b)
{
	PK_VEC_FOREACH(&b->known, s)
		free(s->buckets);
	pk_vec_deinit(&b->known);
	pk_vec_deinit(&b->devices);
	pk_vec_deinit(&b->diff);
	pk_map64_deinit(&b->where);
}

void pk_blocks_begin(struct pk_blocks *b, uint64_t now_ns)
{
	b->now_ns = now_ns;
}

void pk_blocks_end(struct pk_blocks *b, bool complete)
{
	if (complete)
		b->last_ns = b->now_ns;
}

/* --- devices ------------------------------------------------------------------------ */

static struct pkprof_block_device *known_device(struct pk_blocks *b, uint32_t id)
{
	PK_VEC_FOREACH(&b->devices, d)
		if (d->id == id)
			return d;
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

	if (!at)
		return NULL;
	if (*at == PK_MAP64_NONE) {
		if (!pk_vec_push(&b->known))
			return NULL;
		*at = b->known.nr - 1;
	}
	return &b->known.data[*at];
}

static uint32_t bucket_of(const struct pkprof_block_bucket *b)
{
	return b->time * PKPROF_HIST_BUCKETS + b->bucket;
}

/* The buckets of @told, into b->diff: what they have more than those of @s. */
static int take_difference(struct pk_blocks *b, const struct pk_block_state *s,
			   const struct pkprof_block_ops *told)
{
	uint32_t pos = 0;

	b->diff.nr = 0;
	for (uint32_t i = 0; i < told->nr_buckets; i++) {
		struct pk_hist_bucket x = { bucket_of(&told->buckets[i]), told->buckets[i].nr };

		while (pos < s->sums.nr_buckets && s->buckets[pos].bucket < x.bucket)
			pos++;
		if (pos < s->sums.nr_buckets && s->buckets[pos].bucket == x.bucket)
			x.nr -= s->buckets[pos].nr;
		if (x.nr && x.nr <= INT32_MAX && pk_vec_add(&b->diff, x))
			return -ENOMEM;
	}
	return 0;
}

static int remember(struct pk_blocks *b, struct pk_block_state *s,
		    const struct pkprof_block_ops *told)
{
	size_t bytes = told->nr_buckets * sizeof(*s->buckets);
	struct pk_hist_bucket *buckets = realloc(s->buckets, bytes ? bytes : 1);

	if (!buckets)
		return -ENOMEM;
	for (uint32_t i = 0; i < told->nr_buckets; i++)
		buckets[i] = (struct pk_hist_bucket){ bucket_of(&told->buckets[i]),
						      told->buckets[i].nr };
	s->buckets = buckets;
	memcpy(&s->sums, told, sizeof(*told));
	s->at_ns = b->now_ns;
	return 0;
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static int write_piece(struct pk_blocks *b, const struct pk_block_state *s,
		       const struct pkprof_block_ops *told)
{
	const struct pkprof_block_ops *was = &s->sums;
	struct pk_block_ops x = {
		.from_ns = s->at_ns > b->last_ns ? s->at_ns : b->last_ns,
		.to_ns = b->now_ns,
		.device = told->device,
		.tgid = told->tgid,
		.op = told->op,
		.size = told->size,
		.flags = (told->any_tgid ? PK_BLOCK_ANY_PROCESS : 0) |
			 (told->by & 3) << PK_BLOCK_BY_SHIFT,
		.nr = more(told->nr, was->nr),
		.bytes = more(told->bytes, was->bytes),
		.nr_untimed = more(told->nr_untimed, was->nr_untimed),
		.nr_failed = more(told->nr_failed, was->nr_failed),
		.nr_partial = more(told->nr_partial, was->nr_partial),
		.nr_requeued = more(told->nr_requeued, was->nr_requeued),
		.nr_merged = more(told->nr_merged, was->nr_merged),
		.nr_split = more(told->nr_split, was->nr_split),
		.nr_buckets = b->diff.nr,
	};

	for (unsigned int t = 0; t < PKPROF_NR_BLOCK_TIMES; t++) {
		x.sum_ns[t] = more(told->sum_ns[t], was->sum_ns[t]);
		x.max_ns[t] = told->max_ns[t];
	}
	/* told in the middle of a change, one may be ahead of the other */
	if (x.nr_untimed > x.nr)
		x.nr_untimed = x.nr;
	if (x.nr_failed > x.nr)
		x.nr_failed = x.nr;
	if (x.from_ns >= x.to_ns)
		x.from_ns = x.to_ns - 1;
	if (!x.to_ns || !(x.nr || x.bytes || x.nr_merged || x.nr_split || b->diff.nr))
		return 0;
	b->stats.nr_pieces++;
	return pk_writer_block_ops(b->writer, &x, b->diff.data);
}

int pk_blocks_ops(struct pk_blocks *b, const struct pkprof_block_ops *told)
{
	struct pk_block_state *s = state_of(b, told);
	int ret = s ? take_difference(b, s, told) : -ENOMEM;

	if (!ret)
		ret = write_piece(b, s, told);
	return ret ? ret : remember(b, s, told);
}
