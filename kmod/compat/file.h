/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inode and path of a mapped file as /proc/PID/maps shows them. On stacked
 * file systems the mapping's file is the lower one; since 6.7 it is asked for
 * the upper one, before that it carried the upper one's path.
 */
#ifndef PK_COMPAT_FILE_H
#define PK_COMPAT_FILE_H

#include <linux/fs.h>
#include "config.h"

#if !HAVE_FILE_USER_PATH
static inline const struct path *file_user_path(const struct file *f)
{
	return &f->f_path;
}

static inline const struct inode *file_user_inode(const struct file *f)
{
	return file_inode(f);
}
#endif

#endif
