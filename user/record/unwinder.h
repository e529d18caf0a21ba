/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows for the module: of each mapped program and library, once, as soon as it is seen.
 *
 * In: descriptors of mapped files. Out: their rows, handed to the engine. The work is done by a
 * child process, as call frame information of profiled programs may be hostile; while it works
 * the recording goes on. It takes what the disk cache has. If it dies, the file that it worked
 * on stays without rows, and another child goes on with the next one.
 */
#ifndef PK_UNWINDER_H
#define PK_UNWINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/map64.h"
#include "base/vec.h"
#include "record/files.h"
#include "source/source.h"

struct pk_unwinder_stats {
	uint64_t nr_files;	/* handed to the child */
	uint64_t nr_tables;	/* accepted by the engine */
	uint64_t table_bytes;	/* of them */
	uint64_t nr_refused;	/* no room left for them, see the module's "unwind_mb" */
	uint64_t nr_without;	/* not to be had: no call frame information, or a damaged one */
	unsigned int nr_deaths;	/* children lost */
};

/* What the child is told and answers. */
struct pk_unwinder_job {
	struct pk_file_key key;
	uint32_t flags;		/* PKPROF_ROWS_* */
	int fd;			/* ours, -1: the vDSO */
};

/* All-zero but for the fd, which is -1: not started, takes files and forgets them. */
struct pk_unwinder {
	struct pk_source *source;
	const char *cache;
	int fd;				/* to the child */
	pid_t pid;
	PK_VEC(struct pk_unwinder_job) queue;
	size_t next;			/* in queue: to be sent */
	uint64_t nr_open;		/* sent, not answered */
	struct pk_map64 known;		/* by hash of the key: was in the queue */
	struct pk_unwinder_stats stats;
};

/*
 * Start the child; @s is open. @cache: directory of rows that were made before, NULL: the
 * user's, see unwind/cache.h. Without a child recording goes on, by frame pointers. Returns 0,
 * also for an engine that takes no rows; or -errno.
 */
int pk_unwinder_start(struct pk_unwinder *u, struct pk_source *s, const char *cache);
/* Ends the child, whatever it does. Fine if it was never started. */
void pk_unwinder_stop(struct pk_unwinder *u);

/* Rows of an open file, which stays the caller's. Once for each key; others are ignored. */
void pk_unwinder_add(struct pk_unwinder *u, const struct pk_file_key *key, bool gen_known, int fd);

/* Is a message to be expected from the child, or to be sent? For poll(). */
short pk_unwinder_events(const struct pk_unwinder *u);
/* Send what can be sent, take what is there. Does not wait. */
void pk_unwinder_work(struct pk_unwinder *u);
/* Everything that was added is done. */
bool pk_unwinder_idle(const struct pk_unwinder *u);
/* Until it is, @stop_fd is readable (-1: none), or patience is over. */
void pk_unwinder_wait(struct pk_unwinder *u, int stop_fd, unsigned int patience_ms);

#endif
