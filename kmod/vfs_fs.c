// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which file systems there are, for source vfs; see vfs.h. In: superblocks that an
 * operation is on. Out: numbers, and what is told of them: copies, no references.
 */
#include <linux/fs.h>
#include <linux/string.h>
#include "block_device.h"
#include "session.h"
#include "vfs.h"

static u32 pk_vfs_flags(const struct super_block *sb)
{
	u32 flags = sb->s_bdev ? 0 : PKPROF_VFS_NO_DEVICE;

	return sb->s_flags & SB_NOUSER ? flags | PKPROF_VFS_PSEUDO : flags;
}

static void pk_vfs_fs_fill(struct pk_vfs *v, struct pk_vfs_fs *f, u32 id,
			   const struct super_block *sb)
{
	struct pkprof_vfs_fs *t = &f->told;
	struct pk_block *block = v->session->block;

	if (block && sb->s_bdev)
		f->device = pk_block_device_of(block, sb->s_bdev->bd_disk);

	t->id = id;
	t->dev = MAJOR(sb->s_dev) << 20 | MINOR(sb->s_dev);
	t->flags = pk_vfs_flags(sb);
	t->magic = sb->s_magic;
	strscpy(t->type, sb->s_type->name, sizeof(t->type));
	strscpy(t->name, sb->s_id, sizeof(t->name));
	smp_store_release(&f->ready, 1);
}

u32 pk_vfs_fs_of(struct pk_vfs *v, const struct super_block *sb)
{
	u64 key, there;
	unsigned int at, i;

	if (!sb)
		return PK_VFS_NO_FS;
	key = pk_mix((u64)sb ^ (u64)sb->s_dev << 44 ^ (u64)sb->s_type) | 1;
	at = key >> 40;
	for (i = 0; i < PK_VFS_FILE_SYSTEMS; i++) {
		u32 id = (at + i) & (PK_VFS_FILE_SYSTEMS - 1);
		struct pk_vfs_fs *f = &v->fs[id];

		if (id <= PK_VFS_NO_FS)
			continue;
		there = atomic64_read(&f->key);
		if (!there) {
			there = atomic64_cmpxchg(&f->key, 0, key);
			if (!there)
				pk_vfs_fs_fill(v, f, id, sb);
			there = there ?: key;
		}
		if (there == key)
			return id;
	}
	return 0;
}

void pk_vfs_fs_init(struct pk_vfs *v)
{
	struct pkprof_vfs_fs *any = &v->fs[0].told, *none = &v->fs[PK_VFS_NO_FS].told;

	any->flags = PKPROF_VFS_ANY | PKPROF_VFS_NO_DEVICE;
	strscpy(any->type, "(others)", sizeof(any->type));
	none->id = PK_VFS_NO_FS;
	none->flags = PKPROF_VFS_NONE | PKPROF_VFS_NO_DEVICE;
	strscpy(none->type, "(none)", sizeof(none->type));
	v->fs[0].ready = v->fs[PK_VFS_NO_FS].ready = 1;
}
