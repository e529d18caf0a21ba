/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session with source vfs knows: file systems, operations on their way, sums of
 * those that ended. Made when the source is attached; stays until the session goes, so a
 * reader with a reference to that needs no lock. No file system is held: it is known by
 * what it was when it was first met.
 */
#ifndef PK_VFS_H
#define PK_VFS_H

#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/types.h>
#include "op_parts.h"
#include "uapi/pkprof.h"
#include "vfs_async.h"
#include "vfs_sums.h"

struct pk_filter;
struct pk_identity;
struct pk_op_cpu;
struct pk_session;

#define PK_VFS_FILE_SYSTEMS	256	/* a power of two; 0: for those beyond, 1: none was reached */
#define PK_VFS_NO_FS		1
#define PK_VFS_MAX_CPU_BYTES	(64ULL << 20)	/* sums of all CPUs together */
#define PK_VFS_FLIGHTS		8192	/* a power of two; pairs */

struct pk_vfs_fs {
	atomic64_t key;		/* 0: free */
	u32 ready;		/* all of @told is there; read with acquire */
	u16 device;		/* source block's number of the disk it is on, 0: not known */
	struct pkprof_vfs_fs told;
};

/*
 * An operation that is on its way. It is its task's own; a pair takes tasks whose IDs are
 * equal modulo the table's size.
 * @task:	the task, plus 1 for a page fault, which may come within another operation; 0: free
 * @cell:	PK_VFS_NO_CELL: not known yet
 * @sb, @type, @dev, @round: what @cell, @pid, @tgid and @op were found for; they stay when it
 *		ends, as the task's next one is often of the same kind
 */
struct pk_vfs_flight {
	atomic64_t task;
	u64 first_ns;
	const void *sb, *type;
	union {
		struct {
			u32 pid;	/* else the task is another one than had this memory before */
			u32 tgid;
		};
		u64 ids;	/* both at once, as pk_vfs_ids() */
	};
	u32 dev, round;
	u32 cell;
	s32 counts;	/* -1: what its call returns is a number of bytes; else 0 */
	u8 op;
	u8 apart;	/* its slot is in use */
	u8 locking;	/* its task waits for a lock, or tries to get it */
	u32 page;	/* of a page fault: which one of the file, modulo 2^32 */
} __attribute__((aligned(64)));
#define PK_VFS_NO_CELL	(~0u)

/* What an operation's time went to, if anything but the CPU had a part in it. */
struct pk_op_slot {
	struct pk_op_parts parts;
	u32 link;	/* of it: see PK_OP_LINK_USED */
};

struct pk_vfs {
	struct pk_session *session;
	struct pk_vfs_fs fs[PK_VFS_FILE_SYSTEMS];
	struct pk_vfs_keys keys;
	struct pk_vfs_cell **cpus;	/* nr_cpu_ids, NULL where there is none */
	unsigned long freeing;		/* bit 0: somebody gives cells back */
	u32 round;			/* another one whenever a cell was given back */
	bool filtered;			/* not all processes are recorded */
	struct pk_identity *identity;	/* names of files */
	struct pk_op_cpu **ops;		/* as @cpus */
	struct pk_vfs_flight flights[PK_VFS_FLIGHTS][2] __attribute__((aligned(64)));
	struct pk_op_slot slots[PK_VFS_FLIGHTS][2];	/* of each of them */
	bool aio_ends;			/* somebody tells */
	struct pk_async async;		/* requests of AIO and io_uring */
};

/* Context: may sleep. NULL is fine. */
void pk_vfs_destroy(struct pk_vfs *v);

/* The number of a file system that the caller's operation keeps there; NULL: of none. Any context. */
u32 pk_vfs_fs_of(struct pk_vfs *v, const struct super_block *sb);
void pk_vfs_fs_init(struct pk_vfs *v);

/* The session's level of coarseness has changed. Context: control mutex. */
void pk_vfs_coarsen(struct pk_vfs *v);

/*
 * Reading, at any time in the session's life. @pos: 0 at first, opaque. @slowest: no other
 * reader has an older epoch, so what did not change since is known to all. May reschedule
 * between pieces. Return: bytes used of @buf, which has PK_VFS_MAX_BYTES, 0: no more.
 */
size_t pk_vfs_next_fs(struct pk_vfs *v, u64 *pos, void *buf);
size_t pk_vfs_next_ops(struct pk_vfs *v, u64 *pos, u64 epoch_ns, bool slowest,
		       const struct pk_filter *filter, void *buf);

#endif
