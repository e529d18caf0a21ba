/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * pkprof: the contract's part on operations of files; included by pkprof.h.
 *
 * A session with source VFS keeps, from its start, sums of the operations on files that
 * ended, by process, file system and operation (struct pkprof_vfs_ops), and knows the
 * file systems that they were on (struct pkprof_vfs_fs). They come with LEDGER dumps and
 * are cumulative. All of them together are the whole: there is no second sum. A process
 * that finds no room is booked under tgid 0, a file system that finds none under number 0.
 * What a process that is gone had stays until the epochs of all readers say that it was
 * read; then its cell is another one's, with another id.
 *
 * An operation reaches from where the file system's part of a system call begins to the
 * call's end. One that begins within another (a stacked file system asks the one below)
 * is of the kind BELOW: counted, not timed, and in no total.
 *
 * Some operations are told one by one, taken apart (PKPROF_REC_OP in the ring): of each
 * kind, each bucket of the distribution and each CPU the first one in each
 * PKPROF_OP_SLOT_NS, and each one that is longer than all before. Each stands for those of its kind, bucket
 * and CPU that ended since the one before. The file that it was on is named once
 * (PKPROF_REC_OP_FILE).
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
	PKPROF_VFS_AIO_READ,	/* io_submit, until its completion */
	PKPROF_VFS_AIO_WRITE,
	PKPROF_VFS_URING_READ,	/* io_uring, likewise; before 5.19 only counted */
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

/*
 * What an operation's time went to. The parts of one sum to its length. Order is wire format.
 */
enum pkprof_op_part {
	PKPROF_OP_CPU,		/* on the CPU, whatever is not below */
	PKPROF_OP_CACHE,	/* on the CPU since a page was missing, making room for it */
	PKPROF_OP_SUBMIT,	/* on the CPU from a request's submission to the wait for it */
	PKPROF_OP_QUEUE,	/* waiting: its own request was not at the device yet */
	PKPROF_OP_DEVICE,	/* waiting: its own request was at the device */
	PKPROF_OP_WAKE,		/* waiting: its own request was done, and it not yet runnable */
	PKPROF_OP_OTHERS_DEVICE, /* waiting for the disk without a request of its own that
				 * ended it (journal, write-back, another's page), while
				 * the device was busy */
	PKPROF_OP_OTHERS,	/* likewise, while the device was idle, or is not known */
	PKPROF_OP_LOCK,		/* waiting for a lock, of the kernel's or in user space */
	PKPROF_OP_WAIT,		/* waiting for anything else: a pipe, a page, ... */
	PKPROF_OP_RUNQ,		/* runnable: from the wake-up, or after a preemption */
	PKPROF_NR_OP_PARTS	/* end marker */
};

#define PKPROF_OP_SLOT_LOG2	27	/* more by the level of PKPROF_STEP_COARSE */
#define PKPROF_OP_SLOT_NS	(1ULL << PKPROF_OP_SLOT_LOG2)

#define PKPROF_OP_FAILED	(1u << 0)	/* with an error */
#define PKPROF_OP_COMPAT	(1u << 1)	/* 32-bit user mode */
#define PKPROF_OP_WHOLE		(1u << 2)	/* not taken apart, as source SCHED was not there */

#define PKPROF_OP_NO_OFFSET	(~0ULL)

/* One operation. rec.time_ns: its end; rec.tid: whose. */
struct pkprof_rec_op {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 fs;		/* id of a struct pkprof_vfs_fs */
	__u8 op;		/* enum pkprof_vfs_op */
	__u8 flags;		/* PKPROF_OP_* */
	__u16 nr_requests;	/* block requests that it submitted; 65535: that many or more */
	__u32 nr;		/* operations that it stands for, with itself */
	__u64 length_ns;
	__u64 bytes;		/* that the call returned */
	__u64 offset;		/* in the file, bytes; PKPROF_OP_NO_OFFSET: none or not known */
	__u64 ino;		/* the file: dev, ino, gen; all 0: it has none, or is not known */
	__u32 dev;
	__u32 gen;
	__u64 parts_ns[PKPROF_NR_OP_PARTS];
	__u32 ustack;		/* who called */
	__u32 reserved;
};

/* The path of a file that an operation was on, as its task sees it. Once for each file. */
struct pkprof_rec_op_file {
	struct pkprof_rec rec;
	__u32 dev;
	__u32 gen;
	__u64 ino;
	__u16 path_len;		/* bytes, no NUL */
	__u8 reserved[6];
	char path[];
};

#endif /* _UAPI_PKPROF_VFS_H */
