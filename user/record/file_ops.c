// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of operations on files to pieces; see file_ops.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "record/file_ops.h"
#include "record/mounts.h"

void pk_file_ops_init(struct pk_file_ops *f, struct pk_writer *w, uint64_t t0_ns)
{
	*f = (struct pk_file_ops){ .writer = w, .last_ns = t0_ns };
}

void pk_file_ops_deinit(struct pk_file_ops *f)
{
	PK_VEC_FOREACH(&f->known, s)
		free(s->buckets);
	pk_vec_deinit(&f->known);
	pk_vec_deinit(&f->known_fs);
	pk_vec_deinit(&f->diff);
	pk_map64_deinit(&f->where);
}

void pk_file_ops_begin(struct pk_file_ops *f, uint64_t now_ns)
{
	f->now_ns = now_ns;
}

void pk_file_ops_end(struct pk_file_ops *f, bool complete)
{
	if (complete)
		f->last_ns = f->now_ns;
}

/* --- file systems --- */

/* Of one that is not mounted, or where that is not to be seen, the name is the empty one. */
static int put_mount(struct pk_file_ops *f, const struct pkprof_vfs_fs *told, uint32_t *id_ret)
{
	struct pk_strbuf mount = { 0 };
	int ret;

	if (!(told->flags & (PKPROF_VFS_PSEUDO | PKPROF_VFS_ANY | PKPROF_VFS_NONE)))
		pk_mounts_find(PK_FILE_OPS_MOUNTS, told->dev, &mount);
	ret = pk_writer_string(f->writer, mount.len ? mount.data : "", mount.len, id_ret);
	pk_strbuf_deinit(&mount);
	return ret;
}

int pk_file_ops_fs(struct pk_file_ops *f, const struct pkprof_vfs_fs *told)
{
	struct pk_vfs_fs x = { .fs = told->id, .dev = told->dev, .flags = told->flags };
	int ret;

	PK_VEC_FOREACH(&f->known_fs, id)
		if (*id == told->id)
			return 0;
	ret = pk_writer_string(f->writer, told->type, strlen(told->type), &x.type);
	if (!ret)
		ret = pk_writer_string(f->writer, told->name, strlen(told->name), &x.name);
	if (!ret)
		ret = put_mount(f, told, &x.mount);
	if (!ret)
		ret = pk_writer_vfs_fs(f->writer, &x);
	return ret ? ret : pk_vec_add(&f->known_fs, told->id);
}

/* --- operations --- */

static struct pk_file_ops_state *state_of(struct pk_file_ops *f, const struct pkprof_vfs_ops *told)
{
	uint32_t *at = pk_map64_at(&f->where, told->cell + 1ULL);
	struct pk_file_ops_state *s;

	if (!at)
		return NULL;
	if (*at == PK_MAP64_NONE) {
		if (!pk_vec_push(&f->known))
			return NULL;
		*at = f->known.nr - 1;
	}
	s = &f->known.data[*at];
	/* another one's now */
	if (s->sums.id != told->id) {
		free(s->buckets);
		*s = (struct pk_file_ops_state){ 0 };
	}
	return s;
}

/* The buckets of @told, into f->diff: what they have more than those of @s. */
static int take_difference(struct pk_file_ops *f, const struct pk_file_ops_state *s,
			   const struct pkprof_vfs_ops *told)
{
	uint32_t pos = 0;

	f->diff.nr = 0;
	for (uint32_t i = 0; i < told->nr_buckets; i++) {
		struct pk_hist_bucket x = { told->buckets[i].bucket, told->buckets[i].nr };

		while (pos < s->sums.nr_buckets && s->buckets[pos].bucket < x.bucket)
			pos++;
		if (pos < s->sums.nr_buckets && s->buckets[pos].bucket == x.bucket)
			x.nr -= s->buckets[pos].nr;
		if (x.nr && x.nr <= INT32_MAX && pk_vec_add(&f->diff, x))
			return -ENOMEM;
	}
	return 0;
}

static int remember(struct pk_file_ops *f, struct pk_file_ops_state *s,
		    const struct pkprof_vfs_ops *told)
{
	size_t bytes = told->nr_buckets * sizeof(*s->buckets);
	struct pkprof_hist_bucket *buckets = realloc(s->buckets, bytes ? bytes : 1);

	if (!buckets)
		return -ENOMEM;
	memcpy(buckets, told->buckets, bytes);
	s->buckets = buckets;
	memcpy(&s->sums, told, sizeof(*told));
	s->at_ns = f->now_ns;
	return 0;
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static int write_piece(struct pk_file_ops *f, const struct pk_file_ops_state *s,
		       const struct pkprof_vfs_ops *told)
{
	const struct pkprof_vfs_ops *was = &s->sums;
	struct pk_vfs_ops x = {
		.from_ns = s->at_ns > f->last_ns ? s->at_ns : f->last_ns,
		.to_ns = f->now_ns,
		.fs = told->fs,
		.tgid = told->tgid,
		.op = told->op,
		.flags = told->flags,
		.nr = more(told->nr, was->nr),
		.bytes = more(told->bytes, was->bytes),
		.nr_untimed = more(told->nr_untimed, was->nr_untimed),
		.nr_failed = more(told->nr_failed, was->nr_failed),
		.added_bytes = more(told->added_bytes, was->added_bytes),
		.nr_missed = more(told->nr_missed, was->nr_missed),
		.nr_ahead = more(told->nr_ahead, was->nr_ahead),
		.sum_ns = more(told->sum_ns, was->sum_ns),
		.max_ns = told->max_ns,
		.nr_buckets = f->diff.nr,
	};

	/* told in the middle of a change, one may be ahead of the other */
	if (x.nr_untimed > x.nr)
		x.nr_untimed = x.nr;
	if (x.nr_failed > x.nr)
		x.nr_failed = x.nr;
	if (x.from_ns >= x.to_ns)
		x.from_ns = x.to_ns - 1;
	if (!x.to_ns || !(x.nr || x.bytes || x.added_bytes || x.nr_missed || x.nr_ahead || f->diff.nr))
		return 0;
	f->nr_pieces++;
	return pk_writer_vfs_ops(f->writer, &x, f->diff.data);
}

int pk_file_ops_ops(struct pk_file_ops *f, const struct pkprof_vfs_ops *told)
{
	struct pk_file_ops_state *s = state_of(f, told);
	int ret = s ? take_difference(f, s, told) : -ENOMEM;

	if (!ret)
		ret = write_piece(f, s, told);
	return ret ? ret : remember(f, s, told);
}
