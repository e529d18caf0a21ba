/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * pkprof: the contract's part on operations of files; included by pkprof.h.
 *
 * A session with source VFS keeps, from its start, sums of the operations on files that
 * ended, by process, file system and operation (struct pkprof_vfs_ops), and knows the
 * file systems that they were on (struct pkprof_vfs_fs). They come with LEDGER dumps and
 * are cumulative. All of them together are the whole: there is no second sum. A process
 * that finds no room is booked under tgid 0, a file system that finds none under number 0.
 * What a process that is gone had stays until a dump has an epoch that says that it was
 * read; then its cell is another one's, with another id.
 *
 * An operation reaches from where the file system's part of a system call begins to the
 * call's end. One that begins within another (a stacked file system asks the one below)
 * is of the kind BELOW: counted, not timed, and in no total.
 */
#ifndef _UAPI_PKPROF_VFS_H
#define _UAPI_PKPROF_VFS_H

#include <linux/types.h>

/* What was asked for. Order is wire format. */
enum pkprof_vfs_op {
	PKPROF_VFS_READ,	/* read, pread, readv, preadv */
	PKPROF_VFS_WRITE,	/* write, pwrite, writev, pwritev */
	PKPROF_VFS_FSYNC,	/* fsync, fdatasync, msync */
	PKPROF_VFS_OPEN,	/* of what was there, or was not to be had */
	PKPROF_VFS_CREATE,	/* open that made the file */
	PKPROF_VFS_UNLINK,	/* unlink, rmdir */
	PKPROF_VFS_RENAME,
	PKPROF_VFS_MAKE,	/* mkdir, mknod, link, symlink */
	PKPROF_VFS_READDIR,
	PKPROF_VFS_SENDFILE,	/* bytes are read and written */
	PKPROF_VFS_COPY,	/* copy_file_range; likewise */
	PKPROF_VFS_SPLICE,
	PKPROF_VFS_FAULT,	/* of a mapped file's page that was not mapped in yet */
	PKPROF_VFS_LOAD,	/* read by the kernel itself, as by exec: only counted */
	PKPROF_VFS_AIO_READ,	/* io_submit: only counted */
	PKPROF_VFS_AIO_WRITE,
	PKPROF_VFS_URING_READ,	/* io_uring: only counted */
	PKPROF_VFS_URING_WRITE,
	PKPROF_NR_VFS_OPS	/* end marker */
};

#define PKPROF_VFS_NAME		32	/* bytes of a name, with the final NUL */

#define PKPROF_VFS_NO_DEVICE	(1u << 0)	/* no block device below it */
#define PKPROF_VFS_PSEUDO	(1u << 1)	/* of pipes, sockets, ...: it cannot be mounted */
#define PKPROF_VFS_ANY		(1u << 2)	/* file systems without room of their own */
#define PKPROF_VFS_NONE		(1u << 3)	/* no file was reached */

/* A file system (superblock), since the source knows it. */
struct pkprof_vfs_fs {
	__u32 id;		/* of this row; 0: those that found no room */
	__u32 dev;		/* major << 20 | minor, as in /proc/PID/mountinfo */
	__u32 flags;		/* PKPROF_VFS_* */
	__u32 magic;		/* as statfs tells */
	char type[PKPROF_VFS_NAME];	/* ext4, pipefs, ... */
	char name[PKPROF_VFS_NAME];	/* of the device, or the type again */
};

#define PKPROF_VFS_BELOW	(1u << 0)	/* within another operation, which counts */
#define PKPROF_VFS_ANY_TGID	(1u << 1)	/* of processes that found no room, tgid 0 */

/*
 * Operations of one kind. Bytes are those that the call returned; of operations BELOW and
 * LOAD those that were asked for and there. Times are of those that are not untimed.
 */
struct pkprof_vfs_ops {
	__u32 cell;		/* where it is kept; one at a time */
	__u32 id;		/* of what is kept there: another one when it is another's */
	__u32 fs;		/* id of a struct pkprof_vfs_fs */
	__u32 tgid;
	__u8 op;		/* enum pkprof_vfs_op */
	__u8 flags;		/* PKPROF_VFS_BELOW, _ANY_TGID */
	__u16 reserved;
	__u32 nr_buckets;	/* those that are not 0 */
	__u64 nr, bytes;
	__u64 nr_untimed;	/* of them: no room to follow them, or nobody tells their end */
	__u64 nr_failed;	/* of them: with an error */
	__u64 added_bytes;	/* pages that joined the page cache meanwhile */
	__u64 nr_missed;	/* times that a page was needed and not in the page cache */
	__u64 nr_ahead;		/* times that reading ahead went on before it was needed */
	__u64 sum_ns, max_ns;
	struct pkprof_hist_bucket buckets[];
};

#endif /* _UAPI_PKPROF_VFS_H */
