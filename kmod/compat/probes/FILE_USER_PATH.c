// SPDX-License-Identifier: GPL-2.0-or-later
/* "fs: store real path instead of fake path in backing file f_path", 6.7. */
#include <linux/fs.h>

const void *pk_probe(struct file *file);
const void *pk_probe(struct file *file)
{
	const struct inode *inode = file_user_inode(file);
	const struct path *path = file_user_path(file);

	return path->dentry ? (const void *)path : inode;
}
