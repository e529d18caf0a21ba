/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How records and tables name a mapped file: device and inode as /proc/PID/maps shows them,
 * and the inode's generation.
 */
#ifndef PK_FILE_ID_H
#define PK_FILE_ID_H

#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/types.h>
#include "compat/file.h"

struct pk_file_id {
	u32 dev;	/* major << 20 | minor */
	u32 gen;
	u64 ino;
};

/* NULL: of anonymous memory, all 0. Any context in which the file is held. */
static inline struct pk_file_id pk_file_id_of(struct file *file)
{
	const struct inode *inode = file ? file_user_inode(file) : NULL;

	if (!inode)
		return (struct pk_file_id){ 0 };
	return (struct pk_file_id){
		.dev = MAJOR(inode->i_sb->s_dev) << 20 | MINOR(inode->i_sb->s_dev),
		.gen = inode->i_generation,
		.ino = inode->i_ino,
	};
}

#endif
