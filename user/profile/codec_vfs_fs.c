// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk VFS_FS: file systems that operations were on. */
#include "profile/codec.h"
#include "profile/valid.h"

enum { COL_FS, COL_DEV, COL_FLAGS, COL_TYPE, COL_NAME, COL_MOUNT, NR_COLS };

static const struct pk_column cols[NR_COLS] = {
	[COL_FS] = { PK_CODED_DIFF, UINT32_MAX },
	[COL_DEV ... COL_MOUNT] = { PK_CODED_PLAIN, UINT32_MAX },
};

int pk_writer_vfs_fs(struct pk_writer *w, const struct pk_vfs_fs *x)
{
	const uint64_t row[NR_COLS] = {
		[COL_FS] = x->fs,	[COL_DEV] = x->dev,   [COL_FLAGS] = x->flags,
		[COL_TYPE] = x->type,	[COL_NAME] = x->name, [COL_MOUNT] = x->mount,
	};

	if (!pk_writer_has_string(w, x->type) || !pk_writer_has_string(w, x->name) ||
	    !pk_writer_has_string(w, x->mount))
		return pk_writer_refuse(w, "file system %u with an unknown string", x->fs);
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_VFS_FS, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_vfs_fs *x = pk_vec_push(&l->p->vfs_fs);

	if (!x)
		return -ENOMEM;
	x->fs = row[COL_FS];
	x->dev = row[COL_DEV];
	x->flags = row[COL_FLAGS];
	if (pk_loading_string_id(l, row[COL_TYPE], &x->type) ||
	    pk_loading_string_id(l, row[COL_NAME], &x->name))
		return -EBADMSG;
	return pk_loading_string_id(l, row[COL_MOUNT], &x->mount);
}

const struct pk_codec pk_codec_vfs_fs = {
	.name = "file systems",
	.needs = 1 << PK_CHUNK_STRINGS,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
