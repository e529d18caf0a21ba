/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: a profile with its numbers resolved. Samples point to threads,
 * threads to processes, and each sample to one stack of named frames.
 *
 * In: a profile (kept alive by the caller) and its symbols. Out: arrays that
 * analyses pass over linearly. Invariants: node 0 is the root; a node's parent
 * has a smaller index; arrays sample_* are parallel to profile->samples, likewise
 * those of accounts, latencies, waits, wake-ups, operations and block I/O; each has a thread,
 * every thread a process (made up if its start was lost).
 */
#ifndef PK_MODEL_H
#define PK_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "profile/profile.h"

/* One life of one program: exec does not start a new one, a reused pid does. */
struct pk_process {
	uint32_t tgid;
	uint32_t parent;	/* process index, or PK_NO_PARENT */
	uint64_t start_ns, end_ns;	/* as far as known; end UINT64_MAX: still alive */
	uint32_t comm;		/* string id, the last one */
	uint32_t args;		/* string id, 0: not known */
	uint32_t cgroup;	/* string id, path; 0: not known */
	bool kernel;		/* kernel thread */
};
#define PK_NO_PARENT UINT32_MAX
#define PK_NO_OWNER  UINT32_MAX
#define PK_NO_WAKE   UINT32_MAX
#define PK_NO_BIO    UINT32_MAX

struct pk_thread {
	uint32_t tid;
	uint32_t process;	/* index */
	uint64_t start_ns, end_ns;
	uint32_t comm;		/* string id, the last one */
	bool told;		/* its birth was, or it was there at the start; not made up */
};

enum pk_frame_kind {
	PK_FRAME_USER,
	PK_FRAME_KERNEL,
	PK_FRAME_JIT,
	PK_FRAME_PYTHON,	/* dso: its source file */
	PK_FRAME_MARKER,	/* not code: "[stack cut]", "[no stack]" */
};

/* A function of a DSO; equal (name, dso, kind, inlined) is one frame. */
struct pk_frame {
	uint32_t name;		/* string id; "module+0x..." when unnamed: start of its unwind
				 * entry, or the file offset where no symbolizer saw the file */
	uint32_t text;		/* string id, as views for people show it: "name (inlined)" */
	uint32_t dso;		/* string id */
	uint32_t line;		/* PYTHON: the first one of the function, else 0 */
	uint8_t kind;		/* enum pk_frame_kind */
	bool inlined;		/* its code is in the frame below it */
	bool named;		/* a symbol covers the address */
	bool entry;		/* where a program or thread starts: a stack with it is whole */
};

/* A source line. */
struct pk_source_line {
	uint32_t file;		/* string id of the path */
	uint32_t line;		/* 0: not known */
};

struct pk_stack_node {
	uint32_t parent;	/* node index */
	uint32_t frame;		/* frame index */
	uint32_t source;	/* source index: the line that is executed in it, or the call's */
};

struct pk_model_opts {
	bool no_inline;		/* functions of their own only; they get the innermost lines */
};

struct pk_model {
	struct pk_profile *profile;	/* its string table takes new names */
	PK_VEC(struct pk_process) processes;
	PK_VEC(struct pk_thread) threads;
	PK_VEC(struct pk_frame) frames;		/* [0] is the root's empty frame */
	PK_VEC(struct pk_source_line) sources;	/* [0]: not known */
	PK_VEC(struct pk_stack_node) nodes;	/* [0] is the root */
	uint32_t *sample_thread;	/* thread index */
	uint32_t *sample_stack;		/* node index of the leaf, 0: no stack */
	uint32_t *ledger_thread;	/* thread index, parallel to profile->ledger */
	uint32_t *hist_owner;		/* parallel to profile->hists: index of the process or
					 * thread, or PK_NO_OWNER */
	uint32_t *block_owner;		/* parallel to profile->block_ops: index of the process, or
					 * PK_NO_OWNER */
	uint32_t *vfs_owner;		/* parallel to profile->vfs_ops, likewise */
	uint32_t *op_thread, *op_stack;	/* parallel to profile->ops; the caller's user half */
	uint32_t *net_owner;		/* parallel to profile->net_conns, likewise */
	uint32_t *waited_owner;		/* parallel to profile->wait_on, likewise */
	uint32_t *latency_thread;	/* who waited */
	uint32_t *wait_thread, *wait_stack;
	uint32_t *wake_thread;		/* who was woken */
	uint32_t *wake_waker;		/* by whom; PK_NO_OWNER: an interrupt or an idle CPU */
	uint32_t *wake_stack;		/* the waker's; without one just the kernel half */
	uint32_t *bio_thread;		/* who submitted it; PK_NO_OWNER: an interrupt */
	uint32_t *bio_stack;
	uint32_t *bio_end_bio;		/* parallel to profile->bio_ends: whose it is, or PK_NO_BIO */
	uint32_t *wait_wake;		/* who ended the wait: index of the wake-up, or PK_NO_WAKE */
};

/* Build the model; every table of @p must have been loaded. @o NULL: as usual. -ENOMEM. */
int pk_model_build(struct pk_profile *p, const struct pk_model_opts *o, struct pk_model *ret,
		   struct pk_err *err);
void pk_model_deinit(struct pk_model *m);

/* Frames of the stacks of @nr samples, and those of them with a name; markers are no frames. */
struct pk_frame_counts {
	uint64_t nr, nr_named;
};
/* @samples: their indices. 0 or -ENOMEM. */
int pk_model_count_frames(const struct pk_model *m, const uint32_t *samples, size_t nr,
			  struct pk_frame_counts *ret);

/*
 * Nodes by frames alone: of each node the first one with the same frames, whatever their
 * lines; to be freed. NULL: no memory.
 */
uint32_t *pk_model_same_stacks(const struct pk_model *m);

/* Append "file.c:12" of a source (the path's last part, unless @whole), nothing if not known. */
void pk_model_put_source(const struct pk_model *m, uint32_t source, bool whole,
			 struct pk_strbuf *out);

static inline const char *pk_model_string(const struct pk_model *m, uint32_t id)
{
	return pk_strtab_get(&m->profile->strings, id);
}

/* A phase: from a mark to the next one; the time before the first has no name. */
struct pk_phase {
	uint64_t from_ns, to_ns;	/* [from, to) */
	uint32_t text;			/* string id */
};

/* Which samples and waits an analysis or a view looks at. All-zero with to_ns UINT64_MAX: all. */
struct pk_filter {
	uint64_t from_ns, to_ns;	/* [from, to), CLOCK_MONOTONIC */
	uint32_t tgid;			/* 0: any */
	const char *comm;		/* of thread or process, NULL: any; shell pattern */
	PK_VEC(struct pk_phase) phases;	/* when not empty: only in these; sorted */
	struct pk_filter_memo *memo;	/* verdicts on comm per thread; may be NULL */
};

void pk_filter_init(struct pk_filter *f);
void pk_filter_deinit(struct pk_filter *f);
/* Restrict to all phases of that name; -ENOENT names those there are. */
int pk_filter_add_phase(struct pk_filter *f, const struct pk_profile *p, const char *name,
			struct pk_err *err);
bool pk_filter_match(const struct pk_filter *f, const struct pk_model *m, size_t sample);
/* What of it concerns the thread: process and comm. */
bool pk_filter_match_thread(const struct pk_filter *f, const struct pk_model *m, uint32_t thread);
/* What of it concerns time: ns of [from, to) that are left, in all phases together. */
uint64_t pk_filter_clip_ns(const struct pk_filter *f, uint64_t from_ns, uint64_t to_ns);
/* Narrow [from, to) to the hull of what is left of it. */
void pk_filter_hull(const struct pk_filter *f, uint64_t *from_ns, uint64_t *to_ns);
/* ns of wall time that the filter's time conditions leave of the recording. */
uint64_t pk_filter_wall_ns(const struct pk_filter *f, const struct pk_profile *p);

#endif
