/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The confined child that reads one file after the other: what it is told and what it answers.
 * Both ends are the same program, so structures go as they are; the parent checks all that comes
 * from the child, which a file may have taken over.
 */
#ifndef PK_FILE_WORKER_H
#define PK_FILE_WORKER_H

#include <stdint.h>

#include "symbol/debug_file.h"

enum pk_file_message {
	/* to the child */
	PK_FILE_JOB,		/* struct pk_file_job_head, then addresses; with the file */
	PK_FILE_DEBUG,		/* nothing; with what was wished for, if there is any (more) */
	/* from the child */
	PK_FILE_WISH,		/* struct pk_debug_wish: wants PK_FILE_DEBUG */
	PK_FILE_ANSWER,		/* int32_t: 0 or -errno, then an answer: wants the next job */
};

struct pk_file_job_head {
	uint64_t nr;			/* addresses that follow: uint64_t, ascending, distinct */
	uint32_t build_id_len;		/* 0: whatever the file has */
	uint32_t lines;			/* not 0: source lines and inlined functions, too */
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
};

/* How large an answer is, at most, and what lines add to that. Bytes. */
#define PK_FILE_MAX_ANSWER (64u << 20)
static inline size_t pk_file_answer_max(uint64_t nr_addresses)
{
	return nr_addresses < PK_FILE_MAX_ANSWER / 8400 ? 4096 + nr_addresses * 8400 :
							  PK_FILE_MAX_ANSWER;
}
static inline size_t pk_file_lines_max(uint64_t nr_addresses)
{
	return nr_addresses < PK_FILE_MAX_ANSWER / 32768 - 2 ? (nr_addresses + 2) * 32768 :
							       PK_FILE_MAX_ANSWER;
}

/* The child's work, for pk_confined_start(); @ctx is not used. */
void pk_file_worker(void *ctx, int fd);

#endif
