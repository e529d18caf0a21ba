/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Last step of a recording: give the addresses their names and close the file.
 *
 * Symbolizing may take long and much memory, so it is done by a child process
 * with limits of memory and CPU time, after the capture is complete; files of
 * profiled programs, which may be hostile, are read by children of that, which
 * have no rights at all (symbol/file_pool.h). If the child fails or dies the file is put
 * back to what it was before and closed without names; they can be added later.
 */
#ifndef PK_FINALIZE_H
#define PK_FINALIZE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "profile/writer.h"
#include "record/files.h"
#include "record/jit_maps.h"
#include "symbol/symbolizer.h"

#define PK_FINALIZE_MAX_BYTES (1ULL << 30)	/* of address space */
#define PK_FINALIZE_MAX_CPU_S 120

/* How far the child is; both change while it works. */
struct pk_finalize_progress {
	_Atomic unsigned int done, total;	/* files and the like */
};

struct pk_finalize {
	pid_t pid;
	struct pk_finalize_progress *progress;	/* NULL: not known */
	int result_fd;		/* readable when the child is done */
	int fd;			/* of the profile */
	uint64_t end_ns;
};

/* What the recorder held open for this moment. */
struct pk_finalize_held {
	struct pk_files *files;
	const struct pk_jit_maps *jit_maps;	/* may be NULL */
};

struct pk_finalize_how {
	bool live;		/* the recorded machine is this one */
	bool cache;		/* keep names, and take those that were kept */
	bool lines;		/* source lines are wanted, too */
	bool servers;		/* ask the debuginfod servers of $DEBUGINFOD_URLS, too */
};

struct pk_finalize_result {
	bool named;		/* names are in the file */
	struct pk_symbolizer_stats stats;
	char why[256];		/* why not */
};

/*
 * @fd: the profile, read and write, everything flushed, without its end chunk.
 * @held: descriptors; read before this returns.
 */
int pk_finalize_start(struct pk_finalize *f, int fd, uint64_t end_ns,
		      const struct pk_finalize_held *held, const struct pk_finalize_how *how,
		      struct pk_err *err);

/*
 * Wait for the child; @w is the writer that wrote the file and closes it where
 * the child did not. 0 also without names; else the writer's error.
 */
int pk_finalize_wait(struct pk_finalize *f, struct pk_writer *w, struct pk_finalize_result *ret);

/* No more patience: end the child; wait() is still to be called. */
void pk_finalize_cancel(struct pk_finalize *f);

#endif
