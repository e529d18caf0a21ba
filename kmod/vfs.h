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
#include "uapi/pkprof.h"
#include "vfs_sums.h"

struct pk_filter;
struct pk_session;

#define PK_VFS_FILE_SYSTEMS	256	/* a power of two; 0: for those beyond, 1: none was reached */
#define PK_VFS_NO_FS		1
#define PK_VFS_MAX_CPU_BYTES	(64ULL << 20)	/* sums of all CPUs together */
#define PK_VFS_FLIGHTS		8192	/* a power of two; pairs */

struct pk_vfs_fs {
	atomic64_t key;		/* 0: free */
	u32 ready;		/* all of @told is there; read with acquire */
	struct pkprof_vfs_fs told;
};

/*
 * An operation that is on its way. It is its task's own; a pair takes tasks whose IDs are
 * equal modulo the table's size.
 * @task:	the task, plus 1 for a page fault, which may come within another operation; 0: free
 * @cell:	PK_VFS_NO_CELL: not known yet
 */
struct pk_vfs_flight {
	atomic64_t task;
	u64 first_ns;
	u32 cell;
	u32 pid;	/* else the task is another one than had this memory before */
	u8 op;
};
#define PK_VFS_NO_CELL	(~0u)

struct pk_vfs {
	struct pk_session *session;
	struct pk_vfs_fs fs[PK_VFS_FILE_SYSTEMS];
	struct pk_vfs_keys keys;
	struct pk_vfs_cell **cpus;	/* nr_cpu_ids, NULL where there is none */
	unsigned long freeing;		/* bit 0: somebody gives cells back */
	struct pk_vfs_flight flights[PK_VFS_FLIGHTS][2] __attribute__((aligned(64)));
};

/* Context: may sleep. NULL is fine. */
void pk_vfs_destroy(struct pk_vfs *v);

/* The number of a file system that the caller's operation keeps there; NULL: of none. Any context. */
u32 pk_vfs_fs_of(struct pk_vfs *v, const struct super_block *sb);
void pk_vfs_fs_init(struct pk_vfs *v);

/*
 * Reading, at any time in the session's life. @pos: 0 at first, opaque. May reschedule
 * between pieces. Return: bytes used of @buf, which has PK_VFS_MAX_BYTES, 0: no more.
 */
size_t pk_vfs_next_fs(struct pk_vfs *v, u64 *pos, void *buf);
size_t pk_vfs_next_ops(struct pk_vfs *v, u64 *pos, u64 epoch_ns, const struct pk_filter *filter,
		       void *buf);

#endif
