// SPDX-License-Identifier: GPL-2.0-or-later
/* "namei: make permission helpers idmapped mount aware", 5.12: vfs_rmdir() has three arguments or more. */
#include <linux/fs.h>

int pk_probe(struct inode *dir, struct dentry *entry);
int pk_probe(struct inode *dir, struct dentry *entry)
{
	/* vfs_link() got the mount at its second place, and so has more than four */
	return sizeof(vfs_link(entry, NULL, dir, entry, NULL));
}
