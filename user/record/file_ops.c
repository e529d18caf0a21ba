// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of operations on files to pieces; see file_ops.h. */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "record/file_ops.h"
#include "record/mounts.h"

void pk_file_ops_init(struct pk_file_ops *f, struct pk_writer *w,
		      const struct pk_reading_times *times)
{
	*f = (struct pk_file_ops){ .writer = w, .times = times };
}

void pk_file_ops_deinit(struct pk_file_ops *f)
{
	PK_VEC_FOREACH(&f->known, s)
		pk_kept_buckets_deinit(&s->buckets);
	pk_vec_deinit(&f->known);
	pk_vec_deinit(&f->known_fs);
	pk_vec_deinit(&f->told);
	pk_vec_deinit(&f->diff);
	pk_map64_deinit(&f->where);
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

	if (at && *at == PK_MAP64_NONE && pk_vec_push(&f->known))
		*at = f->known.nr - 1;
	if (!at || *at == PK_MAP64_NONE)
		return NULL;
	s = &f->known.data[*at];
	/* another one's now */
	if (s->sums.id != told->id) {
		pk_kept_buckets_deinit(&s->buckets);
		*s = (struct pk_file_ops_state){ 0 };
	}
	return s;
}

static int write_piece(struct pk_file_ops *f, const struct pk_file_ops_state *s,
		       const struct pkprof_vfs_ops *told)
{
	const struct pkprof_vfs_ops *was = &s->sums;
	struct pk_vfs_ops x = {
		.from_ns = pk_reading_times_from_ns(f->times, s->at_ns),
		.to_ns = f->times->now_ns,
		.fs = told->fs,
		.tgid = told->tgid,
		.op = told->op,
		.flags = told->flags,
		.nr = pk_sum_growth(told->nr, was->nr),
		.bytes = pk_sum_growth(told->bytes, was->bytes),
		.nr_untimed = pk_sum_growth(told->nr_untimed, was->nr_untimed),
		.nr_failed = pk_sum_growth(told->nr_failed, was->nr_failed),
		.added_bytes = pk_sum_growth(told->added_bytes, was->added_bytes),
		.nr_missed = pk_sum_growth(told->nr_missed, was->nr_missed),
		.nr_ahead = pk_sum_growth(told->nr_ahead, was->nr_ahead),
		.sum_ns = pk_sum_growth(told->sum_ns, was->sum_ns),
		.max_ns = told->max_ns,
		.nr_buckets = f->diff.nr,
	};

	/* told in the middle of a change, one may be ahead of the other */
	if (x.nr_untimed > x.nr)
		x.nr_untimed = x.nr;
	if (x.nr_failed > x.nr)
		x.nr_failed = x.nr;
	if (!x.to_ns || !(x.nr || x.bytes || x.added_bytes || x.nr_missed || x.nr_ahead || f->diff.nr))
		return 0;
	f->nr_pieces++;
	return pk_writer_vfs_ops(f->writer, &x, f->diff.data);
}

int pk_file_ops_ops(struct pk_file_ops *f, const struct pkprof_vfs_ops *told)
{
	struct pk_file_ops_state *s = state_of(f, told);
	int ret = s ? pk_buckets_take(&f->told, told->buckets, told->nr_buckets) : -ENOMEM;

	if (!ret)
		ret = pk_buckets_difference(&f->told, &s->buckets, &f->diff);
	if (!ret)
		ret = write_piece(f, s, told);
	if (!ret)
		ret = pk_kept_buckets_set(&s->buckets, &f->told);
	if (ret)
		return ret;
	memcpy(&s->sums, told, sizeof(*told));
	s->at_ns = f->times->now_ns;
	return 0;
}
