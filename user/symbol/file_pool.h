/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks many files at a time, each in a confined child. In: files and addresses. Out: answers, or
 * why there is none. This side opens the files and their debug files; what is in them is read by
 * the children alone, and what those answer is checked. A file whose child crashes, takes too long
 * or lies has no answer, and the other files are as if it had not been there.
 *
 * The answers do not depend on how many children there are or who is done first; only the order
 * in which they come does.
 */
#ifndef PK_FILE_POOL_H
#define PK_FILE_POOL_H

#include "symbol/answer.h"
#include "symbol/debug_search.h"

#define PK_FILE_POOL_MAX 8

/* One file. */
struct pk_file_task {
	const uint64_t *off;	/* ascending, distinct, none of them UINT64_MAX */
	size_t nr;
	const char *path;	/* as recorded, without a root prefix */
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;	/* 0: whatever the file has */
	uint32_t owner;		/* user: no child reads files of two */
	uint64_t bytes;		/* of the file and its debug file, about: the dearest go first */
	bool lines;		/* source lines and inlined functions, too; unless that fails */
	void *ctx;		/* the caller's */
};

struct pk_file_pool_stats {
	unsigned int nr_children;	/* that were started */
	unsigned int nr_died, nr_slow, nr_lied;	/* of them */
	unsigned int nr_asked;		/* questions to servers */
	bool servers_gave_up;		/* they took too long, and were not asked any more */
};

struct pk_file_pool_config {
	unsigned int max_children;	/* 0: one for each CPU, at most PK_FILE_POOL_MAX */
	unsigned int file_cpu_ms;	/* of one file; 0: 30 s */
	unsigned int servers_ms;	/* all questions to servers together; 0: 120 s */
	const struct pk_debug_search *where;
	/* Opens a file: a new descriptor or -errno, which becomes the task's code. */
	int (*open)(void *ctx, const struct pk_file_task *t);
	/*
	 * A task is done: @code 0 with its answer, or what open() said, -ESTALE: it is another
	 * file; -ENOMEM: it takes too much memory; -EIO: its child crashed, took too long, or lied.
	 * An error ends the run.
	 */
	int (*done)(void *ctx, const struct pk_file_task *t, int code, const struct pk_answer *a);
	void *ctx;
	void (*serve)(void *ctx, int fd);	/* of the children; NULL: pk_file_worker() */
};

/* All tasks; their order changes, and so does what failed with lines. 0, -ENOMEM or what done() said. */
int pk_file_pool_run(const struct pk_file_pool_config *cfg, struct pk_file_task *tasks, size_t nr,
		     struct pk_file_pool_stats *ret);

#endif
